// Handing history over: to a further device of the same person the keys that this one holds, to the device of a
// colleague those of what that person may read in channels of both.
import { equal } from '../protocol/bytes.ts'
import type { Channel } from '../protocol/channel.ts'
import type { Epoch } from '../protocol/channel-state.ts'
import type { Device } from '../protocol/directory-state.ts'
import { decodeEntry } from '../protocol/entry.ts'
import { keyAtGeneration } from '../protocol/epoch-keys.ts'
import { ensure } from '../protocol/errors.ts'
import { type HeldKey, sealHistory } from '../protocol/history-keys.ts'
import { type DeviceId, type EpochId, IdMap, type PersonId } from '../protocol/ids.ts'
import { KIND } from '../protocol/kinds.ts'
import { MAX_HISTORY } from '../protocol/limits.ts'
import type { Core } from './core.ts'
import { prekeyOf } from './recipient-keys.ts'
import { entryRow, readPlace, readRow, STANDING } from './rows.ts'

/** Returns how many epoch keys were handed over. Nothing is sealed to anybody else's device. */
export async function handHistory(core: Core, to: DeviceId): Promise<number> {
  const { identity, directory, keys } = core.replica
  const device = directory.devices.get(to)
  ensure(
    device !== undefined && equal(device.person, identity.person),
    'not_allowed',
    'a device of somebody else',
  )
  const held = [...keys.entries()].map(([epoch, key]) => ({ epoch, ...key }))
  return hand(core, device, held)
}

/**
 * To the device of a colleague who has lost another one. For an act of somebody who is sure whose device that is: whoever
 * holds it reads from then on what that person may. Returns how many epoch keys were handed over.
 */
export async function handToColleague(core: Core, to: DeviceId): Promise<number> {
  const { identity, directory, channels } = core.replica
  const device = directory.devices.get(to)
  ensure(device !== undefined, 'not_found', 'device')
  const held: HeldKey[] = []
  for (const channel of channels.values())
    if (channel.members.has(identity.person) && channel.members.has(device.person))
      held.push(...(await readableKeys(core, channel, device.person)))
  return hand(core, device, held)
}

async function hand(core: Core, device: Device, held: HeldKey[]): Promise<number> {
  const { identity, pair } = core.replica
  ensure(
    device.from !== null && device.until === null,
    device.from === null ? 'device_pending' : 'device_revoked',
  )
  if (held.length === 0) return 0
  const to = await prekeyOf(core, device)
  for (let at = 0; at < held.length; at += MAX_HISTORY) {
    const sending = { org: identity.org, from: identity.device, t: core.clock.now(), to }
    const bytes = sealHistory(sending, held.slice(at, at + MAX_HISTORY), pair.secretKey)
    await core.line.call('parcel', { to: device.id, bytes }, core.signer)
  }
  return held.length
}

/** Of an epoch, where each of its generations begins in the log. */
type Beginnings = { gen: number; n: number }[]

/** Of each epoch held here the first generation that began while the person could read: nothing from before that. */
async function readableKeys(core: Core, channel: Channel, person: PersonId): Promise<HeldKey[]> {
  const held = [...core.replica.keys.entries()].filter(([, key]) => equal(key.channel, channel.id))
  if (held.length === 0) return []
  const beginnings = await beginningsOf(core, channel)
  return held.flatMap(([id, key]) => {
    const epoch = channel.epochs.get(id)
    if (epoch === undefined) return []
    const first = (beginnings.get(id) ?? []).find(
      ({ gen, n }) => gen >= key.gen && couldRead(channel, person, epoch, n),
    )
    if (first === undefined) return []
    return [
      { epoch: id, channel: channel.id, gen: first.gen, ak: keyAtGeneration(key, id, first.gen) },
    ]
  })
}

const couldRead = (channel: Channel, person: PersonId, { seg }: Epoch, n: number): boolean =>
  (channel.spans.get(person) ?? []).some(
    (span) => span.seg === seg && span.from <= n && (span.to === null || n <= span.to),
  )

async function beginningsOf(core: Core, channel: Channel): Promise<IdMap<EpochId, Beginnings>> {
  const found = new IdMap<EpochId, Beginnings>()
  for (const { id, n } of channel.epochs.values()) found.set(id, [{ gen: 0, n }])
  for (const row of await core.store.list('entries', channel.id)) {
    const { bytes, standing } = readRow(entryRow, row.value)
    if (bytes[1] !== KIND.extension || standing !== STANDING.ok) continue
    const entry = decodeEntry(bytes)
    if (entry.kind !== KIND.extension) continue
    const { epoch, gen } = entry.fields
    const { n } = readPlace(row.key)
    const known = found.get(epoch) ?? []
    if (!known.some((one) => one.gen === gen)) found.set(epoch, [...known, { gen, n }])
  }
  return found
}
