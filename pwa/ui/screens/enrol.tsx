// From a card to a device. First how to install, since what is made in a tab of the browser is gone when the app
// moves to the home screen; then the card; then what guards the keys, before there are any.
import { useState } from 'preact/hooks'
import { CardEntry } from '../components/card-entry.tsx'
import { InstallPictures } from '../components/install-pictures.tsx'
import { LanguageChoice } from '../components/language-choice.tsx'
import { later } from '../components/later.tsx'
import { Problem } from '../components/problem.tsx'
import { Title } from '../components/screen.tsx'
import { isInstalled, wasHere } from '../platform.ts'
import { words } from '../words.ts'

const Join = later(async () => (await import('../seldom.ts')).Join)

export function Enrol() {
  const [here, setHere] = useState(isInstalled())
  const [card, setCard] = useState<string | null>(null)
  const { enrol, stopped } = words()
  if (card !== null) return <Join card={card} back={() => setCard(null)} />
  return (
    <main class="start">
      <header class="start-head">
        <img src="/icon.svg" alt="" width="56" height="56" />
        <Title>{enrol.title()}</Title>
        <p>{enrol.lead()}</p>
      </header>
      {wasHere() && (
        <>
          <Problem code="device_missing" />
          <p>{stopped.newCard()}</p>
        </>
      )}
      {here ? <CardEntry next={setCard} /> : <Install goOn={() => setHere(true)} />}
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
