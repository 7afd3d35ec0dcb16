// A list that may have thousands of rows: the first hundred, and the rest when somebody asks. None is left out.
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { seldomWords } from '../words.ts'

const FIRST = 100

type Props<T> = { items: readonly T[]; row: (item: T) => ComponentChildren }

export function LongList<T>({ items, row }: Props<T>) {
  const [all, setAll] = useState(false)
  const left = items.length - FIRST
  return (
    <>
      <ul class="rows long">{(all ? items : items.slice(0, FIRST)).map(row)}</ul>
      {!all && left > 0 && (
        <button type="button" class="button" onClick={() => setAll(true)}>
          {seldomWords().batches.more({ count: left })}
        </button>
      )}
    </>
  )
}
