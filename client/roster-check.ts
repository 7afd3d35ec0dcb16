import type { RosterField } from './roster-columns.ts'

export type RosterRow = { line: number } & Record<RosterField, string>
export type RosterProblem = { line: number; severity: 'error' | 'warning'; reason: string }

// What still fits the name line of a printed enrolment card.
const MAX_NAME = 120
// RFC 5321, section 4.5.3.1.3: a path of 256 octets, less its two angle brackets.
const MAX_MAIL = 254
const MIN_DIGITS = 6
// ITU-T E.164 allows 15 digits; "00" may stand before them.
const MAX_DIGITS = 17

const LABEL = '[^\\s@.<>()\\[\\],;:"\\\\]+'
const MAIL = new RegExp(`^${LABEL}(?:\\.${LABEL})*@${LABEL}(?:\\.${LABEL})+$`)

// Bidirectional controls count as well: they make a name read as somebody else's.
const CONTROL = /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u
// Exported addresses and titles do hold tabs and line breaks inside a quoted field.
const CONTROL_IN_TEXT = /(?![\n\t])[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u

// UTF-8 bytes C2-C5 (Latin letters) or E2 80 (quotes, dashes) once read as Windows-1252.
const MOJIBAKE = /[ÂÃÄÅ][\u0080-\u00BF€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€/

export function wrongColumns(found: number, expected: number, severalLines: boolean): string {
  const remedy = severalLines
    ? 'It runs over several lines: check that every quotation mark in it is closed.'
    : 'Put a field that holds the separator in quotation marks, or add the missing separators.'
  return `This row has ${found} columns and the header line has ${expected}. ${remedy}`
}

function nameErrors(name: string): string[] {
  if (name === '') return ['The name is empty. Enter the name of this person.']
  if (Array.from(name).length <= MAX_NAME) return []
  return [`The name is longer than ${MAX_NAME} characters. Shorten it.`]
}

function mailErrors(mail: string, firstLine: number | undefined): string[] {
  if (mail === '') return ['The mail address is empty. Enter the mail address of this person.']
  if (mail.length > MAX_MAIL || !MAIL.test(mail)) {
    return [`"${mail.slice(0, MAX_MAIL)}" is not a mail address. Correct it to name@domain.`]
  }
  if (firstLine === undefined) return []
  return [
    `The mail address ${mail} stands already in line ${firstLine}. Remove one of the two rows, ` +
      'or correct its address.',
  ]
}

function controlErrors(row: RosterRow): string[] {
  const strict = CONTROL.test(row.name) || CONTROL.test(row.mail)
  const rest = `${row.mobile}${row.department}${row.site}${row.title}`
  if (!strict && !CONTROL_IN_TEXT.test(rest)) return []
  return [
    'This row holds control characters, often the sign of a wrong encoding. Remove them, or save ' +
      'the file as "CSV UTF-8".',
  ]
}

function mangledWarnings(row: RosterRow): string[] {
  const text = `${row.name} ${row.mail} ${row.department} ${row.site} ${row.title}`
  if (!text.includes('\uFFFD') && !MOJIBAKE.test(text)) return []
  return [
    'Letters in this row were damaged by a wrong encoding before the export. Correct the ' +
      'spelling, or export again as "CSV UTF-8".',
  ]
}

// "+49 (0)170" is written often, and its 0 is dialled only without the country code.
function normaliseMobile(mobile: string): string | undefined {
  const digits = mobile.replace(/^(\+[^(]*)\(0\)/, '$1').replace(/\D/g, '')
  const written = /^\+?[\d\s()./\-–]*$/.test(mobile)
  if (!written || digits.length < MIN_DIGITS || digits.length > MAX_DIGITS) return undefined
  return mobile.startsWith('+') ? `+${digits}` : digits
}

export function checkRow(
  row: RosterRow,
  firstLines: ReadonlyMap<string, number>,
): { row: RosterRow; problems: RosterProblem[] } {
  const errors = controlErrors(row)
  if (errors.length === 0) {
    errors.push(...nameErrors(row.name))
    errors.push(...mailErrors(row.mail, firstLines.get(row.mail.toLowerCase())))
  }
  const warnings = mangledWarnings(row)
  const mobile = row.mobile === '' ? '' : normaliseMobile(row.mobile)
  if (mobile === undefined) {
    warnings.push(
      `"${row.mobile.slice(0, 40)}" is not a mobile number, and the row is imported without it. ` +
        'Write it as +49 170 followed by the number.',
    )
  }
  const problem = (severity: 'error' | 'warning') => (reason: string) => {
    return { line: row.line, severity, reason }
  }
  const problems = [...errors.map(problem('error')), ...warnings.map(problem('warning'))]
  return { row: { ...row, mobile: mobile ?? '' }, problems }
}
