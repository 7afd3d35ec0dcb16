// A town under siege: the box lies, and a member helps it with valid keys. Each test gets a fresh copy of
// the victim's phone, so that one set-up serves a whole file.
import assert from 'node:assert/strict'
import { type Clock, Core } from '../../client/core.ts'
import { MemoryStore } from '../../client/memory-store.ts'
import type { Network } from '../../client/network.ts'
import { pull } from '../../client/pull.ts'
import { type Store, TABLES } from '../../client/store.ts'
import { news, type NewsView } from '../../client/views.ts'
import { bareItem } from '../../protocol/api.ts'
import { type Content, encodeContent } from '../../protocol/content.ts'
import { type Context, decodeEntry, signEntry } from '../../protocol/entry.ts'
import type { FieldsOf } from '../../protocol/entry-fields.ts'
import { epochIdOf } from '../../protocol/epoch-core.ts'
import { announceEpoch, keyCommitment } from '../../protocol/epoch-keys.ts'
import type { Frame } from '../../protocol/frames.ts'
import {
  asId,
  type EpochId,
  type Hash,
  type LogId,
  type MessageId,
  NO_ID,
  type PersonId,
} from '../../protocol/ids.ts'
import { CHANNEL_ROLE, KIND, type MessageKind, type OperationKind } from '../../protocol/kinds.ts'
import { EPOCH_LIFE } from '../../protocol/limits.ts'
import { sealMessage } from '../../protocol/message-keys.ts'
import { decodePrekey, type Prekey } from '../../protocol/prekey.ts'
import { randomBytes } from '../../protocol/sodium.ts'
import type { Channel } from '../../protocol/channel.ts'
import { HostileNetwork } from './hostile-network.ts'
import { alert, audience, channel, ORG, OWNER, Phone, syncAll, Town, welcome } from './town.ts'

export * from './hostile-network.ts'

export async function copyStore(from: Store): Promise<MemoryStore> {
  const copy = new MemoryStore()
  for (const table of TABLES) {
    const rows = await from.list(table)
    await copy.commit(rows.map(({ key, value }) => ({ table, key, value })))
  }
  return copy
}

export type Victim = Phone & { network: HostileNetwork }

/** A phone in the state of another one, on a line of its own that may lie. */
export async function twin(
  town: { clock: Clock },
  of: Phone,
  clock: Clock = town.clock,
): Promise<Victim> {
  const store = await copyStore(of.store)
  const network = new HostileNetwork()
  const core = await Core.open({ store, network, clock })
  if (core === null) throw new TypeError('no device to copy')
  return Object.assign(new Phone(core, store), { network })
}

export class Siege {
  readonly town: Town
  /** The owner, who manages the team. */
  readonly olga: Phone
  /** The victim: a coordinator. */
  readonly anna: Phone
  /** A member whose keys the box may use. */
  readonly malte: Phone
  readonly team: LogId
  readonly all: LogId
  readonly alert: MessageId

  private constructor(parts: Omit<Siege, 'victim' | 'end'>) {
    const { town, olga, anna, malte, team, all } = parts
    this.town = town
    this.olga = olga
    this.anna = anna
    this.malte = malte
    this.team = team
    this.all = all
    this.alert = parts.alert
  }

  static async lay(): Promise<Siege> {
    const town = new Town()
    await town.found(ORG, OWNER)
    await town.start()
    const olga = await town.owner()
    const anna = await welcome(town, olga, 'Anna Beispiel', 'coordinator')
    const malte = await welcome(town, olga, 'Malte Beispiel')
    const team = await channel(olga, 'Crisis team', anna, malte)
    const all = await audience(olga, 'All staff', anna, malte)
    const { id } = await alert(olga, all, 'Gather at gate 2')
    await syncAll(anna, malte, olga)
    await clearNews(anna)
    return new Siege({ town, olga, anna, malte, team, all, alert: id })
  }

