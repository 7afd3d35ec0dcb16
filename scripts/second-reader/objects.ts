// What travels to the second reader: a line of JSON for each object, with what protocol/ makes of it.
import { ProtocolError } from '../../protocol/errors.ts'
import { bytes, type Json, type JsonObject, toJson } from '../vectors/json.ts'
import type { Dice } from './dice.ts'

/** Reads, verifies or opens what `input` holds; throws a ProtocolError where that is refused. */
export type Read = (input: JsonObject) => unknown
/** Makes inputs for the reader of the same name. */
export type Make = (dice: Dice) => Record<string, unknown>
export type Kind = { read: Read; make: Make }

export type RandomObject = {
  number: number
  kind: string
  input: JsonObject
  /** `accept` with what was read, or `refuse` with the code. */
  expected: { accept: Json } | { refuse: string }
}

export function judged(number: number, name: string, kind: Kind, dice: Dice): RandomObject {
  const input = toJson(kind.make(dice)) as JsonObject
  return { number, kind: name, input, expected: verdict(kind.read, input) }
}

function verdict(read: Read, input: JsonObject): RandomObject['expected'] {
  try {
    return { accept: toJson(read(input) ?? null) }
  } catch (error) {
    if (error instanceof ProtocolError) return { refuse: error.code }
    throw error
  }
}

export const main = (input: JsonObject): Uint8Array => bytes(input, 'bytes')
export const keyOf = (input: JsonObject): Uint8Array => bytes(input, 'key')
