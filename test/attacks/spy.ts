// Who listens at the box: what of all that phones have sent to it the keys of the attacker open.
import { openAnswer } from '../../protocol/answer-keys.ts'
import type { AnswerEntry } from '../../protocol/answer.ts'
import type { Item } from '../../protocol/api.ts'
import { equal } from '../../protocol/bytes.ts'
import { decodeEntry, type Entry, type EntryOf } from '../../protocol/entry.ts'
import { coreHash, epochIdOf } from '../../protocol/epoch-core.ts'
import {
  decodeEpochWrap,
  keyAtGeneration,
  openEpochKey,
  openFromRecords,
} from '../../protocol/epoch-keys.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { openHistory } from '../../protocol/history-keys.ts'
import { type DeviceId, type EpochId, type Hash, IdMap } from '../../protocol/ids.ts'
import { isMessageKind, KIND, type MessageKind } from '../../protocol/kinds.ts'
import { openMessage } from '../../protocol/message-keys.ts'
import type { ForgingBox } from '../helpers/forging-box.ts'

type Announced = { core: Hash; commits: Map<number, Hash> }
type SealedWrap = { epoch: EpochId; gen: number; bytes: Uint8Array }

export class Spy {
  readonly devices: DeviceId[] = []
  /** Secrets of prekeys that the attacker has made. */
  readonly prekeySeeds: Uint8Array[] = []
  /** Epoch keys that the attacker has made or opened. */
  readonly keys = new IdMap<EpochId, { gen: number; ak: Uint8Array }>()
  readonly responseSeeds: Uint8Array[] = []
  /** Secrets of records keys that the attacker has made. */
  readonly recordsSeeds: Uint8Array[] = []
  /** Whose histories the attacker may hold in hand. */
  readonly sharers: Uint8Array[] = []

  /** How many of the bytes that were sent to the box are sealed to this spy, or open for them. */
  reads(box: ForgingBox): number {
    const announced = announcedIn(box)
    const items = box.posted.flatMap((one) => (one.route === 'entries' ? one.input.items : []))
    const entries = items.map(({ entry }) => decodeEntry(entry))
    let bytes = 0
    for (const wrap of wrapsOf(box, items)) bytes += this.#opensWrap(wrap, announced)
    for (const entry of entries) bytes += this.#opensEntry(entry)
    for (const one of box.posted)
      if (one.route === 'parcel') bytes += this.#opensHistory(one.input.bytes)
    return bytes
  }

  #opensWrap(sealed: SealedWrap, announced: IdMap<EpochId, Announced>): number {
    const { epoch, gen, bytes } = sealed
    const wrap = decodeEpochWrap(bytes)
    const known = announced.get(epoch)
    const commit = known?.commits.get(gen)
    if (known === undefined || commit === undefined) throw new TypeError('a wrap of no epoch')
    for (const seed of this.prekeySeeds) {
      const ak = opened(() => openEpochKey(wrap, known.core, gen, commit, seed))
      if (ak === null) continue
      this.keys.set(epoch, { gen, ak })
      return bytes.length
    }
    return this.devices.some((device) => equal(device, wrap.device)) ? bytes.length : 0
  }

  #opensEntry(entry: Entry): number {
    const { payload } = entry
    if (entry.kind === KIND.announce) return this.#opensRecords(entry)
    if (payload === null) return 0
    if (entry.kind === KIND.answer) {
      const seeds = this.responseSeeds
      const one = seeds.find(
        (seed) => opened(() => openAnswer(entry as AnswerEntry, seed)) !== null,
      )
      return one === undefined ? 0 : payload.length
    }
    if (!isMessageKind(entry.kind)) return 0
    const message = entry as EntryOf<MessageKind>
    const plain = opened(() => openMessage(message, (epoch, gen) => this.#keyAt(epoch, gen)))
    return plain === null ? 0 : payload.length
  }

  #opensRecords(entry: EntryOf<typeof KIND.announce>): number {
    const { records } = entry.fields
    if (records === null) return 0
    const core = coreHash(entry.signed, true)
    for (const seed of this.recordsSeeds) {
      const ak = opened(() => openFromRecords(records.wrap, core, seed))
      if (ak === null) continue
      this.keys.set(epochIdOf(entry), { gen: 0, ak })
      return records.wrap.length
    }
    return 0
  }

  #keyAt(epoch: EpochId, gen: number): Uint8Array | null {
    const held = this.keys.get(epoch)
    return held === undefined || held.gen > gen ? null : keyAtGeneration(held, epoch, gen)
  }

  #opensHistory(bytes: Uint8Array): number {
    const pairs = this.prekeySeeds.flatMap((seed) => this.sharers.map((key) => ({ seed, key })))
    const one = pairs.find(({ seed, key }) => opened(() => openHistory(bytes, key, seed)) !== null)
    return one === undefined ? 0 : bytes.length
  }
}

function wrapsOf(box: ForgingBox, items: Item[]): SealedWrap[] {
  const inItems = items.flatMap(({ entry: bytes, wraps }) => {
    const entry = decodeEntry(bytes)
    if (entry.kind === KIND.announce)
      return wraps.map((wrap) => ({ epoch: epochIdOf(entry), gen: 0, bytes: wrap }))
    if (entry.kind !== KIND.extension) return []
    const { epoch, gen } = entry.fields
    return wraps.map((wrap) => ({ epoch, gen, bytes: wrap }))
  })
  const later = box.posted.flatMap((one) =>
    one.route === 'wraps'
      ? one.input.wraps.map((bytes) => ({ epoch: one.input.epoch, gen: one.input.gen, bytes }))
      : [],
  )
  return [...inItems, ...later]
}

/** What the logs of the box say about the keys of each epoch. */
function announcedIn(box: ForgingBox): IdMap<EpochId, Announced> {
  const known = new IdMap<EpochId, Announced>()
  for (const bytes of [...box.logs.values()].flatMap(({ entries }) => entries)) {
    if (bytes[1] !== KIND.announce && bytes[1] !== KIND.extension) continue
    const entry = decodeEntry(bytes)
    if (entry.kind === KIND.announce) {
      const core = coreHash(entry.signed, entry.fields.records !== null)
      known.set(epochIdOf(entry), { core, commits: new Map([[0, entry.fields.akCommit]]) })
    } else if (entry.kind === KIND.extension) {
      const { epoch, gen, akgCommit } = entry.fields
      known.get(epoch)?.commits.set(gen, akgCommit)
    }
  }
  return known
}

function opened<T>(open: () => T): T | null {
  try {
    return open()
  } catch (error) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}