  /** Everybody knows everything, and the victim has nothing unread. */
  async victim(of: Phone = this.anna): Promise<Victim> {
    for (const phone of [this.olga, this.malte]) await caughtUp(phone)
    const victim = await twin(this.town, of)
    await caughtUp(victim)
    await clearNews(victim)
    return victim
  }

  end(): Promise<void> {
    return this.town.clear()
  }
}

async function clearNews(phone: Phone): Promise<void> {
  const { seen } = await news(phone.core)
  await seen()
}

export const headOf = (phone: Phone, log: LogId): number => phone.core.replica.headOf(log)?.n ?? 0

export function known(phone: Phone, log: LogId): Channel {
  const found = phone.core.replica.channels.get(log)
  if (found === undefined) throw new TypeError('an unknown channel')
  return found
}

/** One catch-up to whose answer the box adds these frames; the heads that would betray it stay away. */
export async function shown(victim: Victim, ...frames: Frame[]): Promise<void> {
  victim.network.showing(
    (honest) => [...honest.filter(({ type }) => type !== 'head'), ...frames],
    1,
  )
  await victim.core.run(() => pull(victim.core))
}

export const caughtUp = (phone: Phone): Promise<void> => phone.core.run(() => pull(phone.core))

export const entryFrame = (n: number, bytes: Uint8Array): Frame => ({ type: 'entry', n, bytes })

/** What the phone shows as new: texts, and codes of what it could not verify. */
export async function toldBy(phone: Phone): Promise<{ texts: string[]; codes: string[] }> {
  const { items } = await news(phone.core)
  return { texts: items.flatMap(textOf), codes: items.flatMap(codeOf) }
}

function textOf(item: NewsView): string[] {
  return item.type === 'message' && 'text' in item.content ? [item.content.text] : []
}

function codeOf(item: NewsView): string[] {
  return item.type === 'problem' ? [item.code] : []
}

export type MessageOptions = {
  kind?: MessageKind
  seq?: number
  mid?: MessageId
  context?: Partial<Context>
  plain?: Uint8Array
  keys?: { epoch: EpochId; gen: number; ak: Uint8Array }[]
}

/** A message as this phone would seal it next, or as a test wants it. */
export function message(
  by: Phone,
  log: LogId,
  content: string | Content,
  options: MessageOptions = {},
): Uint8Array {
  const { replica } = by.core
  const state = known(by, log)
  const whole: Content =
    typeof content === 'string' ? { type: 'text', text: content, replyTo: null } : content
  const draft = {
    kind: options.kind ?? KIND.text,
    context: { ...by.core.context(log), ...options.context },
    seq: options.seq ?? (state.seqs.get(replica.identity.device) ?? 0) + 1,
    mid: options.mid ?? asId<MessageId>(randomBytes(16)),
    ttl: 0,
    keys: options.keys ?? keysOf(by, log),
    plain: options.plain ?? encodeContent(whole),
  }
  return sealMessage(draft, replica.pair.secretKey)
}

export function keysOf(by: Phone, log: LogId): { epoch: EpochId; gen: number; ak: Uint8Array }[] {
  const state = known(by, log)
  return state.segments.map((_, seg) => {
    const epoch = state.currentEpoch(seg)
    const ak = epoch === null ? null : by.core.replica.epochKey(epoch.id, epoch.gen)
    if (epoch === null || ak === null) throw new TypeError('no key to send under')
    return { epoch: epoch.id, gen: epoch.gen, ak }
  })
}

export function operation(
  by: Phone,
  log: LogId,
  kind: OperationKind,
  fields: Partial<FieldsOf<OperationKind>> = {},
): Uint8Array {
  const { directory, pair } = by.core.replica
  const { memb } = known(by, log)
  const whole = {
    membN: memb.n + 1,
    membPrev: memb.head,
    dirN: directory.head.n,
    dirH: directory.head.h,
    role: CHANNEL_ROLE.member,
    subjects: [] as PersonId[],
    data: new Uint8Array(0),
    ...fields,
  }
  return signEntry(kind, by.core.context(log), whole, pair.secretKey)
}

