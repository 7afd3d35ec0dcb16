// The typed form of a secret on paper: Crockford's base32 with two check characters, in groups of four.
import { ensure } from './errors.ts'
import { hash } from './labels.ts'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const CHECK_CHARACTERS = 2

function bitsToText(bytes: Uint8Array): string {
  let bits = ''
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0')
  bits = bits.padEnd(Math.ceil(bits.length / 5) * 5, '0')
  return bits.replace(/.{5}/g, (five) => ALPHABET[Number.parseInt(five, 2)] as string)
}

function checkOf(bytes: Uint8Array): string {
  return bitsToText(hash('card-check', bytes)).slice(0, CHECK_CHARACTERS)
}

/** 16 bytes become 28 characters in 7 groups, 32 bytes 54 characters. */
export function toPaper(bytes: Uint8Array): string {
  return (bitsToText(bytes) + checkOf(bytes)).replace(/.{4}(?=.)/g, '$&-')
}

/** Forgives case, spaces, dashes and O/0, I/L/1; throws `card_mistyped` for everything else. */
export function fromPaper(text: string, length: 16 | 32): Uint8Array {
  const plain = text
    // ASCII only: toUpperCase would also take ß for SS and a dotless i for I.
    .replace(/[a-z]/g, (letter) => letter.toUpperCase())
    .replace(/[\s\p{Pd}]/gu, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1')
  const characters = Math.ceil((length * 8) / 5)
  ensure(
    plain.length === characters + CHECK_CHARACTERS,
    'card_mistyped',
    `${plain.length} characters instead of ${characters + CHECK_CHARACTERS}`,
  )
  const values = Array.from(plain.slice(0, characters), (c) => ALPHABET.indexOf(c))
  ensure(!values.includes(-1), 'card_mistyped', 'a character that no card has')
  const bits = values.map((value) => value.toString(2).padStart(5, '0')).join('')
  const bytes = Uint8Array.from({ length }, (_, i) =>
    Number.parseInt(bits.slice(8 * i, 8 * i + 8), 2),
  )
  ensure(bitsToText(bytes) === plain.slice(0, characters), 'card_mistyped', 'spare bits')
  ensure(checkOf(bytes) === plain.slice(characters), 'card_mistyped', 'check characters')
  return bytes
}
