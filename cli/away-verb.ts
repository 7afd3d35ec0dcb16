// Being away: until when, why, and for whom.
import { setAbsence } from '../client/absence.ts'
import type { Core } from '../client/core.ts'
import { pull } from '../client/pull.ts'
import { absenceOf, nameOf } from '../client/views.ts'
import { ensure } from '../protocol/errors.ts'
import { idText, type PersonId } from '../protocol/ids.ts'
import { DAY } from '../protocol/limits.ts'
import type { AbsenceWord } from '../protocol/profile.ts'
import { findPerson, STATE, withDevice } from './device.ts'
import { quoted } from './output.ts'
import type { Verb } from './verb.ts'

const UNITS: Record<string, number> = { h: DAY / 24, d: DAY, w: 7 * DAY }
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z$/

export const away: Verb = {
  usage: 'away [UNTIL|off] [--note TEXT] [--person ID] --state DIR',
  summary: 'Says until when somebody is away; without UNTIL tells what is known.',
  help: `
Everybody in the organisation sees it, guests do not; the box sees neither until when nor why. Alerts still go
to whoever is away. For somebody else it takes an administrator.
  holdfast away 2026-12-03T08:00:00Z --note "Anna Beispiel stands in" --state ./phone
  holdfast away +3d --state ./phone                 hours, days and weeks: +12h, +3d, +2w
  holdfast away off --state ./phone                 here again`,
  options: {
    ...STATE,
    note: { type: 'string', value: 'TEXT', help: 'why, or who stands in; at most 200 bytes' },
    person: { type: 'string', value: 'ID', help: 'for somebody else' },
  },
  positionals: [0, 1],
  async run(args) {
    await withDevice(args, async (core) => {
      const said = args.at(0)
      const until = said === '' ? null : readUntil(said, core.clock.now())
      await pull(core)
      const other = args.text('person')
      const person = other === undefined ? core.replica.identity.person : findPerson(core, other)
      if (until !== null) await setAbsence(core, { until, note: args.text('note') ?? '', person })
      const now = absenceOf(core.replica, person, core.clock.now())
      args.out.result({ person: idText(person), away: awayJson(now) }, asLine(core, person, now))
    })
  },
}

/** Milliseconds; 0 for `off`. Throws `usage` for anything else, and for what is over already. */
function readUntil(text: string, now: number): number {
  if (text === 'off') return 0
  const [, count, unit] = /^\+(\d{1,4})([hdw])$/.exec(text) ?? []
  if (count !== undefined && unit !== undefined) return now + Number(count) * (UNITS[unit] ?? DAY)
  const at = MOMENT.test(text) ? Date.parse(text) : Number.NaN
  ensure(!Number.isNaN(at), 'usage', `"${text}": until when? 2026-12-03T08:00:00Z, +3d or off`)
  ensure(at > now, 'usage', `${text} is over already`)
  return at
}

/** Times as everywhere on the command line. */
export function awayJson(said: AbsenceWord | null): { until: string; note: string } | null {
  return said === null ? null : { until: new Date(said.until).toISOString(), note: said.note }
}

export function awayText({ until, note }: AbsenceWord): string {
  const end = new Date(until).toISOString()
  return `away until ${end}${note === '' ? '' : `: ${quoted(note)}`}`
}

function asLine({ replica }: Core, person: PersonId, said: AbsenceWord | null): string {
  return `${nameOf(replica, person)} is ${said === null ? 'here' : awayText(said)}.`
}
