// Every row of a device's store ends with a check of its bytes: what a disk has changed is never used, neither
// as a key nor as somebody's right. Not against whoever can write to the store: they could make the check too.
import { concat, equal } from '../protocol/bytes.ts'
import { type Codec, decode, encode } from '../protocol/codec.ts'
import { ensure, ProtocolError } from '../protocol/errors.ts'
import { MAX_REQUEST } from '../protocol/limits.ts'
import { blake2b } from '../protocol/sodium.ts'

const CHECK_BYTES = 8
const MAX_ROW = 2 * MAX_REQUEST

/** The row as it lies in the store. */
export function checked(bytes: Uint8Array): Uint8Array {
  return concat(bytes, checkOf(bytes))
}

function checkOf(bytes: Uint8Array): Uint8Array {
  return blake2b(32, bytes).subarray(0, CHECK_BYTES)
}

/** The row without its check; null when that does not hold. */
export function uncheck(stored: Uint8Array): Uint8Array | null {
  const end = stored.length - CHECK_BYTES
  const bytes = stored.subarray(0, Math.max(0, end))
  return end >= 0 && equal(checkOf(bytes), stored.subarray(end)) ? bytes : null
}

export function writeRow<T>(codec: Codec<T>, value: T): Uint8Array {
  return checked(encode(codec, value))
}

/** Throws `database_damaged` for a row that is not as it was written, whatever has changed in it. */
export function readRow<T>(codec: Codec<T>, stored: Uint8Array): T {
  const bytes = uncheck(stored)
  ensure(bytes !== null, 'database_damaged', 'row')
  try {
    return decode(codec, bytes, MAX_ROW)
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause
    throw new ProtocolError('database_damaged', 'row', { cause })
  }
}
