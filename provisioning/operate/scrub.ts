// Looking over everything that a box has on its disk, and remembering what was found.
import { join } from 'node:path'
import { idText } from '../../protocol/ids.ts'
import { orgFile, organisationsIn } from '../../server/context.ts'
import { readScrub, SCRUB_FILE, type ScrubState } from '../../server/operate/health.ts'
import { scrubAll } from '../../server/store/scrub.ts'
import { writeWhole } from '../whole-file.ts'
import type { Chore } from './chores.ts'

const HOUR = 60 * 60_000
/** A start has enough to do. Seconds. */
const SETTLED = 600

export type Looked = { org: string; entries: number; files: number; damage: string[] }

/** Changes nothing but the note of when it was. `now`: milliseconds. */
export async function lookOver(data: string, now: number): Promise<Looked[]> {
  const found: Looked[] = []
  for (const org of organisationsIn(data)) {
    const { entries, files, damage } = await scrubAll(join(data, orgFile(org)))
    const said = damage.map(({ place, what }) => `${place}: ${what}`)
    found.push({ org: idText(org), entries, files, damage: said })
  }
  const entries = found.reduce((sum, one) => sum + one.entries, 0)
  const state: ScrubState = { at: now, entries, damage: found.flatMap(({ damage }) => damage) }
  writeWhole(join(data, SCRUB_FILE), `${JSON.stringify(state)}\n`, 0o600)
  return found
}

export function scrubChore(data: string): Chore {
  const isDue = (): boolean => {
    const age = Date.now() - (readScrub(data)?.at ?? 0)
    return process.uptime() > SETTLED && (age >= HOUR || age < 0)
  }
  return { args: ['scrub', '--data', data], isDue }
}
