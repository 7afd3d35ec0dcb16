// Everything that can be read of a state as one text, so that "nothing has changed" is one comparison.
import { Directory } from '../../protocol/directory.ts'
import { IdMap } from '../../protocol/ids.ts'
import { Journal } from '../../protocol/journal.ts'

/** Maps by key: their order says nothing. */
export function digest(value: unknown, inside = false): string {
  if (value instanceof Uint8Array) return value.toHex()
  if (typeof value !== 'object' || value === null) return String(value)
  if (value instanceof Journal || (inside && value instanceof Directory)) return ''
  if (value instanceof IdMap) {
    const parts = [...value.entries()].map(
      ([key, part]) => `${(key as Uint8Array).toHex()}:${digest(part, true)}`,
    )
    return `{${parts.toSorted().join()}}`
  }
  if (value instanceof Map) return digest([...value.entries()], true)
  if (Array.isArray(value)) return `[${value.map((part: unknown) => digest(part, true)).join()}]`
  const parts = Object.entries(value).map(
    ([name, part]) => `${name}=${typeof part === 'function' ? '' : digest(part, true)}`,
  )
  return `(${parts.join()})`
}
