// The little of DER (ITU-T X.690) that certificates and requests are written in. Writing only: reading is OpenSSL's.

type Part = Uint8Array

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length]
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return [0x80 | bytes.length, ...bytes]
}

export function tagged(tag: number, ...parts: Part[]): Part {
  const content = Buffer.concat(parts)
  return Buffer.concat([Uint8Array.of(tag, ...lengthOf(content.length)), content])
}

export const sequence = (...parts: Part[]): Part => tagged(0x30, ...parts)
export const setOf = (...parts: Part[]): Part => tagged(0x31, ...parts)
export const octets = (...parts: Part[]): Part => tagged(0x04, ...parts)
export const bits = (unused: number, ...parts: Part[]): Part =>
  tagged(0x03, Uint8Array.of(unused), ...parts)
export const bool = (value: boolean): Part => tagged(0x01, Uint8Array.of(value ? 0xff : 0))
export const utf8Text = (text: string): Part => tagged(0x0c, Buffer.from(text))
/** [n] EXPLICIT, or IMPLICIT over something constructed. */
export const context = (n: number, ...parts: Part[]): Part => tagged(0xa0 | n, ...parts)
/** [n] IMPLICIT over a primitive. */
export const primitive = (n: number, bytes: Part): Part => tagged(0x80 | n, bytes)

/** Unsigned, of any length. */
export function integer(bytes: Uint8Array): Part {
  const first = bytes.findIndex((byte) => byte !== 0)
  const short = first < 0 ? Uint8Array.of(0) : bytes.subarray(first)
  return (short[0] ?? 0) < 0x80 ? tagged(0x02, short) : tagged(0x02, Uint8Array.of(0), short)
}

/** Dotted numbers. */
export function oid(text: string): Part {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  return tagged(0x06, Uint8Array.from([first * 40 + second, ...rest.flatMap(base128)]))
}

function base128(number: number): number[] {
  const digits = [number % 128]
  for (let rest = Math.floor(number / 128); rest > 0; rest = Math.floor(rest / 128))
    digits.unshift(0x80 | (rest % 128))
  return digits
}

/** RFC 5280, section 4.1.2.5: two digits of the year until 2049, four from then on; never fractions of a second. */
export function time(date: Date): Part {
  const digits = date
    .toISOString()
    .replace(/\.\d{3}/, '')
    .replaceAll(/[-:T]/g, '')
  const late = date.getUTCFullYear() >= 2050
  return tagged(late ? 0x18 : 0x17, Buffer.from(late ? digits : digits.slice(2)))
}
