// A search as it grows: slice after slice, until there is enough to show or nothing left; the next keystroke ends it.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { CallResult } from '../device/wire.ts'
import { asRefused } from './components/act.tsx'
import { call, type Refused } from './link.ts'

type Slice = CallResult<'search'>
export type Hit = Slice['hits'][number]
export type Found = {
  people: Slice['people']
  channels: Slice['channels']
  /** Newest first. Those that something newer could still come before are not among them. */
  hits: Hit[]
  over: boolean
}
type Looked = { first: Slice | null; last: Slice | null; hits: Hit[] }

const NOTHING: Looked = { first: null, last: null, hits: [] }

/** `wanted`: so many hits are enough. Null until the first slice is there. */
export function useSearch(
  text: string,
  channel: string | null,
  wanted: number,
): { found: Found | null; refused: Refused | null } {
  const key = JSON.stringify([text.trim(), channel])
  const looked = useRef({ key: '', looked: NOTHING })
  const [found, setFound] = useState<Found | null>(null)
  const [refused, setRefused] = useState<Refused | null>(null)
  useEffect(() => {
    const ending = new AbortController()
    const go = async (): Promise<void> => {
      let now = looked.current.key === key ? looked.current.looked : NOTHING
      while (now.first === null || !isEnough(now, wanted)) {
        const from = now.last?.next ?? null
        const slice = await call('search', { text, channel, from })
        if (ending.signal.aborted) return
        now = { first: now.first ?? slice, last: slice, hits: [...now.hits, ...slice.hits] }
        looked.current = { key, looked: now }
        setFound(shown(now))
      }
    }
    setRefused(null)
    go().catch((error: unknown) => setRefused(asRefused(error)))
    return () => ending.abort()
  }, [key, wanted])
  return { found, refused }
}

const isEnough = (now: Looked, wanted: number): boolean =>
  now.last?.next === null || shown(now).hits.length >= wanted

function shown({ first, last, hits }: Looked): Found {
  const complete = last?.complete ?? 0
  return {
    people: first?.people ?? [],
    channels: first?.channels ?? [],
    hits: hits.filter(({ at }) => at >= complete).toSorted((a, b) => b.at - a.at),
    over: last?.next === null,
  }
}
