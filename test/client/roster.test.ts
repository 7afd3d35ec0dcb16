import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { matchColumns } from '../../client/roster-columns.ts'
import { compareRoster, parseRoster, RosterError, rosterKey } from '../../client/roster.ts'
import type { RosterRow } from '../../client/roster.ts'

const HEADER = 'Display name,Mail,Mobile,Department,Site,Title'
const ANNA = 'Anna,anna@musterstadt.example,0171 3920000,Netz,Nord,Chefin'
const BODO = 'Bodo,bodo@musterstadt.example,0171 3920001,Netz,Nord,Bote'

const bytes = (text: string) => new TextEncoder().encode(text)
const parseText = (...lines: string[]) => parseRoster(bytes(lines.join('\r\n')))
const names = (rows: RosterRow[]) => rows.map(({ name }) => name)
const example = (name: string) =>
  parseRoster(readFileSync(new URL(`../../provisioning/examples/${name}`, import.meta.url)))

const person = (line: number, name: string, rest: Partial<RosterRow> = {}): RosterRow => {
  const mail = `${name.toLowerCase()}@musterstadt.example`
  return { line, name, mail, mobile: '', department: '', site: '', title: '', ...rest }
}

function refused(file: Uint8Array, ...patterns: RegExp[]): void {
  assert.throws(
    () => parseRoster(file),
    (error) => {
      assert.ok(error instanceof RosterError)
      for (const pattern of patterns) assert.match(error.message, pattern)
      return true
    },
  )
}

function onlyProblem(row: string, severity: 'error' | 'warning', reason: RegExp): void {
  const { rows, problems } = parseText(HEADER, row, BODO)
  assert.deepEqual(
    problems.map((problem) => [problem.line, problem.severity]),
    [[2, severity]],
  )
  assert.match(problems[0]?.reason ?? '', reason)
  assert.equal(rows.length, severity === 'error' ? 1 : 2)
  assert.equal(rows.at(-1)?.name, 'Bodo')
}

describe('the example files', () => {
  const utf8 = example('roster.csv')
  const ansi = example('roster-windows-1252.csv')

  test('give the same 40 people in both encodings', () => {
    assert.equal(utf8.encoding, 'utf-8')
    assert.equal(utf8.delimiter, ',')
    assert.equal(ansi.encoding, 'windows-1252')
    assert.equal(ansi.delimiter, ';')
    assert.equal(utf8.rows.length, 40)
    assert.deepEqual(utf8.problems, [])
    assert.deepEqual(ansi.problems, [])
    assert.deepEqual(ansi.rows, utf8.rows)
  })

  test('keep quotation marks, line breaks, accents and people of the same name', () => {
    assert.deepEqual(names(utf8.rows.slice(0, 2)), ['Huber, Anna', 'Karl "Kalle" Beispiel'])
    assert.equal(utf8.rows.filter(({ name }) => name === 'Maria Muster').length, 2)
    const broken = utf8.rows.findIndex(({ title }) => title.includes('\n'))
    const lines = utf8.rows.slice(broken, broken + 2).map(({ line }) => line)
    assert.deepEqual(lines, [13, 15])
    assert.ok(names(ansi.rows).includes('Maëlle D’Exemple'))
    assert.equal(utf8.rows.filter(({ mobile }) => mobile === '').length, 1)
  })
})

describe('encoding', () => {
  test('a byte order mark wins', () => {
    const text = `\uFEFF${HEADER}\r\nJürgen,j@musterstadt.example,,,,\r\n`
    const wide = new Uint8Array(Buffer.from(text, 'utf16le'))
    assert.equal(parseRoster(wide).encoding, 'utf-16le')
    assert.deepEqual(names(parseRoster(wide).rows), ['Jürgen'])
    const damaged = new Uint8Array([
      ...bytes(text),
      ...bytes('Ok,ok@musterstadt.example,,,,'),
      0xfc,
    ])
    const roster = parseRoster(damaged)
    assert.equal(roster.encoding, 'utf-8')
    assert.match(roster.problems[0]?.reason ?? '', /wrong encoding/)
  })

  test('text that is not UTF-8 is read as Windows-1252', () => {
    const text = `${HEADER}\nJ\u00fcrgen \u0096 Muster,j@musterstadt.example,,,,`
    const roster = parseRoster(new Uint8Array(Buffer.from(text, 'latin1')))
    assert.equal(roster.encoding, 'windows-1252')
    assert.deepEqual(names(roster.rows), ['Jürgen – Muster'])
  })

  test('blanks around and inside quotation marks are trimmed', () => {
    const { rows } = parseText(HEADER, 'Anna\u00a0, "anna@musterstadt.example" ,,," Nord ",')
    assert.deepEqual(rows, [person(2, 'Anna', { site: 'Nord' })])
  })

  test('a decomposed name is composed', () => {
    assert.equal(
      parseText(HEADER, ANNA.replace('Anna', 'Ju\u0308rgen')).rows[0]?.name,
      'J\u00fcrgen',
    )
  })

  for (const name of ['JÃ¼rgen', 'GroÃŸ', 'J\uFFFDrgen', 'Dâ€™Exemple']) {
    test(`a damaged name is kept with a warning: ${name}`, () => {
      onlyProblem(ANNA.replace('Anna', name), 'warning', /wrong encoding.*export again/)
    })
  }
})

