import { parse } from 'csv-parse/browser/esm/sync'
import { type Reason, RosterError, type RowReason } from './roster-reasons.ts'

export type RosterEncoding = 'utf-8' | 'windows-1252' | 'utf-16le'
export type RosterDelimiter = ',' | ';' | '\t'

// 50,000 rows of 400 bytes each, over three times the width of a usual export row.
export const MAX_ROSTER_BYTES = 20 * 1024 * 1024

function startsWith(bytes: Uint8Array, ...signature: number[]): boolean {
  return signature.every((byte, index) => bytes[index] === byte)
}

function refuseOtherFormats(bytes: Uint8Array): void {
  if (bytes.length === 0) {
    throw new RosterError('empty')
  }
  if (bytes.length > MAX_ROSTER_BYTES) {
    throw new RosterError('tooLarge')
  }
  // An .xlsx is a ZIP archive ('PK'); an .xls is an OLE compound file.
  if (startsWith(bytes, 0x50, 0x4b, 3, 4) || startsWith(bytes, 0xd0, 0xcf, 0x11, 0xe0)) {
    throw new RosterError('workbook')
  }
  if (startsWith(bytes, 0xfe, 0xff)) {
    throw new RosterError('bigEndian')
  }
}

function decode(bytes: Uint8Array): { encoding: RosterEncoding; text: string } {
  const as = (encoding: RosterEncoding, fatal: boolean) => ({
    encoding,
    text: new TextDecoder(encoding, { fatal }).decode(bytes),
  })
  if (startsWith(bytes, 0xef, 0xbb, 0xbf)) return as('utf-8', false)
  if (startsWith(bytes, 0xff, 0xfe)) return as('utf-16le', false)
  try {
    return as('utf-8', true)
  } catch {
    return as('windows-1252', false)
  }
}

export function readText(bytes: Uint8Array): { encoding: RosterEncoding; lines: string[] } {
  refuseOtherFormats(bytes)
  const { encoding, text } = decode(bytes)
  if (text.includes('\0')) {
    throw new RosterError('binary')
  }
  if (text.trim() === '') {
    throw new RosterError('noText')
  }
  return { encoding, lines: text.replace(/\r\n?/g, '\n').split('\n') }
}

// Excel writes a "sep=;" line and PowerShell a "#TYPE" line above the header.
const PREAMBLE = /^(?:sep=.|#TYPE .*|\s*)$/i

export function headerLine(lines: string[]): number {
  const index = lines.findIndex((line) => !PREAMBLE.test(line))
  if (index === -1) {
    throw new RosterError('noHeader')
  }
  return index
}

export function detectDelimiter(header: string): RosterDelimiter {
  const bare = header.replace(/"[^"]*"/g, '')
  const count = (delimiter: RosterDelimiter) => bare.split(delimiter).length
  const byCount = ([',', ';', '\t'] as const).toSorted((a, b) => count(b) - count(a))
  return byCount[0] ?? ','
}

function hasOddQuotes(line: string): boolean {
  let odd = false
  for (let at = line.indexOf('"'); at !== -1; at = line.indexOf('"', at + 1)) odd = !odd
  return odd
}

function recordEnd(lines: string[], start: number): number | undefined {
  let open = false
  for (let at = start; at < lines.length; at++) {
    if (hasOddQuotes(lines[at] ?? '')) open = !open
    if (!open) return at + 1
  }
  return undefined
}

export type RosterRecord = { end: number; cells: string[] } | { broken: Reason<RowReason> }

// Each record is parsed alone, so that a stray quotation mark costs one row and not the rest.
export function readRecord(
  lines: string[],
  start: number,
  delimiter: RosterDelimiter,
): RosterRecord {
  const end = recordEnd(lines, start)
  if (end === undefined) return { broken: { code: 'quoteOpen', values: {} } }
  const source = lines.slice(start, end).join('\n')
  try {
    const options = { delimiter, record_delimiter: '\n', trim: true }
    const records = parse(source, options)
    return { end, cells: (records[0] ?? []).map((cell) => cell.trim().normalize('NFC')) }
  } catch {
    return { broken: { code: end > start + 1 ? 'quoteOpen' : 'quoteStray', values: {} } }
  }
}
