// This device can do nothing more: why, and the way back.
import { Act } from '../components/act.tsx'
import { problemText } from '../components/problem.tsx'
import { Title } from '../components/screen.tsx'
import { wipe } from '../wipe.ts'
import { words } from '../words.ts'

/** Reloading is what helps where another tab or version is in the way; a new card where the keys are gone. */
const NEEDS_CARD = ['device_revoked', 'device_unknown', 'database_damaged', 'device_missing']
/** Loading anything again would run what nobody has signed. */
const CHANGED = 'app_changed'

export function Stopped({ reason }: { reason: string }) {
  const { stopped } = words()
  return (
    <main class="start">
      <Title>{stopped.title()}</Title>
      <p role="alert">{problemText(reason)}</p>
      {reason === CHANGED ? (
        <p>{stopped.appChanged()}</p>
      ) : NEEDS_CARD.includes(reason) ? (
        <>
          <p>{stopped.newCard()}</p>
          <Act kind="danger" act={() => wipe().then(() => location.reload())}>
            {stopped.startAnew()}
          </Act>
        </>
      ) : (
        <button type="button" class="button main" onClick={() => location.reload()}>
          {stopped.again()}
        </button>
      )}
    </main>
  )
}
