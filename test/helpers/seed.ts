// Reproducible inputs for tests: keys and ids by name, a fixed clock, and how a refusal is asserted.
import assert from 'node:assert/strict'
import { concat, utf8 } from '../../protocol/bytes.ts'
import { type ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { type AnyId, asId, type Hash } from '../../protocol/ids.ts'
import { blake2b, type SignPair, signPairFromSeed } from '../../protocol/sodium.ts'

/** 3 March 2031, 08:00 UTC: where the clock of every test world starts. */
export const START = Date.UTC(2031, 2, 3, 8)
export const MINUTE = 60_000
export const DAY = 24 * 60 * MINUTE

/** 32 bytes that depend on nothing but the label. */
export function seed(label: string): Uint8Array {
  return blake2b(32, utf8(`holdfast test ${label}`))
}

export function seededBytes(label: string, length: number): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) => seed(`${label} ${i}`))
  return concat(...blocks).slice(0, length)
}

export function seededId<T extends AnyId>(label: string): T {
  return asId<T>(seed(label).slice(0, 16))
}

export function seededHash(label: string): Hash {
  return seed(label) as Hash
}

export function seededPair(label: string): SignPair {
  return signPairFromSeed(seed(label))
}

/** Asserts on the code, never on the sentence, which may improve; on the detail where it is what helps. */
export function refused(code: ErrorCode, act: () => unknown, detail = /(?:)/): void {
  assert.throws(act, (error: unknown) => {
    if (!(error instanceof ProtocolError)) throw error
    assert.equal(error.code, code, error.message)
    assert.match(error.detail, detail)
    return true
  })
}

/** Asserts that it is refused at all, for whatever reason a person could act on. */
export function refusedSomehow(act: () => unknown, what: string): void {
  try {
    act()
  } catch (error) {
    if (error instanceof ProtocolError) return
    throw error
  }
  assert.fail(`${what}: not refused`)
}

/** A copy of `bytes` with bits of one byte turned over. */
export function flipped(bytes: Uint8Array, at: number, mask = 0x01): Uint8Array {
  const copy = bytes.slice()
  copy[at] = (copy[at] as number) ^ mask
  return copy
}
