// What can be wrong with a roster and what to do about it: by code, so that screens say it in their language.

type Values = Record<string, string | number>
/** One sentence of what is wrong and one of what to do. Why a row is refused, or warned of. */
const ROWS = {
  nameEmpty: () => 'The name is empty. Enter the name of this person.',
  nameLong: ({ max }: Values) => `The name is longer than ${max} characters. Shorten it.`,
  mailEmpty: () => 'The mail address is empty. Enter the mail address of this person.',
  mailWrong: ({ mail }: Values) => `"${mail}" is not a mail address. Correct it to name@domain.`,
  mailTwice: ({ mail, first }: Values) =>
    `The mail address ${mail} stands already in line ${first}. Remove one of the two rows, or ` +
    'correct its address.',
  control: () =>
    'This row holds control characters, often the sign of a wrong encoding. Remove them, or save ' +
    'the file as "CSV UTF-8".',
  mangled: () =>
    'Letters in this row were damaged by a wrong encoding before the export. Correct the ' +
    'spelling, or export again as "CSV UTF-8".',
  mobileWrong: ({ mobile }: Values) =>
    `"${mobile}" is not a mobile number, and the row is imported without it. ` +
    'Write it as +49 170 followed by the number.',
  columns: ({ found, expected }: Values) =>
    `This row has ${found} columns and the header line has ${expected}. ` +
    'Put a field that holds the separator in quotation marks, or add the missing separators.',
  columnsLines: ({ found, expected }: Values) =>
    `This row has ${found} columns and the header line has ${expected}. ` +
    'It runs over several lines: check that every quotation mark in it is closed.',
  quoteOpen: () =>
    'A quotation mark is opened in this row and never closed. Close it or remove it, and import ' +
    'the file again.',
  quoteStray: () =>
    'A quotation mark stands in the middle of a field. Put the whole field in quotation marks and ' +
    'double the mark inside it.',
}

const SAVE_AS_CSV = 'Save it as "CSV UTF-8" and import that file.'
/** Why a whole file is refused. */
const FILES = {
  empty: () => 'The file is empty. Export the directory again and import that file.',
  tooLarge: () =>
    'The file is larger than 20 MB. Export only the columns that are needed, or split the export ' +
    'by site, and import each part.',
  workbook: () => `This is an Excel workbook, not a CSV file. ${SAVE_AS_CSV}`,
  bigEndian: () => `The file is in UTF-16 big-endian, which is not read. ${SAVE_AS_CSV}`,
  binary: () =>
    `This is not a CSV file, or its encoding is unknown: it holds binary data. ${SAVE_AS_CSV}`,
  noText: () => 'The file holds no text. Export the directory again and import that file.',
  noHeader: () =>
    'The file has no header line. Export the directory again with a header line, and import that ' +
    'file.',
  headerQuoteOpen: () => `The header line cannot be read. ${ROWS.quoteOpen()}`,
  headerQuoteStray: () => `The header line cannot be read. ${ROWS.quoteStray()}`,
  noColumn: ({ missing, found }: Values) =>
    `The file has no column for ${WORDS[missing as Missing][0]}. The columns found are: ${found}. ` +
    `Add or rename the column to ${WORDS[missing as Missing][1]} and import the file again.`,
  noPeople: () =>
    'The file has a header line and no people below it. Export the directory again and import ' +
    'that file.',
  tooManyRows: () =>
    'The file has more than 50,000 rows. Split the export by site and import each part.',
}

const WORDS = {
  name: ['the name', '"Display name"'],
  mail: ['the mail address', '"Mail"'],
  both: ['the name and no column for the mail address', '"Display name" and "Mail"'],
} as const
type Missing = keyof typeof WORDS

export type RowReason = keyof typeof ROWS
export type FileReason = keyof typeof FILES
export type Reason<C> = { code: C; values: Values }

/** As the command line says it. */
export const rowReason = ({ code, values }: Reason<RowReason>): string => ROWS[code](values)

/** The whole file is refused. `message` is English; screens say it by `code` and `values`. */
export class RosterError extends Error {
  override name = 'RosterError'
  readonly code: FileReason
  readonly values: Values

  constructor(code: FileReason, values: Values = {}) {
    super(FILES[code](values))
    this.code = code
    this.values = values
  }
}
