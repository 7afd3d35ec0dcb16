// The page's end of the line to the device: calls go out, views come in. Nothing here knows what they mean.
import { type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { useLayoutEffect, useMemo } from 'preact/hooks'
import { engineWorker } from './engine-worker.ts'
import type {
  CallArgs,
  CallName,
  CallResult,
  FromPage,
  Refusal,
  ToPage,
  View,
  ViewArgs,
  ViewName,
} from '../device/wire.ts'

export type Seen<T> =
  | { state: 'waiting' }
  | { state: 'there'; value: T }
  | { state: 'refused'; error: Refusal }

type Pending = { resolve(value: unknown): void; reject(error: unknown): void }
type Watch = { id: number; users: number; seen: Signal<Seen<unknown>> }

/** What a call throws when the device has refused it. */
export class Refused extends Error {
  readonly code: string
  readonly detail: string

  constructor({ code, detail }: Refusal) {
    super(`${code} ${detail}`)
    this.code = code
    this.detail = detail
  }
}

const pending = new Map<number, Pending>()
/** By name and arguments: several parts of a screen that want the same view share it. */
const watches = new Map<string, Watch>()
const byId = new Map<number, Watch>()
let lastId = 0
let line: Worker | null = null

/** The first message starts the engine, where `start.ts` has not. */
function post(message: FromPage): void {
  line ??= listen(engineWorker())
  line.postMessage(message)
}

function listen(worker: Worker): Worker {
  worker.addEventListener('message', ({ data }: MessageEvent<ToPage>) => hear(data))
  // It could not even be loaded: what waits for it is told. What is there stays.
  worker.addEventListener('error', ({ message }) => {
    const error = { code: 'internal', detail: message ?? '' }
    for (const { seen } of byId.values())
      if (seen.value.state === 'waiting') seen.value = { state: 'refused', error }
  })
  return worker
}

function hear(data: ToPage): void {
  const asked = pending.get(data.id)
  pending.delete(data.id)
  const watch = byId.get(data.id)
  if (data.type === 'result') asked?.resolve(data.value)
  else if (data.type === 'refusal') {
    asked?.reject(new Refused(data.error))
    if (watch !== undefined) watch.seen.value = { state: 'refused', error: data.error }
  } else if (watch !== undefined) watch.seen.value = { state: 'there', value: data.value }
}

/** Throws `Refused`. */
export function call<N extends CallName>(name: N, args: CallArgs<N>): Promise<CallResult<N>> {
  const id = (lastId += 1)
  return new Promise((resolve, reject) => {
    pending.set(id, { resolve, reject })
    post({ type: 'call', id, name, args })
  })
}

function watchOf(key: string): Watch {
  const known = watches.get(key)
  if (known !== undefined) return known
  const made = { id: 0, users: 0, seen: signal<Seen<unknown>>({ state: 'waiting' }) }
  watches.set(key, made)
  return made
}

/** A view for as long as the component is there. What was seen before shows at once, and then what is new. */
export function useView<N extends ViewName>(
  name: N,
  args: ViewArgs<N>,
): ReadonlySignal<Seen<View<N>>> {
  const key = JSON.stringify([name, args ?? null])
  const entry = useMemo(() => watchOf(key), [key])
  useLayoutEffect(() => {
    if (entry.users === 0) {
      entry.id = lastId += 1
      byId.set(entry.id, entry)
      post({ type: 'watch', id: entry.id, name, args })
    }
    entry.users += 1
    return () => {
      entry.users -= 1
      if (entry.users > 0) return
      post({ type: 'unwatch', id: entry.id })
      byId.delete(entry.id)
    }
  }, [entry])
  return entry.seen as ReadonlySignal<Seen<View<N>>>
}

/** What this page has changed itself is not shown as it was before, also where nobody looks at it just now. */
export function amend<N extends ViewName>(
  name: N,
  args: ViewArgs<N>,
  change: (value: View<N>) => View<N>,
): void {
  const watch = watches.get(JSON.stringify([name, args ?? null]))
  const seen = watch?.seen.value as Seen<View<N>> | undefined
  if (watch === undefined || seen?.state !== 'there') return
  watch.seen.value = { state: 'there', value: change(seen.value) }
}

/** The value of a view, or undefined while there is none. */
export function useValue<N extends ViewName>(name: N, args: ViewArgs<N>): View<N> | undefined {
  const seen = useView(name, args).value
  return seen.state === 'there' ? seen.value : undefined
}

/** An id for something that this page makes: 16 random bytes. */
export const newId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')

export type CardMade = CallResult<'invite'>
