// Cards for a roster. The first import invites everybody; later ones show the difference and change
// nothing without --apply.
import { readFile } from 'node:fs/promises'
import { keepCheckpoint } from '../client/checkpoint.ts'
import type { Core } from '../client/core.ts'
import { changePerson, inviteAll, revoke } from '../client/people.ts'
import { pull } from '../client/pull.ts'
import {
  compareRoster,
  parseRoster,
  type Roster,
  RosterError,
  rosterKey,
  type RosterRow,
} from '../client/roster.ts'
import { people, type PersonView } from '../client/views.ts'
import { ensure, ProtocolError } from '../protocol/errors.ts'
import { idText } from '../protocol/ids.ts'
import type { Profile } from '../protocol/profile.ts'
import { STATE, withDevice } from './device.ts'
import { readRole } from './people-verbs.ts'
import type { Arguments, Verb } from './verb.ts'

/** Each person takes two entries of a batch, and a batch stays well below one request. */
const PEOPLE_PER_BATCH = 64

async function readRoster(path: string): Promise<Roster> {
  try {
    return parseRoster(new Uint8Array(await readFile(path)))
  } catch (error) {
    if (error instanceof RosterError)
      throw new ProtocolError('roster', error.message, { cause: error })
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    ensure(code === '', 'roster', `${path}: ${code === 'ENOENT' ? 'no such file' : code}`)
    throw error
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

export const importRoster: Verb = {
  usage: 'import ROSTER.csv --state DIR',
  summary: 'Makes cards for everybody in a directory export.',
  help: `
Columns: display name and mail are needed; mobile, department, site and title are used when there. Comma,
semicolon or tab; UTF-8, UTF-16 or Windows-1252. A bad row is reported with its line and stops nothing else.
Importing again compares by mail address and shows who is new, changed or gone; --apply invites the new
and updates the changed. The gone stay until you say --revoke-gone as well.
  holdfast import provisioning/examples/roster.csv --json --state ./owner > cards.jsonl`,
  options: {
    ...STATE,
    role: { type: 'string', value: 'ROLE', help: 'role of the new people (default: member)' },
    apply: { type: 'boolean', help: 'importing again: make the changes' },
    'revoke-gone': {
      type: 'boolean',
      help: 'with --apply: revoke people who are in the directory and not in the file',
    },
  },
  positionals: [1, 1],
  async run(args) {
    const roster = await readRoster(args.at(0))
    await withDevice(args, async (core) => {
      await pull(core)
      for (const { line, reason, severity } of roster.problems) {
        if (severity === 'error')
          args.out.result({ line, error: reason }, `line ${line}: ${reason}`)
        else args.out.note(`line ${line}: ${reason}`)
      }
      const imported = people(core.replica).filter(({ profile }) => profile.mail !== '')
      if (imported.length === 0) await inviteRows(core, args, roster.rows)
      else await compare(core, args, roster, imported)
    })
  },
}

async function inviteRows(core: Core, args: Arguments, rows: RosterRow[]): Promise<void> {
  const role = readRole(args.text('role') ?? 'member')
  for (let at = 0; at < rows.length; at += PEOPLE_PER_BATCH) {
    const part = rows.slice(at, at + PEOPLE_PER_BATCH)
    const made = await inviteAll(
      core,
      part.map((row) => ({ profile: profileOfRow(row), role })),
    )
    for (const [i, { person, card }] of made.entries()) {
      const { line, name } = part[i] as RosterRow
      args.out.result(
        { line, person: idText(person), card, name },
        `line ${line}  ${card}  ${name}`,
      )
    }
    // Whoever joins with one of the next cards begins here.
    await keepCheckpoint(core)
    args.out.progress(Math.min(at + PEOPLE_PER_BATCH, rows.length), rows.length, 'cards made')
  }
}

async function compare(
  core: Core,
  args: Arguments,
  roster: Roster,
  imported: PersonView[],
): Promise<void> {
  const mailOf = ({ profile }: PersonView): string => profile.mail.toLowerCase()
  const existing = imported.map((view) => ({ key: mailOf(view), row: view.profile }))
  const byKey = new Map(imported.map((view) => [mailOf(view), view]))
  const { fresh, changed, same, gone } = compareRoster(existing, roster.rows)
  const applied = args.flag('apply')
  args.out.note(
    `${fresh.length} new, ${changed.length} changed, ${gone.length} gone, ${same.length} as they were.`,
  )
  if (applied) await inviteRows(core, args, fresh)
  else
    for (const { line, name } of fresh)
      args.out.result({ line, change: 'new', name, applied }, `line ${line}  new: ${name}`)
  for (const { row, fields } of changed) {
    const view = byKey.get(rosterKey(row)) as PersonView
    if (applied) await changePerson(core, view.person, view.role, profileOfRow(row))
    const value = {
      line: row.line,
      change: 'changed',
      person: idText(view.person),
      name: row.name,
      fields,
      applied,
    }
    args.out.result(value, `line ${row.line}  changed: ${row.name} (${fields.join(', ')})`)
  }
  await handleGone(
    core,
    args,
    roster,
    gone.map((mail) => byKey.get(mail) as PersonView),
  )
  if (!applied) args.out.note('Nothing was changed. Make the changes with --apply.')
}

/** Somebody whose row was bad is not gone. A file with errors therefore revokes nobody. */
async function handleGone(
  core: Core,
  args: Arguments,
  roster: Roster,
  gone: PersonView[],
): Promise<void> {
  const wanted = args.flag('apply') && args.flag('revoke-gone')
  const clean = roster.problems.every(({ severity }) => severity !== 'error')
  ensure(
    !wanted || clean || gone.length === 0,
    'roster',
    'the file has bad rows: mend them before revoking those who are missing',
  )
  for (const { person, name } of gone) {
    if (wanted) await revoke(core, { what: 'person', subject: person, reason: 'left' })
    args.out.result(
      { change: 'gone', person: idText(person), name, applied: wanted },
      `gone: ${name}${wanted ? ', revoked' : ''}`,
    )
  }
}
