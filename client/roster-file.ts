import { parse } from 'csv-parse/browser/esm/sync'

export type RosterEncoding = 'utf-8' | 'windows-1252' | 'utf-16le'
export type RosterDelimiter = ',' | ';' | '\t'

export class RosterError extends Error {
  override name = 'RosterError'
}

// 50,000 rows of 400 bytes each, over three times the width of a usual export row.
const MAX_BYTES = 20 * 1024 * 1024

const SAVE_AS_CSV = 'Save it as "CSV UTF-8" and import that file.'

function startsWith(bytes: Uint8Array, ...signature: number[]): boolean {
  return signature.every((byte, index) => bytes[index] === byte)
}

function refuseOtherFormats(bytes: Uint8Array): void {
  if (bytes.length === 0) {
    throw new RosterError('The file is empty. Export the directory again and import that file.')
  }
  if (bytes.length > MAX_BYTES) {
    throw new RosterError(
      'The file is larger than 20 MB. Export only the columns that are needed, or split the ' +
        'export by site, and import each part.',
    )
  }
  // An .xlsx is a ZIP archive ('PK'); an .xls is an OLE compound file.
  if (startsWith(bytes, 0x50, 0x4b, 3, 4) || startsWith(bytes, 0xd0, 0xcf, 0x11, 0xe0)) {
    throw new RosterError(`This is an Excel workbook, not a CSV file. ${SAVE_AS_CSV}`)
  }
  if (startsWith(bytes, 0xfe, 0xff)) {
    throw new RosterError(`The file is in UTF-16 big-endian, which is not read. ${SAVE_AS_CSV}`)
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
    throw new RosterError(
      `This is not a CSV file, or its encoding is unknown: it holds binary data. ${SAVE_AS_CSV}`,
    )
  }
  if (text.trim() === '') {
    throw new RosterError(
      'The file holds no text. Export the directory again and import that file.',
    )
  }
  return { encoding, lines: text.replace(/\r\n?/g, '\n').split('\n') }
}

// Excel writes a "sep=;" line and PowerShell a "#TYPE" line above the header.
const PREAMBLE = /^(?:sep=.|#TYPE .*|\s*)$/i

export function headerLine(lines: string[]): number {
  const index = lines.findIndex((line) => !PREAMBLE.test(line))
  if (index === -1) {
    throw new RosterError(
      'The file has no header line. Export the directory again with a header line, and import ' +
        'that file.',
    )
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

const NEVER_CLOSED =
  'A quotation mark is opened in this row and never closed. Close it or remove it, and import ' +
  'the file again.'
const STRAY_QUOTE =
  'A quotation mark stands in the middle of a field. Put the whole field in quotation marks and ' +
  'double the mark inside it.'

export type RosterRecord = { end: number; cells: string[] } | { broken: string }

// Each record is parsed alone, so that a stray quotation mark costs one row and not the rest.
export function readRecord(
  lines: string[],
  start: number,
  delimiter: RosterDelimiter,
): RosterRecord {
  const end = recordEnd(lines, start)
  if (end === undefined) return { broken: NEVER_CLOSED }
  const source = lines.slice(start, end).join('\n')
  try {
    const options = { delimiter, record_delimiter: '\n', trim: true }
    const records = parse(source, options)
    return { end, cells: (records[0] ?? []).map((cell) => cell.trim().normalize('NFC')) }
  } catch {
    return { broken: end > start + 1 ? NEVER_CLOSED : STRAY_QUOTE }
  }
}
