// A good card becomes a device: the lock first, then joining.
import { useEffect, useState } from 'preact/hooks'
import { useAct } from '../components/act.tsx'
import { LockChoice } from '../components/lock-choice.tsx'
import { Problem } from '../components/problem.tsx'
import { Title } from '../components/screen.tsx'
import { call } from '../link.ts'
import { words } from '../words.ts'

/** First: what has once stood on a disk without a lock may be found there later. */
export function Join({ card, back }: { card: string; back: () => void }) {
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
