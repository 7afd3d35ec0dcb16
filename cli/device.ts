// Opening the headless device of a state folder for one verb.
import { Core } from '../client/core.ts'
import { SqliteStore } from '../client/node/sqlite-store.ts'
import { ensure, ProtocolError } from '../protocol/errors.ts'
import { fromPaper } from '../protocol/card-text.ts'
import { idText, type PersonId } from '../protocol/ids.ts'
import { signPairFromSeed, type SignPair } from '../protocol/sodium.ts'
import { people } from '../client/views.ts'
import type { Arguments, Verb } from './verb.ts'

export const STATE: Verb['options'] = {
  state: { type: 'string', value: 'DIR', help: 'folder of this device (or HOLDFAST_STATE)' },
}
export const ROOT: Verb['options'] = {
  root: { type: 'string', value: 'TEXT', help: 'the root key from paper, as the second signature' },
}

export function stateFolder(args: Arguments): string {
  const folder = args.text('state') ?? process.env['HOLDFAST_STATE']
  ensure(folder !== undefined && folder !== '', 'usage', 'which device? --state DIR')
  return folder
}

/** Runs `work` on the device, alone on its folder. Throws `data_missing` when it has not joined yet. */
export async function withDevice<T>(args: Arguments, work: (core: Core) => Promise<T>): Promise<T> {
  return openDevice(args, (core) => core.run(() => work(core)))
}

/** As `withDevice`, for verbs that stay: they take the folder for each step only. */
export async function openDevice<T>(args: Arguments, work: (core: Core) => Promise<T>): Promise<T> {
  const store = new SqliteStore(stateFolder(args))
  try {
    const core = await Core.open({ store })
    if (core === null || core.replica.identity.state === 0) {
      throw new ProtocolError('device_missing', stateFolder(args))
    }
    const result = await work(core)
    if (core.clockError !== 0) args.out.note(clockText(core.clockError))
    return result
  } finally {
    await store.close()
  }
}

/** Nothing depends on the clock but the times that people read. */
function clockText(error: number): string {
  const minutes = Math.round(Math.abs(error) / 60_000)
  const far = minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`
  const way = error > 0 ? 'ahead of' : 'behind'
  return `The clock of this device is ${far} ${way} the clock of the box. Messages still work; times may be wrong. Set the clock.`
}

export function rootPair(args: Arguments): { root?: SignPair } {
  const text = args.text('root')
  return text === undefined ? {} : { root: signPairFromSeed(fromPaper(text, 32)) }
}

/** A person by id, or by name or mail when that is unambiguous. */
export function findPerson(core: Core, text: string): PersonId {
  const all = people(core.replica)
  const wanted = text.trim().toLowerCase()
  const byId = all.find(({ person }) => idText(person) === wanted)
  if (byId !== undefined) return byId.person
  const found = all.filter(
    ({ name, profile }) => name.toLowerCase() === wanted || profile.mail.toLowerCase() === wanted,
  )
  ensure(found.length > 0, 'person_unknown', text)
  const [only] = found
  ensure(
    only !== undefined && found.length === 1,
    'usage',
    `${found.length} people are called "${text}": use the id`,
  )
  return only.person
}

export async function readStdin(): Promise<string> {
  let text = ''
  process.stdin.setEncoding('utf8')
  for await (const chunk of process.stdin) text += String(chunk)
  return text.replace(/\r?\n$/, '')
}
