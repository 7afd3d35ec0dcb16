// What the browser stores for the app, and whether it has promised to keep it.
import { useEffect, useState } from 'preact/hooks'
import type { CallResult } from '../../device/wire.ts'
import { call } from '../link.ts'
import { slicesOf } from '../slices.ts'
import { seldomWords, size } from '../words.ts'
import { Act } from './act.tsx'
import { Icon } from './icon.tsx'

type Cursor = CallResult<'tally'>['next']
type Held = { messages: number; files: number }
type Standing = { used: number; room: number; kept: boolean }

async function look(): Promise<Standing> {
  const { usage = 0, quota = 0 } = await navigator.storage.estimate()
  return { used: usage, room: quota, kept: await navigator.storage.persisted() }
}

export function StorageInfo() {
  const [standing, setStanding] = useState<Standing | null>(null)
  const [asked, setAsked] = useState(false)
  const held = useHeld()
  const { device: text } = seldomWords()
  const again = async (): Promise<void> => setStanding(await look())
  useEffect(() => void again().catch(() => {}), [])
  const ask = async (): Promise<void> => {
    await navigator.storage.persist()
    setAsked(true)
    await again()
  }
  return (
    <section aria-labelledby="storage-title">
      <h2 id="storage-title">{text.storage()}</h2>
      {standing !== null && (
        <>
          <p>{text.used({ used: size(standing.used), room: size(standing.room) })}</p>
          <p role="status">
            <Icon name={standing.kept ? 'check' : 'warning'} />{' '}
            {standing.kept ? text.kept() : asked ? text.keptRefused() : text.notKept()}
          </p>
          <div class="actions">
            <Act act={() => call('clearFiles', undefined).then(again)}>{text.clearFiles()}</Act>
          </div>
          <p class="note">{text.clearWhat()}</p>
          {!standing.kept && (
            <div class="actions">
              <Act act={ask}>{text.askKeep()}</Act>
            </div>
          )}
        </>
      )}
      {held !== null && <p>{text.holds(held)}</p>}
    </section>
  )
}

/** Counted by the device, slice by slice, as long as somebody looks. */
function useHeld(): Held | null {
  const [held, setHeld] = useState<Held | null>(null)
  useEffect(() => {
    const ending = new AbortController()
    const count = async (): Promise<void> => {
      let [messages, files] = [0, 0]
      for await (const slice of slicesOf((from: Cursor) => call('tally', { from }))) {
        messages += slice.messages
        files += slice.files
        if (ending.signal.aborted) return
      }
      setHeld({ messages, files })
    }
    void count().catch(() => {})
    return () => ending.abort()
  }, [])
  return held
}
