// Traffic on a box that may die at any moment: what was confirmed, and what the box holds afterwards.
import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { Core } from '../../client/core.ts'
import { bareItem, placed } from '../../protocol/api.ts'
import { toHex } from '../../protocol/bytes.ts'
import { decode } from '../../protocol/codec.ts'
import { decodeEntry } from '../../protocol/entry.ts'
import { type LogId, type OrgId, parseId } from '../../protocol/ids.ts'
import { isMessageKind } from '../../protocol/kinds.ts'
import { MAX_REQUEST } from '../../protocol/limits.ts'
import { orgFile } from '../../server/context.ts'
import { openReader } from '../../server/store/database.ts'
import { LogTable } from '../../server/store/logs.ts'
import { one, serve, type Serving, tempFolder } from '../helpers/cli.ts'
import {
  type Address,
  call,
  cardsFor,
  catchUp,
  joinWith,
  openGroup,
  type Reply,
  sealedText,
} from './kit.ts'

export class Talker {
  readonly core: Core
  readonly log: LogId
  /** Message id -> the place that the box has confirmed. */
  readonly confirmed = new Map<string, number>()
  /** Message id -> when the confirmation arrived, as `Reply.at`. */
  readonly confirmedAt = new Map<string, bigint>()
  readonly said = new Set<string>()
  /** What the box has refused for good; empty in a sound run. */
  readonly refused: string[] = []
  /** Says this many bytes of nothing instead of a text, where no device reads it. */
  bytes: number | null = null
  #seq: number
  /** Sealed once and sent until there is a definite answer. */
  #pending: Uint8Array | null = null

  constructor(core: Core, log: LogId) {
    this.core = core
    this.log = log
    this.#seq = core.replica.channels.get(log)?.seqs.get(core.signer.device) ?? 0
  }

  /** As if nothing had been said yet; its numbers go on. */
  forget(): void {
    for (const known of [this.confirmed, this.confirmedAt, this.said]) known.clear()
    this.#pending = null
  }

  /** Says one thing after the other until `stop`. Ends early when the box is away. */
  async talk(box: Address, stop: () => boolean): Promise<void> {
    while (!stop()) {
      this.#pending ??= this.#next()
      const reply = await this.#post(box, this.#pending).catch(() => null)
      if (reply === null) return
      this.#take(this.#pending, reply)
    }
  }

  #next(): Uint8Array {
    this.#seq += 1
    const size = this.bytes === null ? {} : { bytes: this.bytes }
    const options = { seq: this.#seq, ...size }
    const text = sealedText(this.core, this.log, `number ${this.#seq}`, options)
    this.said.add(midOf(text))
    return text
  }

  #post(box: Address, text: Uint8Array): Promise<Reply> {
    return call(box, this.core.signer, 'entries', { items: [bareItem(text)] })
  }

  #take(text: Uint8Array, reply: Reply): void {
    if (reply.status === 200) {
      const n = decode(placed, reply.bytes, MAX_REQUEST).places[0]?.n ?? 0
      this.confirmed.set(midOf(text), n)
      this.confirmedAt.set(midOf(text), reply.at)
    } else if (['window', 'rate_limited', 'draining'].includes(reply.code)) return
    else this.refused.push(reply.code)
    this.#pending = null
  }
}

function midOf(bytes: Uint8Array): string {
  const { fields } = decodeEntry(bytes)
  return 'mid' in fields ? toHex(fields.mid) : ''
}

/** The folder of a box that is not running, looked at in a copy so that nothing is repaired in place. */
export function heldBy(data: string, copy: string, org: OrgId, log: LogId) {
  cpSync(data, copy, { recursive: true })
  const path = join(copy, orgFile(org))
  const checked = new Database(path)
  const integrity = checked.pragma('integrity_check', { simple: true })
  checked.close()
  const reader = openReader(path)
  const table = new LogTable(reader)
  const rows = table.range(log, 1, Number.MAX_SAFE_INTEGER, 1_000_000)
  const head = table.head(log)
  const messages = rows.flatMap(({ n, stub, header, payload }) => {
    if (!isMessageKind(stub.kind) || payload === null) return []
    return [{ n, mid: midOf(Buffer.concat([header, payload])) }]
  })
  reader.close()
  return { integrity, places: rows.map(({ n }) => n), head: head?.n ?? 0, messages }
}

type Said = Pick<Talker, 'confirmed' | 'said' | 'refused'>

/** Nothing confirmed is lost or moved, nothing stands twice, the log is dense. */
export function assertSound(held: ReturnType<typeof heldBy>, talkers: readonly Said[]): void {
  assert.equal(held.integrity, 'ok')
  assert.deepEqual(
    held.places,
    Array.from({ length: held.head }, (_, i) => i + 1),
  )
  const at = new Map(held.messages.map(({ mid, n }) => [mid, n]))
  assert.equal(at.size, held.messages.length, 'a message stands twice')
  for (const { confirmed, said, refused } of talkers) {
    assert.deepEqual(refused, [])
    for (const [mid, n] of confirmed) assert.equal(at.get(mid), n, `confirmed at ${n}`)
    for (const mid of said) at.delete(mid)
  }
  assert.deepEqual([...at.keys()], [], 'a message that nobody has said')
}

export async function talkersOn(log: LogId, cores: Core[]): Promise<Talker[]> {
  for (const core of cores) await catchUp(core)
  return cores.map((core) => new Talker(core, log))
}

export const confirmedBy = (talkers: Talker[]): number =>
  talkers.reduce((sum, { confirmed }) => sum + confirmed.size, 0)

/** Four devices in one channel, on a box that is a process of its own. */
export async function stage(t: Parameters<typeof serve>[0], serving: Serving = {}) {
  const folder = tempFolder(t)
  const data = join(folder, 'box')
  const names = ['--org', 'Stadtwerke Musterstadt', '--owner', 'Olga Owner']
  const made = await one(['init', '--data', data, ...names])
  const org = parseId<OrgId>(String(made['org']))
  const box = await serve(t, data, serving)
  const owner = await joinWith(box, String(made['card']))
  const others = []
  for (const card of await cardsFor(owner, ['Milo Member', 'Nina Neben', 'Otto Ost']))
    others.push(await joinWith(box, card))
  const log = await openGroup(owner, others)
  const talkers = await talkersOn(log, [owner, ...others])
  let copies = 0
  const held = () => heldBy(data, join(folder, `copy-${(copies += 1)}`), org, log)
  return { folder, data, org, log, box, talkers, held }
}