describe('headers', () => {
  const cases = [
    'displayName,mail,mobile,department,physicalDeliveryOfficeName,title',
    'Name;E-mail address;Mobile phone;Department;Office location;Job title',
    'ANZEIGENAME\tE-Mail\tHandy\tAbteilung\tStandort\tFunktion',
    'Nom,Mail,Téléphone mobile,Service,Site,Fonction',
    '"Name","UserPrincipalName","Mobiltelefon","Abteilung","Office","Titel"',
    'sep=;\r\nDisplay name;Mail;Mobile;Department;Site;Title',
    '#TYPE Selected.User\r\nDisplay name,Mail,Mobile,Department,Site,Title',
  ]
  for (const header of cases) {
    test(`are understood: ${JSON.stringify(header)}`, () => {
      const delimiter = /[\t;]/.exec(header)?.[0] ?? ','
      const [row] = parseText(header, ANNA.replaceAll(',', delimiter)).rows
      const line = header.split('\n').length + 1
      const rest = { mobile: '01713920000', department: 'Netz', site: 'Nord', title: 'Chefin' }
      assert.deepEqual(row, person(line, 'Anna', rest))
    })
  }

  test('a display name and a mail address come before a plain name and a sign-in name', () => {
    const header = 'UserPrincipalName,Name,Mail,Display name'
    const { rows } = parseText(header, 'x@musterstadt.example,x,Anna@musterstadt.example,Anna')
    assert.deepEqual(rows, [person(2, 'Anna', { mail: 'Anna@musterstadt.example' })])
  })

  test('a missing column is named together with those found', () => {
    const file = bytes('Vorname;E-Mail\nAnna;anna@musterstadt.example')
    refused(file, /no column for the name\./, /are: Vorname, E-Mail\./, /rename.*"Display name"/)
    refused(bytes('a,b\n1,2'), /the name and no column for the mail address/, /"Mail"/)
  })

  test('a header that cannot be read is refused', () => {
    refused(bytes(`"${HEADER}\n${ANNA}`), /header line cannot be read/, /never closed/)
    refused(bytes('sep=,\n'), /no header line/)
  })
})

describe('files that are refused', () => {
  test('an empty file', () => {
    refused(new Uint8Array(0), /empty/, /Export the directory again/)
    refused(bytes('\uFEFF \r\n'), /holds no text/)
  })
  test('a header without people', () => refused(bytes(`${HEADER}\r\n\r\n,,,,,\r\n`), /no people/))
  test('an Excel workbook', () => {
    refused(new Uint8Array([0x50, 0x4b, 3, 4, 20, 0]), /Excel workbook/, /Save it as "CSV UTF-8"/)
    refused(new Uint8Array([0xd0, 0xcf, 0x11, 0xe0, 0xa1]), /Excel workbook/)
  })
  test('binary data', () => refused(bytes(`${HEADER}\n\0\0`), /not a CSV file/, /Save it as/))
  test('UTF-16 big-endian', () => refused(new Uint8Array([0xfe, 0xff, 0, 65]), /big-endian/))
  test('more than 20 MB', () => {
    refused(new Uint8Array(20 * 1024 * 1024 + 1).fill(65), /larger than 20 MB/, /split/)
  })
  test('more than 50,000 rows, of any kind', () => {
    const rows = (count: number) => bytes(`${HEADER}\n${'x\n'.repeat(count)}`)
    assert.equal(parseRoster(rows(50_000)).problems.length, 50_000)
    refused(rows(50_001), /more than 50,000 rows/, /Split/)
  })
})

