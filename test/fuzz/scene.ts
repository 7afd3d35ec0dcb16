// A device that is about to learn much: its store as it stands, and what an honest box would send it next.
// Laid once with a real box and real phones; what is fuzzed afterwards needs no network.
import { createHash } from 'node:crypto'
import { Core } from '../../client/core.ts'
import { handHistory } from '../../client/history.ts'
import type { MemoryStore } from '../../client/memory-store.ts'
import type { Network } from '../../client/network.ts'
import { type MessageView, messagesOf } from '../../client/views.ts'
import type { Frame } from '../../protocol/frames.ts'
import type { DeviceId, OrgId, PersonId } from '../../protocol/ids.ts'
import { decodePrekey, type Prekey } from '../../protocol/prekey.ts'
import type { SignPair } from '../../protocol/sodium.ts'
import { copyStore, Siege } from '../helpers/hostile.ts'
import {
  add,
  alert,
  answer,
  approve,
  channel,
  invite,
  revoke,
  say,
  sync,
  syncAll,
  welcome,
} from '../helpers/town.ts'

/** What the fuzzer may sign with. */
export type Traitor = { device: DeviceId; person: PersonId; pair: SignPair }

export type Scene = {
  store: MemoryStore
  /** In the order of the box. */
  frames: Frame[]
  now: number
  org: OrgId
  box: SignPair
  malte: Traitor
  /** Another device of the same person, which may hand over keys. */
  tablet: Traitor
  /** The victim's own, to which they are sealed. */
  prekey: Prekey
}

const NOWHERE: Network = {
  fetch: () => Promise.reject(new TypeError('there is no network here')),
  openSocket: () => {
    throw new TypeError('there is no network here')
  },
}

export const NOBODY = 'no device in the store'

export async function openCore(store: MemoryStore, now: number): Promise<Core> {
  const clock = { now: () => now, wait: () => Promise.resolve() }
  const core = await Core.open({ store, network: NOWHERE, clock })
  if (core === null) throw new TypeError(NOBODY)
  return core
}

function traitor({ core }: { core: Core }): Traitor {
  const { identity, pair } = core.replica
  return { device: identity.device, person: identity.person, pair }
}

/** All that happens while the victim is away. */
async function happenings({ town, olga, malte, team, all }: Siege): Promise<void> {
  await say(malte, team, 'Umspannwerk ist wieder am Netz')
  const nora = await welcome(town, olga, 'Nora Beispiel')
  const gast = await welcome(town, olga, 'Gustav Gast', 'guest')
  await add(olga, team, nora, gast)
  await syncAll(olga, nora, gast, malte)
  await say(olga, team, 'Nora und Gustav sind dabei')
  const { id } = await alert(olga, all, 'Bitte melden')
  await syncAll(malte)
  await answer(malte, id, 'safe')
  await channel(olga, 'Presse', malte)
  await revoke(olga, { what: 'device', subject: nora.device })
  await syncAll(olga, malte)
  await say(malte, team, 'Noras Telefon ist weg')
}

export async function layScene(): Promise<Scene> {
  const siege = await Siege.lay()
  const { town, olga, anna, malte, team } = siege
  const tablet = await town.enrol((await invite(anna, anna.person)).card)
  await approve(anna, tablet.device)
  await syncAll(tablet, anna, olga)
  await say(malte, team, 'Lage um 8 Uhr')
  await sync(anna)
  const store = await copyStore(anna.store)
  await happenings(siege)
  await sync(tablet)
  await tablet.act((core) => handHistory(core, anna.device))
  const before = await openCore(await copyStore(store), town.clock.now())
  const frames = await honestFrames(anna.core, before)
  const { prekeys } = await olga.core.line.call(
    'prekeys',
    { devices: [anna.device] },
    olga.core.signer,
  )
  const scene = {
    store,
    frames,
    now: town.clock.now(),
    org: before.replica.identity.org,
    box: town.box.context.box,
    malte: traitor(malte),
    tablet: traitor(tablet),
    prekey: decodePrekey(prekeys[0] as Uint8Array),
  }
  await siege.end()
  return scene
}

/** What the box answers to a device in the state of `before`. */
async function honestFrames(line: Core, before: Core): Promise<Frame[]> {
  const { directory, channels, answers } = before.replica
  const logs = [...channels.values(), ...answers.values()]
  const have = [
    { log: directory.log, n: directory.head.n },
    ...logs.map(({ id, head }) => ({ log: id, n: head.n })),
  ]
  const asked = { have, wrapsSeen: before.replica.wrapsSeen, parcels: [] }
  const frames = await line.line.frames('sync', asked, line.signer)
  if (frames.some(({ type }) => type === 'more')) throw new TypeError('more than a page')
  return frames
}

/** Every message that the device shows, as one text each. */
export async function shownBy(core: Core): Promise<[string, MessageView][]> {
  const shown: [string, MessageView][] = []
  for (const id of core.replica.channels.keys()) {
    for (const one of await messagesOf(core, id)) {
      const said = createHash('sha256').update(JSON.stringify(one.content)).digest('hex')
      shown.push([`${id.toHex()} ${one.id.toHex()} ${said} ${one.from?.toHex()}`, one])
    }
  }
  return shown
}
