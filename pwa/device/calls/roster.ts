// A roster: what is in the file, how it differs from the directory, and cards and changes in batches. Parsing it
// is loaded when somebody has a file.
import { keepCheckpoint } from '../../../client/checkpoint.ts'
import type { Core } from '../../../client/core.ts'
import { changeAll, inviteAll } from '../../../client/people.ts'
import { pull } from '../../../client/pull.ts'
import { refusalOf } from '../../../client/refusal.ts'
import type { FileReason, Reason } from '../../../client/roster-reasons.ts'
import type {
  compareRoster,
  Roster,
  RosterChange,
  RosterField,
  RosterProblem,
  RosterRow,
} from '../../../client/roster.ts'
import { people as everybody, type PersonView, profileOf } from '../../../client/views.ts'
import { equal } from '../../../protocol/bytes.ts'
import { ensure } from '../../../protocol/errors.ts'
import { idText, type LogId, parseId, type PersonId } from '../../../protocol/ids.ts'
import { ROLE, type RoleName, roleName } from '../../../protocol/kinds.ts'
import type { Profile } from '../../../protocol/profile.ts'
import { takeIn, wholeAudiences } from '../audiences.ts'
import type { Device } from '../device.ts'
import { type Card, cardOf } from './people.ts'

export type RosterFieldChange = { field: RosterField; before: string; after: string }
export type RosterPerson = {
  person: string
  name: string
  mail: string
  role: RoleName
  /** Oneself or the last owner, whom nobody removes here. */
  stays: boolean
}
export type RosterPlan = Pick<Roster, 'encoding' | 'delimiter'> & {
  problems: RosterProblem[]
  fresh: RosterRow[]
  changed: { person: string; row: RosterRow; fields: RosterFieldChange[] }[]
  same: RosterRow[]
  gone: RosterPerson[]
  /** People without a mail address: the file says nothing about them. */
  unlisted: number
  /** Audiences that hold everybody, which those who are new shall join. */
  audiences: string[]
}
type NotRead = { refused: Reason<FileReason> }

const mailOf = ({ profile }: Pick<PersonView, 'profile'>): string => profile.mail.toLowerCase()

/** Reads the file and holds it against the directory. Changes nothing. */
export async function readRoster(
  { core }: Device,
  { file }: { file: Blob },
): Promise<RosterPlan | NotRead> {
  const parser = await import('../../../client/roster.ts')
  const { MAX_ROSTER_BYTES, parseRoster, RosterError } = parser
  try {
    // Before it is read: a film that somebody drops here must not fill the memory of a phone.
    if (file.size > MAX_ROSTER_BYTES) throw new RosterError('tooLarge')
    const roster = parseRoster(new Uint8Array(await file.arrayBuffer()))
    return await core.run(async () => planFor(core, roster, parser.compareRoster))
  } catch (error) {
    if (!(error instanceof RosterError)) throw error
    return { refused: { code: error.code, values: error.values } }
  }
}

function planFor(
  core: Core,
  { encoding, delimiter, problems, rows }: Roster,
  compare: typeof compareRoster,
): RosterPlan {
  const all = everybody(core.replica)
  const listed = all.filter((view) => mailOf(view) !== '')
  const byMail = new Map(listed.map((view) => [mailOf(view), view]))
  const existing = [...byMail].map(([key, view]) => ({ key, row: view.profile }))
  const { fresh, changed, same, gone } = compare(existing, rows)
  return {
    encoding,
    delimiter,
    problems,
    fresh,
    changed: changed.map((change) => changeOf(change, byMail)),
    same,
    gone: gone.flatMap((key) => byMail.get(key) ?? []).map((view) => goneOf(core, view)),
    unlisted: all.length - listed.length,
    audiences: wholeAudiences(core).map(idText),
  }
}

function goneOf({ replica }: Core, { person, name, profile, role }: PersonView): RosterPerson {
  const lastOwner = role === ROLE.owner && !replica.directory.hasOtherOwner(person)
  const stays = lastOwner || equal(person, replica.identity.person)
  return { person: idText(person), name, mail: profile.mail, role: roleName(role), stays }
}

function changeOf(
  { row, fields }: RosterChange,
  byMail: Map<string, PersonView>,
): RosterPlan['changed'][number] {
  const view = byMail.get(row.mail.toLowerCase())
  ensure(view !== undefined, 'person_unknown')
  const before = (field: RosterField): string => view.profile[field]
  return {
    person: idText(view.person),
    row,
    fields: fields.map((field) => ({ field, before: before(field), after: row[field] })),
  }
}

const profileOfRow = ({ name, mail, mobile, department, site, title }: RosterRow): Profile => ({
  name,
  mail,
  mobile,
  department,
  site,
  title,
})

type Batch = { rows: RosterRow[]; role: RoleName; audiences: string[] }
export type MadeCards = {
  cards: Card[]
  /** Rows of people who have a device by now: they need no card. */
  there: number
  /** The audiences have not taken them in yet, for that reason; the next batch tries again. */
  notJoined: string | null
}

/**
 * Cards for some rows, at most 128. Whoever is in the directory already and has no device gets a card too: an
 * earlier batch whose answer was lost may have made the person, and its card is known to nobody.
 */
export async function makeCards(
  { core }: Device,
  { rows, role, audiences }: Batch,
): Promise<MadeCards> {
  return core.run(async () => {
    await pull(core)
    const known = new Map(everybody(core.replica).map((view) => [mailOf(view), view]))
    const wanted = rows.filter((row) => !known.get(row.mail.toLowerCase())?.devices.length)
    const made = await inviteAll(
      core,
      wanted.map((row) => {
        const before = known.get(row.mail.toLowerCase())
        return before === undefined
          ? { profile: profileOfRow(row), role: ROLE[role] }
          : { person: before.person }
      }),
    )
    const cards = made.map((one, i) => cardOf(core, one, wanted[i]?.name ?? ''))
    const there = rows.length - wanted.length
    return { cards, there, notJoined: await joined(core, audiences) }
  })
}

/** What has been made must come back, whatever comes after it. */
async function joined(core: Core, audiences: string[]): Promise<string | null> {
  try {
    // Whoever joins with one of these cards begins here.
    await keepCheckpoint(core)
    await takeIn(
      core,
      audiences.map((id) => parseId<LogId>(id)),
    )
    return null
  } catch (error) {
    return refusalOf(error).code
  }
}

/** An empty field of the file takes nothing away. */
function merged(before: Profile, row: RosterRow): Profile {
  const said = Object.entries(profileOfRow(row)).filter(([, value]) => value !== '')
  return { ...before, ...Object.fromEntries(said) }
}

/** Other data for some people, at most 256; the role stays. Proposals where it takes two. */
export async function changeData(
  { core }: Device,
  { changes }: { changes: { person: string; row: RosterRow }[] },
): Promise<{ name: string; proposal: string }[]> {
  return core.run(async () => {
    const made = await changeAll(
      core,
      changes.map(({ person: text, row }) => {
        const person = parseId<PersonId>(text)
        const role = core.replica.directory.roleNow(person)
        ensure(role !== null, 'person_inactive')
        return { person, role, profile: merged(profileOf(core.replica, person), row) }
      }),
    )
    return made.flatMap((proposal, i) =>
      proposal === null ? [] : [{ name: changes[i]?.row.name ?? '', proposal }],
    )
  })
}