describe('bad rows stop nothing else', () => {
  const cases: [string, string, RegExp][] = [
    ['an empty name', ANNA.replace('Anna', ' '), /name is empty/],
    ['a name of 121 characters', ANNA.replace('Anna', 'ä'.repeat(121)), /longer than 120/],
    ['an empty address', ANNA.replace(/anna@[^,]*/, ''), /mail address is empty/],
    ['an address without @', ANNA.replace('@', '.'), /"anna.musterstadt.example" is not a mail/],
    ['an address without a domain', ANNA.replace(/@[^,]*/, '@intern'), /not a mail address/],
    ['an address with a name', ANNA.replace(/anna@[^,]*/, 'A <$&>'), /not a mail address/],
    ['two addresses', ANNA.replace(/anna@[^,]*/, '$&; $&'), /not a mail address/],
    ['a long address', ANNA.replace('anna@', `${'a'.repeat(240)}@`), /not a mail address/],
    ['a control character', ANNA.replace('Chefin', 'Che\u0081fin'), /control characters/],
    ['a reversing character', ANNA.replace('Anna', 'An\u202Ena'), /control characters/],
    ['a line break in a name', ANNA.replace('Anna', '"An\nna"'), /control characters/],
    ['too few columns', 'Anna,anna@musterstadt.example', /2 columns and the header line has 6/],
    ['too many columns', `${ANNA},x`, /7 columns.*quotation marks/],
    ['a quotation mark within', ANNA.replace('Anna', 'An"na"'), /middle of a field/],
    ['a quotation mark never closed', ANNA.replace('Anna', '"Anna'), /never closed/],
  ]
  for (const [title, row, reason] of cases) {
    test(title, () => onlyProblem(row, 'error', reason))
  }

  test('a name of 120 characters is taken', () => {
    assert.deepEqual(parseText(HEADER, ANNA.replace('Anna', '😀'.repeat(120))).problems, [])
  })

  test('a second row of the same address names the first', () => {
    const again = ANNA.replace('anna@', 'ANNA@')
    const { rows, problems } = parseText(HEADER, BODO, ANNA, '', again)
    assert.deepEqual(names(rows), ['Bodo', 'Anna'])
    assert.deepEqual(
      problems.map(({ line }) => line),
      [5],
    )
    assert.match(problems[0]?.reason ?? '', /already in line 3\. Remove/)
  })
})

describe('stray quotation marks', () => {
  test('an unclosed one costs its own row, whatever quoting follows', () => {
    const open = ANNA.replace('Anna', '"Anna')
    const later = [BODO, '"Huber, Cora",cora@musterstadt.example,,,,"Zeile 1\nZeile 2"']
    for (const tail of [[], ['Dora,dora@musterstadt.example,"",,,']]) {
      const { rows, problems } = parseText(HEADER, open, ...later, ...tail)
      assert.deepEqual(names(rows).slice(0, 2), ['Bodo', 'Huber, Cora'])
      assert.equal(rows.length, 2 + tail.length)
      assert.deepEqual(
        problems.map(({ line }) => line),
        [2],
      )
    }
  })

  test('lines swallowed between two stray quotation marks are read again', () => {
    const { rows, problems } = parseText(
      HEADER,
      `${ANNA},"`,
      BODO,
      `",${ANNA}`,
      'C,c@d.example,,,,',
    )
    assert.deepEqual(names(rows), ['Bodo', 'C'])
    assert.deepEqual(
      problems.map(({ line }) => line),
      [2, 4],
    )
    assert.match(problems[0]?.reason ?? '', /several lines: check that every quotation mark/)
  })
})

describe('mobile numbers', () => {
  const taken = {
    '+49 (0)171 392 00-00': '+491713920000',
    '0171/3920000': '01713920000',
    '0049 171 3920000': '00491713920000',
    '(0171) 39.200–00': '01713920000',
    '+49\u00a0171 3920000': '+491713920000',
  }
  for (const [written, mobile] of Object.entries(taken)) {
    test(`${written} is read as ${mobile}`, () => {
      const { rows, problems } = parseText(HEADER, ANNA.replace('0171 3920000', written))
      assert.deepEqual(problems, [])
      assert.equal(rows[0]?.mobile, mobile)
    })
  }

  for (const written of [
    '12345',
    'siehe Zentrale',
    '4.91713E+12',
    '0171+3920000',
    '1'.repeat(18),
  ]) {
    test(`${written} is left out with a warning`, () => {
      const row = ANNA.replace('0171 3920000', written)
      onlyProblem(row, 'warning', /not a mobile number.*Write it as/)
      assert.equal(parseText(HEADER, row).rows[0]?.mobile, '')
    })
  }
})