export type ForgedEpoch = {
  entry: Uint8Array
  ak: Uint8Array
  epoch: EpochId
  core: Hash
}

/** A new epoch of a channel, announced by somebody who may, with or without keys for the others. */
export function announcement(
  by: Phone,
  log: LogId,
  fields: Partial<FieldsOf<typeof KIND.announce>> = {},
  time = by.core.clock.now(),
): ForgedEpoch {
  const { directory, pair } = by.core.replica
  const state = known(by, log)
  const { entry, ak } = announceEpoch(
    {
      context: { ...by.core.context(log), t: time },
      fields: {
        seg: 0,
        prevEpoch: state.currentEpoch(0)?.id ?? asId<EpochId>(NO_ID),
        membN: state.memb.n,
        membHead: state.memb.head,
        dirN: directory.head.n,
        dirH: directory.head.h,
        notAfter: time + EPOCH_LIFE,
        nwraps: 0,
        ...fields,
      },
      records: state.recordsKey(directory.head.n),
    },
    pair.secretKey,
  )
  const decoded = decodeEntry(entry)
  const mark = state.journal.mark()
  state.apply(decoded as Parameters<Channel['apply']>[0])
  const epoch = epochIdOf(decoded)
  const core = state.epochs.get(epoch)?.core
  state.journal.rollback(mark)
  if (core === undefined) throw new TypeError('an epoch without a core')
  return { entry, ak, epoch, core }
}

/** The next generation of the current epoch; `commit` may be a lie. */
export function extension(by: Phone, log: LogId, commit?: Uint8Array): Uint8Array {
  const { directory, pair } = by.core.replica
  const state = known(by, log)
  const epoch = state.currentEpoch(0)
  if (epoch === null) throw new TypeError('nothing to extend')
  const gen = epoch.gen + 1
  const ak = by.core.replica.epochKey(epoch.id, gen)
  if (ak === null) throw new TypeError('no key to extend')
  const akgCommit = (commit ?? keyCommitment(ak, epoch.core, gen)) as ReturnType<
    typeof keyCommitment
  >
  const heads = { membN: state.memb.n, membHead: state.memb.head }
  const place = { dirN: directory.head.n, dirH: directory.head.h }
  const fields = { epoch: epoch.id, gen, ...heads, ...place, akgCommit, nwraps: 0 }
  return signEntry(KIND.extension, by.core.context(log), fields, pair.secretKey)
}

export async function prekeyOf(by: Phone, of: Phone): Promise<Prekey> {
  const { core } = by
  const { prekeys } = await core.line.call('prekeys', { devices: [of.device] }, core.signer)
  if (prekeys[0] === undefined) throw new TypeError('no prekey')
  return decodePrekey(prekeys[0])
}

let wrapIds = 1_000_000

export function wrapFrame(log: LogId, { epoch }: ForgedEpoch, wrap: Uint8Array, gen = 0): Frame {
  return { type: 'wrap', id: (wrapIds += 1), log, epoch, gen, wrap }
}

/** Starts again from what is on disk: nothing that was stored may keep a phone from opening. */
export async function reopened(victim: Victim): Promise<Victim> {
  const again = await twin(victim.core, victim)
  for (const { id, head } of victim.core.replica.channels.values()) {
    if (head.n === 0) continue
    assert.deepEqual(again.core.replica.headOf(id), head)
  }
  assert.deepEqual(again.core.replica.directory.head, victim.core.replica.directory.head)
  return again
}

/** Appends through the front door of the box: whatever it cannot judge, it takes. */
export async function post(by: Phone, ...entries: Uint8Array[]): Promise<void> {
  await by.act((core) => core.line.call('entries', { items: entries.map(bareItem) }, core.signer))
  await caughtUp(by)
}

/** A copy of a phone whose line ends at another box. */
export async function captive(of: Phone, box: Network): Promise<Phone> {
  const store = await copyStore(of.store)
  const core = await Core.open({ store, network: box, clock: of.core.clock })
  if (core === null) throw new TypeError('no device to copy')
  return new Phone(core, store)
}
