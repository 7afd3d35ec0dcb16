import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mentionsIn } from '../../pwa/device/mentions.ts'

const MEMBERS = [
  { name: 'Anna Beispiel', mine: true },
  { name: 'Anna Beispielhaft', mine: false },
  { name: 'Bernd', mine: false },
  { name: '', mine: false },
]
const found = (text: string): [string, boolean][] =>
  mentionsIn(text, () => MEMBERS).map(({ from, to, mine }) => [text.slice(from, to), mine])

test('The longest name that fits is meant', () => {
  assert.deepEqual(found('@Anna Beispiel, @Anna Beispielhaft: come'), [
    ['@Anna Beispiel', true],
    ['@Anna Beispielhaft', false],
  ])
  assert.deepEqual(found('Ask @bernd.'), [['@bernd', false]])
})

test('Part of a name, part of a word and an address of mail mention nobody', () => {
  for (const text of ['@Anna', '@Anna Beispielx', 'x@Bernd', 'bernd@Bernd.example', '@ Bernd', '@'])
    assert.deepEqual(found(text), [], text)
})

test('Two members of one name are both meant', () => {
  const twins = [
    { name: 'Anna Beispiel', mine: false },
    { name: 'Anna Beispiel', mine: true },
  ]
  assert.deepEqual(
    mentionsIn('@Anna Beispiel', () => twins),
    [{ from: 0, to: 14, mine: true }],
  )
})

test('Names are opened only where there may be a mention', () => {
  mentionsIn('Nobody is spoken to.', () => assert.fail('asked for names'))
})

test('A text of nothing but @ costs no more than a long list of names', () => {
  assert.deepEqual(found(`${'@ '.repeat(49)}@Bernd`), [['@Bernd', false]])
  assert.deepEqual(found(`${'@ '.repeat(50)}@Bernd`), [])
})
