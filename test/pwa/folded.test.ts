import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { excerptOf, fold, holdsAll, partsOf, wordsOf } from '../../pwa/device/folded.ts'

const marked = (text: string, query: string): string[] =>
  partsOf(text, wordsOf(query)).flatMap((part) => (part.marked ? [part.text] : []))

test('Case, accents and spelling at hand do not matter', () => {
  for (const [text, query] of [
    ['Gebäude', 'GEBAUDE'],
    ['Gebaude', 'gebäude'],
    ['Straße', 'strasse'],
    ['STRASSE', 'straße'],
    ['œuvre', 'Oeuvre'],
    ['Łódź', 'lodz'],
    ['e\u0301cole', 'école'],
    ['ΟΔΟΣ', 'οδος'],
  ] as const)
    assert.ok(holdsAll(text, wordsOf(query)), `${query} in ${text}`)
})

test('All words must be there, in any order, also inside of words', () => {
  assert.ok(holdsAll('The pump in plant 2 is broken.', wordsOf('broken PUMP')))
  assert.ok(holdsAll('Ersatzpumpe', wordsOf('pumpe')))
  assert.ok(!holdsAll('The pump in plant 2.', wordsOf('pump valve')))
})

test('The words are marked where they stand in the text as it was written', () => {
  assert.deepEqual(marked('Die Straße zum Gebäude', 'strasse gebaude'), ['Straße', 'Gebäude'])
  assert.deepEqual(marked('e\u0301cole', 'ecole'), ['e\u0301cole'])
  assert.deepEqual(marked('pump Pump PUMP', 'pump'), ['pump', 'Pump', 'PUMP'])
  assert.deepEqual(marked('🚒 fire', 'fire'), ['fire'])
})

test('Parts are the text, whatever is looked for', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (text, query) => {
      const parts = partsOf(text, wordsOf(query))
      assert.equal(parts.map((part) => part.text).join(''), text)
    }),
  )
})

test('What is found is marked', () => {
  const texts = fc.string({ unit: fc.constantFrom('a', 'Ä', 'ß', 'é', 'e\u0301', ' ', 'S', '🚒') })
  fc.assert(
    fc.property(texts, texts, (text, query) => {
      const words = wordsOf(query)
      if (words.length === 0 || !holdsAll(text, words)) return
      const found = partsOf(text, words).filter((part) => part.marked)
      assert.ok(found.length > 0, JSON.stringify([text, query]))
    }),
  )
})

test('A long text is cut to the sentence around the first word', () => {
  const long = `${'Nothing here. '.repeat(40)}The valve is shut. ${'And more. '.repeat(40)}`
  const parts = excerptOf(long, wordsOf('valve'))
  const text = parts.map((part) => part.text).join('')
  assert.ok(text.length < 200)
  assert.ok(text.startsWith('… ') && text.endsWith(' …'))
  assert.deepEqual(
    parts.flatMap((part) => (part.marked ? [part.text] : [])),
    ['valve'],
  )
  assert.equal(excerptOf('Short.', ['short']).length, 2)
})

test('Folding twice changes nothing more', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      assert.equal(fold(fold(text)), fold(text))
    }),
  )
})
