// Rosters as organisations export them, and as no program would.
import { readFileSync } from 'node:fs'
import { compareRoster, parseRoster, RosterError, rosterKey } from '../../../client/roster.ts'
import { must, type Target } from '../../../scripts/fuzz/target.ts'
import { utf8 } from '../../../protocol/bytes.ts'

const examples = new URL('../../../provisioning/examples/', import.meta.url)
const CONTROL = /[\p{Cc}\u202A-\u202E\u2066-\u2069]/u

function judge(input: Uint8Array): void {
  try {
    const { rows, problems } = parseRoster(input)
    const keys = new Set(rows.map(rosterKey))
    must(keys.size === rows.length, 'one row for each address')
    for (const row of rows) {
      must(row.name !== '' && row.mail.includes('@'), 'a row has a name and an address')
      must(!CONTROL.test(row.name + row.mail), 'no steering marks in a name')
      must(/^\+?\d*$/.test(row.mobile), 'a number is digits')
      must(Number.isSafeInteger(row.line) && row.line >= 1, 'a row has a line')
    }
    for (const { reason, line } of problems) must(reason !== '' && line >= 1, 'a problem is told')
    const known = rows.map((row) => ({ key: rosterKey(row), row }))
    const { fresh, changed, gone } = compareRoster(known, rows)
    must(fresh.length + changed.length + gone.length === 0, 'the same roster again changes nothing')
  } catch (error) {
    if (!(error instanceof RosterError)) throw error
  }
}

const small = [
  'name,mail\nAnna Beispiel,anna@musterstadt.example\n',
  'Anzeigename;E-Mail-Adresse;Mobil;Abteilung\n"Beispiel; Anna";anna@musterstadt.example;+49 (0)170 1234567;Netz\n',
  'sep=;\n#TYPE X\nname;mail;title\n"a ""b"" c";a@b.example;"zwei\nZeilen"\n',
  '\ufeffname\tmail\nÄnne\ta@b.example\n',
  'name,mail\n"offen,a@b.example\nB,b@b.example\n',
  'name,mail\nA,\nB,b@b.example,zu viel\n,,\n',
  'name,mail\nA,b@b.example\nB,c@b.example\n',
]

/** In the two bytes a character that spreadsheets like. */
function utf16(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(`\ufeff${text}`, 'utf16le'))
}

export const roster: Target = {
  name: 'roster',
  about: 'parseRoster: any file that somebody takes for a CSV',
  sources: [
    'client/roster.ts',
    'client/roster-file.ts',
    'client/roster-check.ts',
    'client/roster-columns.ts',
    'client/roster-reasons.ts',
  ],
  longest: 6000,
  batch: 100,
  runs: 600,
  open() {
    const files = ['roster.csv', 'roster-windows-1252.csv'].map(
      (name) => new Uint8Array(readFileSync(new URL(name, examples))),
    )
    return {
      samples: [...files, ...small.map(utf8), ...small.map(utf16), Uint8Array.of(0x50, 0x4b, 3, 4)],
      run: judge,
    }
  },
}
