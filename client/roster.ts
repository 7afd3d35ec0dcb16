import { FIELDS, matchColumns } from './roster-columns.ts'
import type { RosterColumns, RosterField } from './roster-columns.ts'
import {
  detectDelimiter,
  headerLine,
  MAX_ROSTER_BYTES,
  readRecord,
  readText,
} from './roster-file.ts'
import type { RosterDelimiter, RosterEncoding } from './roster-file.ts'
import { checkRow, problemAt, wrongColumns } from './roster-check.ts'
import type { RosterProblem, RosterRow } from './roster-check.ts'
import { type Reason, RosterError, type RowReason } from './roster-reasons.ts'

export { MAX_ROSTER_BYTES, RosterError }
export type { RosterDelimiter, RosterEncoding, RosterField, RosterProblem, RosterRow }

export type Roster = {
  encoding: RosterEncoding
  delimiter: RosterDelimiter
  rows: RosterRow[]
  problems: RosterProblem[]
}

// The import runs in a browser tab; a larger organisation imports site by site.
const MAX_ROWS = 50_000
/** Of separators and blanks alone. */
const EMPTY = /^[\s,;]*$/

type Layout = { delimiter: RosterDelimiter; width: number; columns: RosterColumns; first: number }

function readHeader(lines: string[]): Layout {
  const start = headerLine(lines)
  const delimiter = detectDelimiter(lines[start] ?? '')
  const header = readRecord(lines, start, delimiter)
  if ('broken' in header)
    throw new RosterError(
      header.broken.code === 'quoteOpen' ? 'headerQuoteOpen' : 'headerQuoteStray',
    )
  const columns = matchColumns(header.cells)
  return { delimiter, width: header.cells.length, columns, first: header.end }
}

type Found = { line: number; cells: string[] } | { line: number; broken: Reason<RowReason> }

// A row that cannot be read gives up only its first line: the lines it swallowed are read again.
function* records(lines: string[], layout: Layout): Generator<Found> {
  let at = layout.first
  while (at < lines.length) {
    const line = at + 1
    // Spreadsheets export rows by the hundred thousand that hold nothing.
    if (EMPTY.test(lines[at] ?? '')) {
      at += 1
      continue
    }
    const record = readRecord(lines, at, layout.delimiter)
    if ('broken' in record) {
      at += 1
      yield { line, broken: record.broken }
      continue
    }
    const { end, cells } = record
    const fits = cells.length === layout.width
    at = fits ? end : line
    if (cells.every((cell) => cell === '')) continue
    if (fits) yield { line, cells }
    else yield { line, broken: wrongColumns(cells.length, layout.width, end > line) }
  }
}

function pick(found: { line: number; cells: string[] }, columns: RosterColumns): RosterRow {
  const cell = (field: RosterField) => found.cells[columns[field] ?? -1] ?? ''
  return {
    line: found.line,
    name: cell('name'),
    mail: cell('mail'),
    mobile: cell('mobile'),
    department: cell('department'),
    site: cell('site'),
    title: cell('title'),
  }
}

export function parseRoster(bytes: Uint8Array): Roster {
  const { encoding, lines } = readText(bytes)
  const layout = readHeader(lines)
  const roster: Roster = { encoding, delimiter: layout.delimiter, rows: [], problems: [] }
  const firstLines = new Map<string, number>()
  let count = 0
  for (const found of records(lines, layout)) {
    count += 1
    if (count > MAX_ROWS) {
      throw new RosterError('tooManyRows')
    }
    if ('broken' in found) {
      roster.problems.push(problemAt(found.line, 'error', found.broken))
      continue
    }
    const { row, problems } = checkRow(pick(found, layout.columns), firstLines)
    roster.problems.push(...problems)
    if (problems.some(({ severity }) => severity === 'error')) continue
    firstLines.set(rosterKey(row), row.line)
    roster.rows.push(row)
  }
  if (count === 0) {
    throw new RosterError('noPeople')
  }
  return roster
}

export function rosterKey(row: Pick<RosterRow, 'mail'>): string {
  return row.mail.toLowerCase()
}

export type ExistingRow = { key: string; row: Omit<RosterRow, 'line'> }
export type RosterChange = { row: RosterRow; fields: RosterField[] }
export type RosterComparison = {
  fresh: RosterRow[]
  changed: RosterChange[]
  same: RosterRow[]
  gone: string[]
}

export function compareRoster(existing: ExistingRow[], rows: RosterRow[]): RosterComparison {
  const known = new Map(existing.map(({ key, row }) => [key, row]))
  const result: RosterComparison = { fresh: [], changed: [], same: [], gone: [] }
  for (const row of rows) {
    const before = known.get(rosterKey(row))
    // What the file does not say, or says so that nobody can read it, takes nothing away: numbers to call least.
    const fields = FIELDS.filter((field) => row[field] !== '' && before?.[field] !== row[field])
    if (before === undefined) result.fresh.push(row)
    else if (fields.length > 0) result.changed.push({ row, fields })
    else result.same.push(row)
  }
  const present = new Set(rows.map(rosterKey))
  result.gone = existing.map(({ key }) => key).filter((key) => !present.has(key))
  return result
}
