import { ProtocolError } from '../protocol/errors.ts'

/** The refusal behind an error; anything else is a fault of ours and goes on up. */
export function refusalOf(error: unknown): ProtocolError {
  if (error instanceof ProtocolError) return error
  throw error
}
