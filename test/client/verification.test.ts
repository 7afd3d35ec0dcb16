// What two people compare: the same on both sides, another one as soon as a key is another one.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  compareCode,
  decodeCompared,
  encodeCompared,
  personPrint,
  printCode,
  printNumbers,
  printOf,
  printThings,
} from '../../client/verification.ts'
import { LANGUAGES } from '../../pwa/languages/language.ts'
import { printWord } from '../../pwa/languages/print-words.ts'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import type { PersonId } from '../../protocol/ids.ts'
import { seed, seededId } from '../helpers/seed.ts'
import { approve, invite, startTown, sync, syncAll, welcome } from '../helpers/town.ts'

const root = seed('root')
const anna = seededId<PersonId>('anna')
const [phone, tablet, false_] = [seed('phone'), seed('tablet'), seed('false')]
const print = personPrint(root, anna, [phone, tablet])

describe('the print of a person', () => {
  test('does not depend on the order of the devices', () => {
    assert.deepEqual(personPrint(root, anna, [tablet, phone]), print)
  })

  test('is another one with a swapped, further or missing device, for another person or organisation', () => {
    const others = [
      personPrint(root, anna, [phone, false_]),
      personPrint(root, anna, [phone, tablet, false_]),
      personPrint(root, anna, [phone]),
      personPrint(root, seededId<PersonId>('bernd'), [phone, tablet]),
      personPrint(seed('other root'), anna, [phone, tablet]),
    ]
    assert.equal(new Set([print, ...others].map(toHex)).size, others.length + 1)
  })

  test('is what PROTOCOL.md says, byte for byte', () => {
    const [rootPk, key] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(3)]
    const person = new Uint8Array(16).fill(2) as PersonId
    assert.equal(
      toHex(personPrint(rootPk, person, [key])),
      '30c08ee94e0c25cac9e8d544969a81aac2b30ce3434cb9951c69d8e4cb5422b4',
    )
  })
})

describe('its numbers', () => {
  test('are twelve groups of five digits, zeros included', () => {
    const small = new Uint8Array(32)
    small[31] = 7
    assert.deepEqual(printNumbers(small), [...Array.from({ length: 11 }, () => '00000'), '00007'])
    const most = (1n << 256n) - 1n
    const digits = (most % 10n ** 60n).toString().padStart(60, '0')
    assert.equal(printNumbers(new Uint8Array(32).fill(255)).join(''), digits)
  })
})

describe('its words', () => {
  test('are what PROTOCOL.md says, in each language', () => {
    const example = fromHex('30c08ee94e0c25cac9e8d544969a81aac2b30ce3434cb9951c69d8e4cb5422b4')
    const words = LANGUAGES.map((language) =>
      printThings(example).map((thing) => printWord(thing, language)),
    )
    assert.deepEqual(
      words.map((all) => all.join(' ')),
      [
        'city saw motorcycle tower finger banana captain shovel shoulder tomato spider dragon',
        'Stadt Säge Motorrad Turm Finger Banane Kapitän Schaufel Schulter Tomate Spinne Drache',
        'ville scie moto tour doigt banane capitaine pelle épaule tomate araignée dragon',
      ],
    )
  })

  test('are the first twelve bytes, each a thing that every language names', () => {
    assert.deepEqual(printThings(fromHex('00ff07'.padEnd(64, '1'))).slice(0, 4), [0, 255, 7, 17])
    assert.equal(printThings(print).length, 12)
  })

  test('stand for one thing each, in one language and across all of them', () => {
    const thingOf = new Map<string, number>()
    for (const language of LANGUAGES)
      for (let thing = 0; thing < 256; thing++) {
        const word = printWord(thing, language).toLowerCase()
        assert.match(word, /^\p{Ll}{2,}$/u)
        assert.equal(thingOf.get(word) ?? thing, thing, word)
        thingOf.set(word, thing)
      }
    for (const language of LANGUAGES)
      assert.equal(new Set(Array.from({ length: 256 }, (_, i) => printWord(i, language))).size, 256)
  })

  test('never change their places: two releases would name other things', () => {
    const list = LANGUAGES.flatMap((language) =>
      Array.from({ length: 256 }, (_, i) => printWord(i, language)),
    )
    assert.equal(
      createHash('sha256').update(list.join(' ')).digest('hex'),
      'a45a5318dff88a0e6d153f9645ec4ad873a1cdc034a007877c28aca0970821e3',
    )
  })
})

