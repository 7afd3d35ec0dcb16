// From a card to a device. First how to install, since what is made in a tab of the browser is gone when the app
// moves to the home screen; then the card.
import { useState } from 'preact/hooks'
import { CardEntry } from '../components/card-entry.tsx'
import { InstallPictures } from '../components/install-pictures.tsx'
import { LanguageChoice } from '../components/language-choice.tsx'
import { Problem } from '../components/problem.tsx'
import { Title } from '../components/screen.tsx'
import { isInstalled, wasHere } from '../platform.ts'
import { words } from '../words.ts'

export function Enrol() {
  const [here, setHere] = useState(isInstalled())
  const { enrol } = words()
  return (
    <main class="start">
      <header class="start-head">
        <img src="/icon.svg" alt="" width="56" height="56" />
        <Title>{enrol.title()}</Title>
        <p>{enrol.lead()}</p>
      </header>
      {wasHere() && <Problem code="device_missing" />}
      {here ? <CardEntry /> : <Install goOn={() => setHere(true)} />}
      <LanguageChoice />
    </main>
  )
}

function Install({ goOn }: { goOn: () => void }) {
  const { enrol } = words()
  return (
    <section aria-labelledby="install-title">
      <h2 id="install-title">{enrol.installFirst()}</h2>
      <p>{enrol.installWhy()}</p>
      <InstallPictures />
      <div class="actions">
        <button type="button" class="button" onClick={goOn}>
          {enrol.useHere()}
        </button>
      </div>
      <p class="note">{enrol.useHereNote()}</p>
    </section>
  )
}
