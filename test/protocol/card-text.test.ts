import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromPaper, toPaper } from '../../protocol/card-text.ts'
import { refused, seed, seededBytes } from '../helpers/seed.ts'

const secret = seededBytes('card', 16)
const paper = toPaper(secret)
const plain = paper.replaceAll('-', '')

test('a card is 7 groups of 4, a root key 54 characters', () => {
  assert.match(paper, /^(?:[0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}$/)
  assert.equal(toPaper(seed('root')).replaceAll('-', '').length, 54)
})

test('whatever stands on paper is read back', () => {
  for (const length of [16, 32] as const) {
    const bytes = fc.uint8Array({ minLength: length, maxLength: length })
    fc.assert(
      fc.property(bytes, (value) => assert.deepEqual(fromPaper(toPaper(value), length), value)),
    )
  }
})

test('different secrets have different texts', () => {
  const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 })
  fc.assert(fc.property(bytes, bytes, (a, b) => a.join() === b.join() || toPaper(a) !== toPaper(b)))
})

test('case, spaces, dashes and look-alikes are forgiven', () => {
  const zeros = new Uint8Array(16)
  const ones = fromPaper(toPaper(seededBytes('ones', 16)), 16)
  const spellings = (value: string) => [
    value,
    value.toLowerCase(),
    value.replaceAll('-', ''),
    value.replaceAll('-', ' '),
    value.replaceAll('-', ' – '),
    value.replaceAll('-', '\t'),
    ` ${value}\n`,
    value.replaceAll('0', 'O'),
    value.replaceAll('0', 'o'),
    value.replaceAll('1', 'I'),
    value.replaceAll('1', 'l'),
    value.replaceAll('1', 'i'),
    value.replaceAll('1', 'L'),
  ]
  for (const bytes of [zeros, ones, secret]) {
    for (const text of spellings(toPaper(bytes))) assert.deepEqual(fromPaper(text, 16), bytes, text)
  }
})

test('whoever mistypes hears what is wrong', () => {
  refused('card_mistyped', () => fromPaper(plain.slice(1), 16), /^27 characters instead of 28$/)
  const odd = plain.replace(/^./, 'U')
  refused('card_mistyped', () => fromPaper(odd, 16), /^a character that no card has$/)
})

test('a character too few or too many is mistyped', () => {
  for (const text of ['', plain.slice(1), plain.slice(0, -1), `${plain}0`, plain + plain]) {
    refused('card_mistyped', () => fromPaper(text, 16))
  }
  refused('card_mistyped', () => fromPaper(paper, 32))
  refused('card_mistyped', () => fromPaper(toPaper(seed('root')), 16))
})

test('a character that no card has is mistyped', () => {
  for (const c of ['U', 'u', '*', '.', 'Ä', '٣', '\u0000', '/']) {
    for (const at of [0, 13, 25, 26, 27]) {
      refused('card_mistyped', () => fromPaper(plain.slice(0, at) + c + plain.slice(at + 1), 16))
    }
  }
})

/** The 26th character carries three bits of the secret and two spare ones, which have to be zero. */
test('spare bits are refused even where the check characters match', () => {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
  const value = alphabet.indexOf(plain[25] as string)
  for (const spare of [1, 2, 3]) {
    const other = plain.slice(0, 25) + alphabet[value + spare] + plain.slice(26)
    refused('card_mistyped', () => fromPaper(other, 16))
  }
})

test('a wrong check character is mistyped', () => {
  for (const at of [26, 27]) {
    const other = plain[at] === 'A' ? 'B' : 'A'
    refused('card_mistyped', () => fromPaper(plain.slice(0, at) + other + plain.slice(at + 1), 16))
  }
})

test('nearly every slip of one character is noticed', () => {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
  let missed = 0
  for (let at = 0; at < 26; at++) {
    for (const c of alphabet) {
      if (c === plain[at]) continue
      try {
        fromPaper(plain.slice(0, at) + c + plain.slice(at + 1), 16)
        missed += 1
      } catch {
        // Noticed, as it should be.
      }
    }
  }
  // Ten check bits let one in 1,024 pass; 806 slips were tried.
  assert.ok(missed <= 3, `${missed} slips passed`)
})
