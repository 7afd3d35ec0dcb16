// Something that is done in parts: how far it is, a way to stop, and a way to go on after a stop or a failure.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Refused } from '../link.ts'
import { seldomWords } from '../words.ts'
import { asRefused } from './act.tsx'
import { Problem } from './problem.tsx'

type Props<T> = {
  items: readonly T[]
  /** How many in one part. */
  size: number
  /** What was done by earlier parts stays done when this throws. */
  act: (part: T[]) => Promise<void>
  /** What the button says that begins it; null: it was asked for already, and begins at once. */
  start: string | null
  kind?: 'main' | 'danger' | 'plain'
  /** Said while it runs and when it is through. */
  progress: (values: { done: number; of: number }) => string
  /** It begins or ends. */
  running?: (running: boolean) => void
}
type State = 'idle' | 'running' | 'stopped' | 'done'

export function Batches<T>(props: Props<T>) {
  const { start, kind = 'main', progress } = props
  const { state, done, of, refused, run, stop } = useRun(props)
  const { batches: text } = seldomWords()
  return (
    <div class="batches">
      {state !== 'idle' && (
        <>
          <progress value={done} max={of} aria-label={progress({ done, of })} />
          <p role="status">{progress({ done, of })}</p>
        </>
      )}
      {refused !== null && <Problem code={refused.code} detail={refused.detail} />}
      <div class="actions">
        {state === 'running' && (
          <button type="button" class="button" onClick={stop}>
            {text.stop()}
          </button>
        )}
        {(state === 'idle' || state === 'stopped') && (
          <button type="button" class={`button ${kind}`} disabled={of === 0} onClick={run}>
            {state === 'idle' ? start : text.goOn({ count: of - done })}
          </button>
        )}
      </div>
    </div>
  )
}

type Run = {
  state: State
  done: number
  of: number
  refused: Refused | null
  run: () => void
  stop: () => void
}

function useRun<T>({ items, size, act, start, running }: Props<T>): Run {
  const [state, setState] = useState<State>('idle')
  const [done, setDone] = useState(0)
  const [refused, setRefused] = useState<Refused | null>(null)
  const stopping = useRef(false)
  const all = useRef(items)
  const run = async (): Promise<void> => {
    if (state === 'idle') all.current = items
    stopping.current = false
    setRefused(null)
    setState('running')
    running?.(true)
    let at = done
    try {
      while (at < all.current.length && !stopping.current) {
        const part = all.current.slice(at, at + size)
        await act(part)
        at += part.length
        setDone(at)
      }
    } catch (error) {
      setRefused(asRefused(error))
    }
    setState(at < all.current.length ? 'stopped' : 'done')
    running?.(false)
  }
  useEffect(() => {
    if (start === null) void run()
  }, [])
  const of = state === 'idle' ? items.length : all.current.length
  return { state, done, of, refused, run: () => void run(), stop: () => (stopping.current = true) }
}
