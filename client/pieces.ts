// Something large in a table of its own, in rows of a size that every store takes. The first four bytes say how
// long it is: rows of a longer one before it may lie behind.
import { concat } from '../protocol/bytes.ts'
import { decode, encode, u32 } from '../protocol/codec.ts'
import { pieceRow, readRow, writeRow } from './rows.ts'
import { drop, put, type Store, type Table, type Write } from './store.ts'

const PIECE = 256 * 1024
const LENGTH_BYTES = 4

export function pieces(table: Table, bytes: Uint8Array): Write[] {
  const whole = concat(encode(u32, bytes.length), bytes)
  return Array.from({ length: Math.ceil(whole.length / PIECE) }, (_, i) =>
    put(
      table,
      Uint8Array.of(i >>> 8, i & 0xff),
      writeRow(pieceRow, { bytes: whole.slice(i * PIECE, (i + 1) * PIECE) }),
    ),
  )
}

/** Null when the table is empty. */
export async function readPieces(store: Store, table: Table): Promise<Uint8Array | null> {
  const rows = await store.list(table)
  if (rows.length === 0) return null
  const whole = concat(...rows.map(({ value }) => readRow(pieceRow, value).bytes))
  const length = decode(u32, whole.subarray(0, LENGTH_BYTES), LENGTH_BYTES)
  return whole.subarray(LENGTH_BYTES, LENGTH_BYTES + length)
}

export async function dropPieces(store: Store, table: Table): Promise<Write[]> {
  return (await store.list(table)).map(({ key }) => drop(table, key))
}