describe('any quoted content', () => {
  const piece = fc.constantFrom('"', ',', ';', '\t', '\n', 'ä', 'ß', 'x', ' ', "'", '=', '“', '😀')
  const cell = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('').trim())
  const name = cell.map((text) => `N${text.replace(/[\n\t]/g, '')}`)
  const mobile = fc.stringMatching(/^(\+?[0-9]{6,15})?$/)
  const content = fc.record({ name, mobile, department: cell, site: cell, title: cell })
  const quote = (text: string) =>
    /["',;\t\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text

  test('is read back as it was written', () => {
    const options = [fc.constantFrom(',', ';', '\t'), fc.constantFrom('\n', '\r\n', '\r')] as const
    const contents = fc.array(content, { minLength: 1, maxLength: 20 })
    const property = fc.property(contents, ...options, (items, delimiter, eol) => {
      let line = 2
      const rows = items.map((item, index) => {
        const row = { line, ...item, mail: `p${index}@musterstadt.example` }
        line += `${item.department}${item.site}${item.title}`.split('\n').length
        return row
      })
      const written = rows.map((row) =>
        [row.name, row.mail, row.mobile, row.department, row.site, row.title].map(quote),
      )
      const lines = [HEADER.split(','), ...written].map((cells) => cells.join(delimiter))
      const roster = parseRoster(bytes(lines.join('\n').replaceAll('\n', eol)))
      assert.deepEqual(roster, { encoding: 'utf-8', delimiter, rows, problems: [] })
    })
    fc.assert(property)
  })

  test('and any bytes at all give a roster or a RosterError', () => {
    const noise = fc.array(fc.oneof(piece, fc.constant(`\n${ANNA}\n`)), { maxLength: 60 })
    const property = fc.property(noise, fc.uint8Array({ maxLength: 8 }), (pieces, tail) => {
      const file = new Uint8Array([...bytes(`${HEADER}\n${pieces.join('')}`), ...tail])
      try {
        parseRoster(file)
      } catch (error) {
        assert.ok(error instanceof RosterError)
      }
    })
    fc.assert(property)
  })

  test('10,000 rows are read', () => {
    const rows = Array.from({ length: 10_000 }, (_, index) => `N,n${index}@a.example,,,,"a, b"`)
    const roster = parseText(HEADER, ...rows)
    assert.equal(roster.rows.length, 10_000)
    assert.equal(roster.rows.at(-1)?.line, 10_001)
  })
})

describe('comparing a new import', () => {
  const existing = (row: RosterRow) => {
    const { line: _, ...rest } = row
    return { key: rosterKey(row), row: rest }
  }

  test('tells new, changed, unchanged and missing people apart', () => {
    const before = [person(2, 'Anna'), person(3, 'Bodo'), person(4, 'Cora')].map(existing)
    const bodo = person(8, 'Bodo', { mail: 'BODO@musterstadt.example', site: 'Nord' })
    const [anna, dora] = [person(9, 'Anna'), person(10, 'Dora')]
    assert.deepEqual(compareRoster(before, [bodo, anna, dora]), {
      fresh: [dora],
      changed: [{ row: bodo, fields: ['mail', 'site'] }],
      same: [anna],
      gone: ['cora@musterstadt.example'],
    })
  })

  test('a column that is missing, or a number that nobody can read, takes nothing away', () => {
    const anna = person(2, 'Anna', { mobile: '01713920000', department: 'Netz' })
    const known = [{ key: rosterKey(anna), row: anna }]
    assert.equal(compareRoster(known, [person(2, 'Anna')]).changed.length, 0)
    const moved = person(2, 'Anna', { department: 'Leitstelle' })
    assert.deepEqual(compareRoster(known, [moved]).changed[0]?.fields, ['department'])
  })

  test('finds an import of the same file unchanged', () => {
    const { rows } = example('roster.csv')
    const comparison = compareRoster(rows.map(existing), example('roster-windows-1252.csv').rows)
    assert.deepEqual(comparison, { fresh: [], changed: [], same: rows, gone: [] })
  })
})

test('a data file that is read as one header is told of by its beginning', () => {
  const headers = Array.from({ length: 500 }, (_, i) => `unknown ${i}`)
  assert.throws(
    () => matchColumns(headers),
    (error: Error) => error.message.includes('…') && error.message.length < 600,
  )
})

test('what is wrong has a code and its values, for screens in other languages', () => {
  const { problems } = parseText(HEADER, ANNA, ANNA, 'Bodo,bodo,,,,')
  assert.deepEqual(
    problems.map(({ code, values }) => ({ code, values })),
    [
      { code: 'mailTwice', values: { mail: 'anna@musterstadt.example', first: 2 } },
      { code: 'mailWrong', values: { mail: 'bodo' } },
    ],
  )
  assert.throws(
    () => parseText('Abteilung,Mail', 'Netz,a@musterstadt.example'),
    (error) =>
      error instanceof RosterError &&
      error.code === 'noColumn' &&
      error.values['missing'] === 'name' &&
      error.values['found'] === 'Abteilung, Mail',
  )
})
