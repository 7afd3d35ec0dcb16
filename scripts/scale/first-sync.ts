// Joining a directory of ten thousand persons, beside joining one of a few.
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { invite } from '../../client/people.ts'
import { pull } from '../../client/pull.ts'
import { upkeep } from '../../client/upkeep.ts'
import { ROLE } from '../../protocol/kinds.ts'
import { EMPTY_PROFILE } from '../../protocol/profile.ts'
import type { Crowd } from '../bench/stage.ts'
import { runVerb } from './process.ts'
import { MIB, mib, seconds, tell } from './tell.ts'

/** 4 MB of state and 1 MB of chain hashes (protocol/limits.ts), held once as bytes and once as objects. */
const MOST_MEMORY = 192 * MIB
const MOST_STORED = 24 * MIB

type Joined = { peak: number; seconds: number; stored: number }

export async function firstSync(
  main: string,
  folder: string,
  few: Crowd,
  many: Crowd,
): Promise<boolean> {
  const small = await joinOne(main, join(folder, 'few'), few)
  const large = await joinOne(main, join(folder, 'many'), many)
  const met = large.peak - small.peak <= MOST_MEMORY && large.stored <= MOST_STORED
  return tell('S4', `A newcomer joins a directory of ${many.devices.length + 1} persons`, met, {
    seconds: `${large.seconds}, ${small.seconds} of few`,
    'MiB of memory at most': `${mib(large.peak)}, ${mib(small.peak)} of few`,
    'MiB on the device': mib(large.stored),
  })
}

/** The box is in this process; the newcomer is one of its own. */
async function joinOne(main: string, state: string, { core, box }: Crowd): Promise<Joined> {
  await pull(core)
  await upkeep(core)
  const profile = { ...EMPTY_PROFILE, name: 'Nina Newcomer' }
  const { card } = await invite(core, { profile, role: ROLE.member })
  const began = performance.now()
  const joining = runVerb(main, ['join', card, '--box', box.url, '--state', state])
  await joining.ended
  return { peak: joining.peak(), seconds: seconds(began), stored: sizeOf(join(state, 'device.db')) }
}

function sizeOf(path: string): number {
  return [path, `${path}-wal`].reduce(
    (sum, one) => sum + (existsSync(one) ? statSync(one).size : 0),
    0,
  )
}
