// What a box holds on its disk, to be compared with what it held before.
import Database from 'better-sqlite3'

export const written = (value: unknown): string =>
  value instanceof Uint8Array ? value.toHex() : String(value)

/** Each entry at its place, as it was signed. */
export function entriesIn(path: string): Map<string, string> {
  const db = new Database(path, { readonly: true })
  try {
    const rows = db
      .prepare('SELECT log, n, header, payload FROM entries')
      .raw()
      .all() as unknown[][]
    return new Map(
      rows.map(([log, n, ...entry]) => [
        `${written(log)} ${written(n)}`,
        entry.map(written).join(' '),
      ]),
    )
  } finally {
    db.close()
  }
}

/** Places at which something else stands now than before, or nothing. */
export function lostOf(before: Map<string, string>, now: Map<string, string>): string[] {
  return [...before].filter(([place, entry]) => now.get(place) !== entry).map(([place]) => place)
}
