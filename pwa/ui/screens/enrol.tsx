// From a card to a device. First how to install, since what is made in a tab of the browser is gone when the app
// moves to the home screen; then the card; then what guards the keys, before there are any.
import { useEffect, useState } from 'preact/hooks'
import { useAct } from '../components/act.tsx'
import { CardEntry } from '../components/card-entry.tsx'
import { InstallPictures } from '../components/install-pictures.tsx'
import { LanguageChoice } from '../components/language-choice.tsx'
import { LockChoice } from '../components/lock-choice.tsx'
import { Problem } from '../components/problem.tsx'
import { Title } from '../components/screen.tsx'
import { call } from '../link.ts'
import { isInstalled, wasHere } from '../platform.ts'
import { words } from '../words.ts'

export function Enrol() {
  const [here, setHere] = useState(isInstalled())
  const [card, setCard] = useState<string | null>(null)
  const { enrol, stopped } = words()
  if (card !== null) return <Guard card={card} back={() => setCard(null)} />
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

/** First: what has once stood on a disk without a lock may be found there later. */
function Guard({ card, back }: { card: string; back: () => void }) {
  const [guarded, setGuarded] = useState(false)
  const { lock, common } = words()
  if (guarded) return <Joining card={card} back={back} />
  const done = (): Promise<void> => {
    setGuarded(true)
    return Promise.resolve()
  }
  return (
    <main class="start">
      <Title>{lock.choose()}</Title>
      <p>{lock.why()}</p>
      <LockChoice name={location.hostname} present={null} done={done} />
      <div class="actions">
        <button type="button" class="button quiet" onClick={back}>
          {common.back()}
        </button>
      </div>
    </main>
  )
}

function Joining({ card, back }: { card: string; back: () => void }) {
  const { refused, run } = useAct(() => call('join', { card }))
  const { enrol, stopped, common } = words()
  useEffect(() => run(), [])
  return (
    <main class="start">
      <Title>{enrol.title()}</Title>
      {refused === null ? (
        <p role="status">{enrol.joining()}</p>
      ) : (
        <>
          <Problem code={refused.code} detail={refused.detail} />
          <div class="actions">
            <button type="button" class="button main" onClick={() => run()}>
              {stopped.again()}
            </button>
            <button type="button" class="button" onClick={back}>
              {common.back()}
            </button>
          </div>
        </>
      )}
    </main>
  )
}
