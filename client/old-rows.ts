// Stores from before every row had its check.
import { fromUtf8 } from '../protocol/bytes.ts'
import { encode } from '../protocol/codec.ts'
import { ProtocolError } from '../protocol/errors.ts'
import { checked, hasCheck } from './checked-rows.ts'
import { META } from './replica.ts'
import { nameRow, pieceRow } from './rows.ts'
import { put, type Store, type Table, TABLES, type Write } from './store.ts'

/** Says that all rows of the store have their checks. */
export const CHECKED: Write = put('meta', META.checked, new Uint8Array(0))

/**
 * Each row gets its check, once; where it is the mark that was lost, rows have theirs already. A store without
 * a device has none to check.
 */
export async function checkOldRows(store: Store): Promise<void> {
  const isOld = (await store.get('meta', META.identity)) !== null
  if (!isOld || (await store.get('meta', META.checked)) !== null) return
  const writes = [CHECKED]
  for (const table of TABLES) {
    for (const { key, value } of await store.list(table))
      if (value.length > 0 && !hasCheck(value))
        writes.push(put(table, key, checked(wrapped(table, value))))
  }
  await store.commit(writes)
}

/** Names and pieces were bytes without a form of their own. */
function wrapped(table: Table, value: Uint8Array): Uint8Array {
  if (table === 'names') return encode(nameRow, { name: nameOf(value) })
  if (table === 'snapshot' || table === 'audit') return encode(pieceRow, { bytes: value })
  return value
}

function nameOf(value: Uint8Array): string {
  try {
    return fromUtf8(value)
  } catch (cause) {
    throw new ProtocolError('database_damaged', 'name', { cause })
  }
}
