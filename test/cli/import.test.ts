import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { suiteCleaner } from '../helpers/cleanup.ts'
import { holdfast, json, one, onlyJson, refusal, town, type Town } from '../helpers/cli.ts'

const EXAMPLES = join(import.meta.dirname, '../../provisioning/examples')
const HEADER = 'Display name,Mail,Mobile,Department,Site,Title'

describe('import', { concurrency: false }, () => {
  const cleaner = suiteCleaner()
  let stage: Town
  before(async () => {
    stage = await town(cleaner)
  })
  const file = (name: string, content: string | Uint8Array): string => {
    const path = join(stage.folder, name)
    writeFileSync(path, content)
    return path
  }
  const roster = (path: string, ...more: string[]) =>
    holdfast(['import', path, '--state', stage.owner, '--json', ...more])

  test('refuses what is no roster, and says what to do', async () => {
    const missing = await roster(file('no-mail.csv', 'Display name,Department\nAnna,Netz\n'))
    refusal(missing, 1, /no column for the mail address/, /Display name, Department/, /"Mail"/)
    refusal(await roster(file('names.csv', 'a;b;c\n1;2;3\n')), 1, /no column for the name/)
    const xlsx = Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 0, 0)
    refusal(await roster(file('staff.xlsx', xlsx)), 1, /Excel workbook/, /Save it as "CSV UTF-8"/)
    const utf16be = Uint8Array.of(0xfe, 0xff, 0, 0x41)
    refusal(await roster(file('utf16be.csv', utf16be)), 1, /UTF-16 big-endian/, /CSV UTF-8/)
    const binary = Uint8Array.of(1, 0, 2, 0, 0, 0)
    refusal(await roster(file('binary.csv', binary)), 1, /binary data/, /CSV UTF-8/)
    refusal(await roster(file('empty.csv', '')), 1, /The file is empty/)
    refusal(await roster(file('header.csv', `${HEADER}\n`)), 1, /no people below it/)
    refusal(await roster(join(stage.folder, 'nowhere.csv')), 1, /no such file/, /import it again/)
    refusal(await roster(stage.folder), 1, /EISDIR/)
    refusal(await roster(join(EXAMPLES, 'roster.csv'), '--role', 'chief'), 2, /role "chief"/)
    const people = await json(['people', '--state', stage.owner])
    assert.equal(people.length, 1, 'nothing of all this made anybody')
  })

  test('makes a card for each of 40 people, in the order of the file', async () => {
    const outcome = await roster(join(EXAMPLES, 'roster.csv'))
    assert.equal(outcome.status, 0, outcome.err)
    onlyJson(outcome)
    assert.equal(outcome.lines.length, 40)
    const cards = outcome.lines.map(({ card }) => String(card))
    assert.equal(new Set(cards).size, 40)
    for (const card of cards) assert.match(card, /^(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}$/)
    const numbers = outcome.lines.map(({ line }) => Number(line))
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
    )
    assert.equal(new Set(outcome.lines.map(({ person }) => person)).size, 40)
    assert.match(outcome.err, /40 of 40 cards made/)
    const people = await json(['people', '--state', stage.owner])
    assert.equal(people.length, 41)
    assert.ok(people.some(({ name, department }) => name === 'Huber, Anna' && department))
  })

  test('again shows the difference and changes nothing', async () => {
    const outcome = await roster(join(EXAMPLES, 'roster.csv'))
    assert.equal(outcome.status, 0)
    assert.deepEqual(outcome.lines, [])
    assert.match(outcome.err, /0 new, 0 changed, 0 gone, 40 as they were/)
    assert.match(outcome.err, /Nothing was changed/)
  })

  test('compares with a newer file: new, changed and gone, nothing applied', async () => {
    const rows = [
      HEADER,
      '"Huber, Anna",anna.huber@musterstadt.example,,Stab,,',
      'Neu Nagel,neu.nagel@musterstadt.example,,,,',
    ]
    const path = file('newer.csv', rows.join('\r\n'))
    const shown = await roster(path)
    assert.equal(shown.status, 0, shown.err)
    assert.match(shown.err, /1 new, 1 changed, 39 gone, 0 as they were/)
    const kinds = shown.lines.map(({ change, applied }) => [change, applied])
    assert.deepEqual(kinds.slice(0, 2), [
      ['new', false],
      ['changed', false],
    ])
    assert.equal(kinds.filter(([change]) => change === 'gone').length, 39)
    const present = await json(['people', '--state', stage.owner])
    assert.equal(present.length, 41)

    const applied = await roster(path, '--apply')
    assert.equal(applied.status, 0, applied.err)
    onlyJson(applied)
    const fresh = applied.lines.find(({ name, card }) => name === 'Neu Nagel' && card)
    assert.ok(fresh, 'the new one has a card')
    const after = await json(['people', '--state', stage.owner])
    assert.equal(after.length, 42, 'the gone stay until somebody says otherwise')
    const anna = after.find(({ name }) => name === 'Huber, Anna')
    assert.deepEqual([anna?.['department'], anna?.['mobile']], ['Stab', ''])
    const joined = ['join', String(fresh['card']), '--box', stage.box.url]
    await one([...joined, '--state', join(stage.folder, 'neu')])
  })

  test('a file with bad rows revokes nobody', async () => {
    const rows = [HEADER, 'Neu Nagel,neu.nagel@musterstadt.example,,,,', 'Ohne Mail,,,,,']
    const path = file('bad-gone.csv', rows.join('\n'))
    const outcome = await roster(path, '--apply', '--revoke-gone')
    refusal(outcome, 1, /bad rows/)
    assert.equal((await json(['people', '--state', stage.owner])).length, 42)
  })

  test('with --apply --revoke-gone whoever is missing leaves', async () => {
    const rows = [HEADER, 'Neu Nagel,neu.nagel@musterstadt.example,,,,']
    const outcome = await roster(file('few.csv', rows.join('\n')), '--apply', '--revoke-gone')
    assert.equal(outcome.status, 0, outcome.err)
    assert.equal(
      outcome.lines.filter(({ change, applied }) => change === 'gone' && applied).length,
      40,
    )
    const names = (await json(['people', '--state', stage.owner])).map(({ name }) => name)
    assert.deepEqual(new Set(names), new Set(['Neu Nagel', 'Olga Owner']))
  })
})