describe('a code that was scanned', () => {
  const code = printCode(anna, print)
  test('matches, or says what is wrong with it', () => {
    const bernd = seededId<PersonId>('bernd')
    assert.equal(compareCode(code, anna, print), 'match')
    assert.equal(compareCode(`${code}\n`, anna, print), 'match')
    assert.equal(compareCode(code, anna, personPrint(root, anna, [phone])), 'mismatch')
    assert.equal(compareCode(printCode(bernd, print), anna, print), 'other')
    for (const text of [
      '',
      'https://musterstadt.example',
      code.slice(1),
      `${code}0`,
      code.toUpperCase(),
    ])
      assert.equal(compareCode(text, anna, print), 'foreign', text)
  })
})

test('whatever a camera reads matches nothing but the code itself, and breaks nothing', () => {
  const code = printCode(anna, print)
  const near = fc
    .tuple(fc.nat(code.length - 1), fc.constantFrom(...Array.from('0123456789abcdefHP/ ')))
    .map(([at, sign]) => code.slice(0, at) + sign + code.slice(at + 1))
  fc.assert(
    fc.property(
      fc.oneof(
        near,
        fc.string(),
        fc.string().map((text) => code + text),
      ),
      (text) => {
        assert.equal(compareCode(text, anna, print) === 'match', text.trim() === code)
      },
    ),
  )
})

test('what is kept of a comparison is read back', () => {
  const kept = { print, at: 1_767_225_600_000 }
  assert.deepEqual(decodeCompared(encodeCompared(kept)), kept)
  assert.throws(() => decodeCompared(fromHex('00'.repeat(41))), { code: 'too_large' })
})

describe('two phones', () => {
  test('show the same for a person, and another one once that person has a further device', async (t) => {
    const town = await startTown(t)
    const olga = await town.owner()
    const berta = await welcome(town, olga, 'Berta Beispiel')
    await syncAll(olga, berta)
    const seen = (): (string | null)[] =>
      [olga, berta].map(({ core }) => {
        const found = printOf(core.replica, berta.person)
        return found === null ? null : toHex(found)
      })
    const [before, same] = seen()
    assert.ok(before)
    assert.equal(same, before)
    const tablet = await town.enrol((await invite(berta, berta.person)).card)
    await sync(olga)
    // It waits: nobody seals to it yet.
    assert.deepEqual(seen(), [before, before])
    await approve(berta, tablet.device)
    await syncAll(olga, berta)
    const [after, alsoAfter] = seen()
    assert.notEqual(after, before)
    assert.equal(alsoAfter, after)
    const { person } = await invite(olga, 'Carla Muster')
    assert.equal(printOf(olga.core.replica, person), null)
  })

  test('differ where the box has told one of them another key', async (t) => {
    const town = await startTown(t)
    const olga = await town.owner()
    const berta = await welcome(town, olga, 'Berta Beispiel')
    await sync(olga)
    const honest = printOf(berta.core.replica, berta.person)
    // The checks of the log would have to have failed for this: then people still see it.
    const [device] = olga.core.replica.directory.activeDevices(berta.person)
    assert.ok(device && honest)
    device.signPk = seed('key of the box')
    const lied = printOf(olga.core.replica, berta.person)
    assert.ok(lied)
    assert.notDeepEqual(printNumbers(lied), printNumbers(honest))
    assert.equal(compareCode(printCode(berta.person, honest), berta.person, lied), 'mismatch')
  })
})
