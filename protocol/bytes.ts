// Bytes and the few text forms they take at the edges. Inside Holdfast bytes stay Uint8Array.
import { ensure, ProtocolError } from './errors.ts'

export function concat(...parts: Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const out = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** Compares without an early exit, so that timing tells nothing about where two values differ. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number)
  return difference === 0
}

export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0)
}

export function u16be(value: number): Uint8Array {
  return Uint8Array.of((value >>> 8) & 0xff, value & 0xff)
}

export function u64be(value: number): Uint8Array {
  const out = new Uint8Array(8)
  new DataView(out.buffer).setBigUint64(0, BigInt(value))
  return out
}

export function toHex(bytes: Uint8Array): string {
  return bytes.toHex()
}

/** Lower-case hexadecimal only: one text for one value. */
export function fromHex(text: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) throw new ProtocolError('malformed', 'not lower-case hex')
  return Uint8Array.fromHex(text)
}

export function toBase64Url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: 'base64url', omitPadding: true })
}

/** Refuses padding, other alphabets and non-zero spare bits, so each value has one spelling. */
export function fromBase64Url(text: string): Uint8Array {
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: 'base64url' })
    if (toBase64Url(bytes) === text) return bytes
  } catch (cause) {
    throw new ProtocolError('malformed', 'not base64url', { cause })
  }
  throw new ProtocolError('malformed', 'not canonical base64url')
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Throws `malformed` for a lone surrogate, which UTF-8 cannot say: two texts must not share one encoding. */
export function utf8(text: string): Uint8Array {
  ensure(text.isWellFormed(), 'malformed', 'text')
  return encoder.encode(text)
}

/** As much of a text as fits into `max` bytes of UTF-8, cut between characters. */
export function cutText(text: string, max: number): string {
  let cut = ''
  let size = 0
  for (const character of text.toWellFormed()) {
    size += encoder.encode(character).length
    if (size > max) return cut
    cut += character
  }
  return cut
}

/** Throws `malformed` for anything that is not well-formed UTF-8; a byte-order mark stays a character. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new ProtocolError('malformed', 'not UTF-8', { cause })
  }
}
