import type { RosterField } from './roster-columns.ts'
import { type Reason, rowReason, type RowReason } from './roster-reasons.ts'

export type RosterRow = { line: number } & Record<RosterField, string>
export type RosterProblem = Reason<RowReason> & {
  line: number
  severity: 'error' | 'warning'
  reason: string
}

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

type Why = Reason<RowReason>
const why = (code: RowReason, values: Why['values'] = {}): Why => ({ code, values })

export function problemAt(
  line: number,
  severity: RosterProblem['severity'],
  cause: Why,
): RosterProblem {
  return { line, severity, ...cause, reason: rowReason(cause) }
}

export function wrongColumns(found: number, expected: number, severalLines: boolean): Why {
  return why(severalLines ? 'columnsLines' : 'columns', { found, expected })
}

function nameErrors(name: string): Why[] {
  if (name === '') return [why('nameEmpty')]
  return Array.from(name).length <= MAX_NAME ? [] : [why('nameLong', { max: MAX_NAME })]
}

function mailErrors(mail: string, firstLine: number | undefined): Why[] {
  if (mail === '') return [why('mailEmpty')]
  if (mail.length > MAX_MAIL || !MAIL.test(mail))
    return [why('mailWrong', { mail: mail.slice(0, MAX_MAIL) })]
  return firstLine === undefined ? [] : [why('mailTwice', { mail, first: firstLine })]
}

function controlErrors(row: RosterRow): Why[] {
  const strict = CONTROL.test(row.name) || CONTROL.test(row.mail)
  const rest = `${row.mobile}${row.department}${row.site}${row.title}`
  return strict || CONTROL_IN_TEXT.test(rest) ? [why('control')] : []
}

function mangledWarnings(row: RosterRow): Why[] {
  const text = `${row.name} ${row.mail} ${row.department} ${row.site} ${row.title}`
  return text.includes('\uFFFD') || MOJIBAKE.test(text) ? [why('mangled')] : []
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
    warnings.push(why('mobileWrong', { mobile: row.mobile.slice(0, 40) }))
  }
  const problems = [
    ...errors.map((cause) => problemAt(row.line, 'error', cause)),
    ...warnings.map((cause) => problemAt(row.line, 'warning', cause)),
  ]
  return { row: { ...row, mobile: mobile ?? '' }, problems }
}
