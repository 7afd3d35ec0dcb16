// An organisation with thousands of devices for the load to play: made once a run, with real signatures, through
// the box's own door into the logs.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addPeople, createChannel } from '../../client/channels.ts'
import type { Core } from '../../client/core.ts'
import { join as joinBox } from '../../client/enrol.ts'
import { MemoryStore } from '../../client/memory-store.ts'
import { type Network, systemNetwork } from '../../client/network.ts'
import { pull } from '../../client/pull.ts'
import { bareItem, type Item } from '../../protocol/api.ts'
import { concat } from '../../protocol/bytes.ts'
import { cardKeys } from '../../protocol/card-secret.ts'
import { possessionBytes } from '../../protocol/directory-rights.ts'
import { signEntry } from '../../protocol/entry.ts'
import { asId, type DeviceId, type LogId, type PersonId } from '../../protocol/ids.ts'
import { CHANNEL_ROLE, CHANNEL_TYPE, KIND, ROLE } from '../../protocol/kinds.ts'
import { hash, hashId, sign } from '../../protocol/labels.ts'
import { CARD_LIFE_STAFF } from '../../protocol/limits.ts'
import type { SegmentKey } from '../../protocol/message-keys.ts'
import { EMPTY_PROFILE, sealProfile } from '../../protocol/profile.ts'
import { randomBytes, signPairFromSeed } from '../../protocol/sodium.ts'
import { type Box, startBox } from '../../server/box.ts'
import { prepareData } from '../../server/context.ts'
import { foundOrganisation } from '../../server/found.ts'
import { acceptBatch } from '../../server/org/accept.ts'

export type StagedDevice = { device: DeviceId; person: PersonId; seed: Uint8Array }
/** What it takes to write into a channel. */
export type StagedChannel = { log: LogId; keys: SegmentKey[]; n: number; h: Uint8Array }
export type Stage = {
  data: string
  org: Uint8Array
  owner: StagedDevice
  devices: StagedDevice[]
  /** Everybody, each a publisher of their own words where they are among the first hundred. */
  audience: StagedChannel
  /** Twenty people each, one after the other. */
  groups: StagedChannel[]
  /** Head of the directory. */
  dirN: number
}

const PEOPLE_AT_ONCE = 80
const GROUP = 20
const PUBLISHERS = 100

/** A box in this process, its owner's device, and as many others as are wanted, enrolled and silent. */
export type Crowd = { data: string; box: Box; core: Core; devices: StagedDevice[] }

export async function enrolCrowd(count: number, network: Network = systemNetwork): Promise<Crowd> {
  const data = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))
  const unlock = prepareData(data)
  const { card } = await foundOrganisation(data, 'Stadtwerke Musterstadt', 'Owner', 'http://box')
  unlock()
  const config = {
    host: '127.0.0.1',
    port: 0,
    origin: null,
    logLevel: 'silent',
    tls: null,
    operator: null,
    deliver: null,
    app: null,
  } as const
  const box = await startBox({ data, ...config })
  const { core } = await joinBox({ store: new MemoryStore(), network }, card, box.url)
  const devices: StagedDevice[] = []
  while (devices.length < count)
    devices.push(...(await enrolSome(box, core, Math.min(PEOPLE_AT_ONCE, count - devices.length))))
  await pull(core)
  return { data, box, core, devices }
}

export async function makeStage(count: number, groups: number): Promise<Stage> {
  const { data, box, core, devices } = await enrolCrowd(count)
  const stage = await openChannels(core, devices, groups)
  const { identity } = core.replica
  const owner = { device: identity.device, person: identity.person, seed: identity.signSeed }
  await box.stop()
  const dirN = core.replica.directory.head.n
  return { data, org: identity.org, owner, devices, ...stage, dirN }
}

async function enrolSome(box: Box, core: Core, count: number): Promise<StagedDevice[]> {
  const [org] = box.context.orgs.values()
  if (org === undefined) throw new TypeError('no organisation')
  const made = Array.from({ length: count }, () => newDevice(core))
  const items = made.flatMap(({ items: three }) => three)
  for (let at = 0; at < items.length; at += 240) {
    const part = items.slice(at, at + 240)
    await org.store.group.run(
      () => acceptBatch(org, part, { now: Date.now(), clock: 'even' }),
      () => org.settle(),
    )
  }
  return made.map(({ staged }) => staged)
}

function newDevice(core: Core): { items: Item[]; staged: StagedDevice } {
  const { identity, pair, directory } = core.replica
  const person = asId<PersonId>(randomBytes(16))
  const seed = randomBytes(32)
  const device = signPairFromSeed(seed)
  const card = cardKeys(randomBytes(16))
  const context = core.context(directory.log)
  const sealed = sealProfile(identity.dk, person, { ...EMPTY_PROFILE, name: 'Employee' })
  const who = { person, role: ROLE.member, state: 1, dkVer: 1, sealed } as const
  const notAfter = context.t + CARD_LIFE_STAFF
  const cardFields = { person, cardPk: card.pair.publicKey, role: ROLE.member, notAfter }
  const proof = possessionBytes({ org: identity.org, signer: card.id }, person, device.publicKey)
  const pop = sign('pop', proof, device.secretKey)
  const fields = { person, issuer: 0, signPk: device.publicKey, pop } as const
  const entries = [
    signEntry(KIND.person, context, who, pair.secretKey),
    signEntry(KIND.card, context, cardFields, pair.secretKey),
    signEntry(KIND.device, { ...context, signer: card.id }, fields, card.pair.secretKey),
  ]
  const items = entries.map(bareItem)
  // The lookup's hash and a blob of the right size: nobody will enrol with it again.
  ;(items[1] as Item).card = concat(hash('card-stored', card.lookup), new Uint8Array(552))
  return { items, staged: { device: hashId<DeviceId>('dev', device.publicKey), person, seed } }
}

async function openChannels(
  core: Core,
  devices: StagedDevice[],
  groups: number,
): Promise<Pick<Stage, 'audience' | 'groups'>> {
  const people = devices.map(({ person }) => person)
  const { audience: type, group } = CHANNEL_TYPE
  const all = await createChannel(
    core,
    'All staff',
    type,
    people.slice(0, PUBLISHERS),
    CHANNEL_ROLE.publisher,
  )
  await addPeople(core, all, people.slice(PUBLISHERS))
  const opened: StagedChannel[] = []
  for (let i = 0; i < groups; i++) {
    const members = people.slice(i * GROUP, (i + 1) * GROUP)
    opened.push(channelOf(core, await createChannel(core, `Group ${i}`, group, members)))
  }
  return { audience: channelOf(core, all), groups: opened }
}

function channelOf(core: Core, log: LogId): StagedChannel {
  const channel = core.replica.channels.get(log)
  if (channel === undefined) throw new TypeError('no channel')
  const keys = channel.segments.map((_, seg) => {
    const epoch = channel.currentEpoch(seg)
    const ak = epoch === null ? null : core.replica.epochKey(epoch.id, epoch.gen)
    if (epoch === null || ak === null) throw new TypeError('no key')
    return { epoch: epoch.id, gen: epoch.gen, ak }
  })
  return { log, keys, n: channel.head.n, h: channel.head.h }
}
