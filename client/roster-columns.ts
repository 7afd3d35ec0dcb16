import { RosterError } from './roster-reasons.ts'

export const FIELDS = ['name', 'mail', 'mobile', 'department', 'site', 'title'] as const
export type RosterField = (typeof FIELDS)[number]
export type RosterColumns = Partial<Record<RosterField, number>>

// In order of preference: an export may hold both a display name and a plain name, or both a
// mail address and a sign-in name.
const SYNONYMS: Record<RosterField, string> = {
  name: 'displayname anzeigename nomcomplet nomaffiche fullname name nom cn',
  mail:
    'mail email emailaddress mailaddress emailadresse mailadresse primarysmtpaddress courriel ' +
    'adressemail adresseemail adressedemessagerie userprincipalname benutzerprinzipalname upn',
  mobile:
    'mobile mobilephone mobilephonenumber mobilenumber cellphone mobil mobiltelefon mobilnummer ' +
    'mobiltelefonnummer handy handynummer telephonemobile telmobile telephoneportable portable',
  department: 'department abteilung bereich service departement',
  site: 'site office officelocation physicaldeliveryofficename location standort buro bureau lieu',
  title: 'title jobtitle titel funktion position fonction titre poste',
}

const REQUIRED = ['name', 'mail'] as const

// A whole data file read as one header would otherwise fill the screen.
const MAX_LISTED = 300

function plain(header: string): string {
  return header
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}]/gu, '')
}

function listed(headers: string[]): string {
  const list = headers.filter((header) => header !== '').join(', ')
  return list.length > MAX_LISTED ? `${list.slice(0, MAX_LISTED)}…` : list
}

export function matchColumns(headers: string[]): RosterColumns {
  const plainHeaders = headers.map(plain)
  const columns: RosterColumns = {}
  for (const field of FIELDS) {
    const synonym = SYNONYMS[field].split(' ').find((candidate) => plainHeaders.includes(candidate))
    if (synonym !== undefined) columns[field] = plainHeaders.indexOf(synonym)
  }
  const missing = REQUIRED.filter((field) => columns[field] === undefined)
  const [first] = missing
  if (first !== undefined) {
    const found = listed(headers)
    throw new RosterError('noColumn', { missing: missing.length > 1 ? 'both' : first, found })
  }
  return columns
}
