// What could not be verified, with its reason: kept for good, and announced once.
import { concat, utf8 } from '../protocol/bytes.ts'
import type { ErrorCode } from '../protocol/errors.ts'
import type { LogId } from '../protocol/ids.ts'
import { placeKey, problemRow, writeRow } from './rows.ts'
import { put, type Write } from './store.ts'

const LONGEST_DETAIL = 200

/** Index 0 stands for the log as a whole. One place may have several reasons; each is told once. */
export function problemWrites(
  log: LogId,
  n: number,
  code: ErrorCode,
  detail: string,
  t: number,
): Write[] {
  const at = concat(placeKey(log, n), utf8(code))
  const row = writeRow(problemRow, {
    code,
    detail: detail.slice(0, LONGEST_DETAIL).toWellFormed(),
    t,
  })
  return [put('problems', at, row), put('alarms', at, new Uint8Array(0))]
}
