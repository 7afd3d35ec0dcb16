// A newer version waits: one quiet line, where nobody is disturbed by it.
import { useEffect, useState } from 'preact/hooks'
import { isBusy, takeOver, updateWaits } from '../update.ts'
import { words } from '../words.ts'

/** What stands in fields changes without a word. Milliseconds. */
const LOOK_EVERY = 1_000

export function UpdateLine() {
  const waits = updateWaits.value
  const [busy, setBusy] = useState(true)
  useEffect(() => {
    if (!waits) return
    const look = (): void => setBusy(isBusy())
    const timer = setInterval(look, LOOK_EVERY)
    return () => clearInterval(timer)
  }, [waits])
  if (!waits || busy) return null
  const { update: text } = words()
  return (
    <p class="update" role="status">
      <span>{text.ready()}</span>
      <button type="button" class="button quiet" onClick={takeOver}>
        {text.now()}
      </button>
    </p>
  )
}