describe('import of a file with bad rows', () => {
  test('reports each with its line and imports the others', async (t) => {
    const stage = await town(t)
    const rows = [
      HEADER,
      'Anna Amsel,anna@musterstadt.example,,,,',
      'Ohne Mail,,,,,',
      ',ohne.name@musterstadt.example,,,,',
      'Anna Nochmal,anna@musterstadt.example,,,,',
      'Zu,viele@musterstadt.example,a,b,c,d,e',
      'Bert Buche,bert@musterstadt.example,kein Telefon,,,',
    ]
    const path = join(stage.folder, 'bad.csv')
    writeFileSync(path, rows.join('\n'))
    const outcome = await holdfast(['import', path, '--state', stage.owner, '--json'])
    assert.equal(outcome.status, 0, outcome.err)
    onlyJson(outcome)
    const bad = outcome.lines.filter(({ error }) => error !== undefined)
    assert.deepEqual(
      bad.map(({ line }) => line),
      [3, 4, 5, 6],
    )
    for (const { error } of bad) assert.match(String(error), /\. \S/, 'what is wrong, what to do')
    const good = outcome.lines.filter(({ card }) => card !== undefined)
    assert.deepEqual(
      good.map(({ line, name }) => [line, name]),
      [
        [2, 'Anna Amsel'],
        [7, 'Bert Buche'],
      ],
    )
    assert.match(outcome.err, /line 7: .*not a mobile number/)
  })

  test('reads Windows-1252, semicolons and UTF-16', async (t) => {
    const stage = await town(t)
    const ansi = join(EXAMPLES, 'roster-windows-1252.csv')
    const outcome = await holdfast(['import', ansi, '--state', stage.owner, '--json'])
    assert.equal(outcome.status, 0, outcome.err)
    const names = outcome.lines.map(({ name }) => String(name))
    assert.ok(names.some((name) => /[äöü]/.test(name)))
    assert.ok(!names.some((name) => /Ã|\uFFFD/.test(name)))
    const utf16 = join(stage.folder, 'utf16.csv')
    const text = '\uFEFFName;E-Mail\r\nJörg Jäger;joerg@musterstadt.example\r\n'
    writeFileSync(utf16, Buffer.from(text, 'utf16le'))
    const second = await holdfast(['import', utf16, '--state', stage.owner, '--json'])
    assert.equal(second.status, 0, second.err)
    assert.ok(second.lines.some(({ change, name }) => change === 'new' && name === 'Jörg Jäger'))
  })
})

describe('import of 2,000 people', () => {
  test('makes 2,000 cards and shows progress on standard error', async (t) => {
    const stage = await town(t)
    const row = (i: number): string =>
      `Person ${i},person${i}@musterstadt.example,+49 170 ${1_000_000 + i},Netz,Nord,Rolle ${i % 9}`
    const rows = Array.from({ length: 2000 }, (_, i) => row(i))
    const path = join(stage.folder, 'large.csv')
    writeFileSync(path, [HEADER, ...rows].join('\r\n'))
    const started = performance.now()
    const outcome = await holdfast(['import', path, '--state', stage.owner, '--json'])
    assert.equal(outcome.status, 0, outcome.err)
    onlyJson(outcome)
    assert.equal(outcome.lines.length, 2000)
    assert.equal(new Set(outcome.lines.map(({ card }) => card)).size, 2000)
    const told = [...outcome.err.matchAll(/^(\d+) of 2000 cards made$/gm)].map((m) => Number(m[1]))
    assert.equal(told.at(-1), 2000)
    const seconds = (performance.now() - started) / 1000
    // A line every two seconds; a machine that needs less has only the last one to show.
    if (seconds > 6) assert.ok(told.length >= 2, `${told.length} lines in ${seconds} s`)
    t.diagnostic(`${seconds.toFixed(1)} s, ${told.length} lines of progress`)
  })
})
