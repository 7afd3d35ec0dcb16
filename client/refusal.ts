// Telling refusals apart: from faults of ours, and from silence.
import { type ErrorCode, ProtocolError } from '../protocol/errors.ts'

/** The refusal behind an error; anything else is a fault of ours and goes on up. */
export function refusalOf(error: unknown): ProtocolError {
  if (error instanceof ProtocolError) return error
  throw error
}

/** Nothing was said about the request itself: the same bytes may go out again. */
const SILENCE: readonly ErrorCode[] = [
  'box_unreachable',
  'box_failed',
  'draining',
  'rate_limited',
  'disk_full',
  'read_only',
  'device_full',
  'wrong_box',
  'window',
  'replayed',
]

/** A 200 whose content makes no sense: the request may well have been accepted. */
export class Unreadable extends ProtocolError {}

/** It was brought back from a backup, and takes nothing new until administrators have said so. */
export const isRestoring = (error: unknown): boolean =>
  error instanceof ProtocolError && error.code === 'restoring'

export function isSilence(error: unknown): boolean {
  if (error instanceof Unreadable) return true
  return error instanceof ProtocolError && SILENCE.includes(error.code)
}
