// Entries reach several devices out of order, in pages of any size, some of them twice:
// `node order-run.ts --entries N --devices D --seed S`. Throws unless all show the same in the end.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { addPeople, removePeople } from '../../client/channels.ts'
import type { Core } from '../../client/core.ts'
import { pull, takeIn } from '../../client/pull.ts'
import { bareItem } from '../../protocol/api.ts'
import { channelIdOf } from '../../protocol/channel.ts'
import { toHex } from '../../protocol/bytes.ts'
import { decodeEntry } from '../../protocol/entry.ts'
import type { Frame } from '../../protocol/frames.ts'
import { asId, type LogId } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'
import {
  call,
  catchUp,
  joinAs,
  joinWith,
  openGroup,
  sealedText,
  startTestBox,
  type TestBox,
} from '../server/kit.ts'
import { randomFrom } from './form.ts'
import { flag } from './run.ts'
import { transcriptOf } from './transcript.ts'

const BATCH = 50
/** Every so many batches somebody comes or goes, so that keys and the directory move as well. */
const CHANGE = 4
const TWICE = 0.05

type Entry = Extract<Frame, { type: 'entry' }>

/** Texts of the owner, and people who come and go in between. */
async function fill(box: TestBox, owner: Core, log: LogId, entries: number): Promise<void> {
  const guest = await joinAs(box, owner, 'Gerda Gast')
  const { person } = guest.replica.identity
  for (let said = 0, batch = 0; said < entries; said += BATCH, batch++) {
    await catchUp(owner)
    if (batch % CHANGE === CHANGE - 1) {
      const inside = owner.replica.channels.get(log)?.members.has(person) === true
      await (inside ? removePeople(owner, log, [person]) : addPeople(owner, log, [person]))
    }
    const texts = Array.from({ length: Math.min(BATCH, entries - said) }, (_, after) =>
      bareItem(sealedText(owner, log, `number ${said + after}`, { after })),
    )
    assert.equal((await call(box, owner.signer, 'entries', { items: texts })).status, 200)
  }
}

/** Everything that a device does not have yet, in the order of the box, and taken in by nobody. */
async function missing(core: Core): Promise<{ entries: Entry[]; others: Frame[] }> {
  const entries: Entry[] = []
  const others: Frame[] = []
  const have = new Map(
    [core.replica.directory.log, ...core.replica.channels.keys()].map((log) => {
      return [toHex(log), { log, n: core.replica.headOf(log)?.n ?? 0 }] as const
    }),
  )
  for (;;) {
    const input = { have: [...have.values()], wrapsSeen: core.replica.wrapsSeen, parcels: [] }
    const frames = await core.line.frames('sync', input, core.signer)
    for (const frame of frames) {
      if (frame.type !== 'entry') {
        if (frame.type === 'wrap') others.push(frame)
        continue
      }
      const entry = decodeEntry(frame.bytes)
      const log = entry.kind === KIND.create ? channelIdOf(entry) : asId<LogId>(entry.prefix.log)
      have.set(toHex(log), { log, n: frame.n })
      entries.push(frame)
    }
    if (!frames.some(({ type }) => type === 'more')) return { entries, others }
  }
}

function shuffle<T>(list: T[], random: () => number): T[] {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[list[i], list[j]] = [list[j] as T, list[i] as T]
  }
  return list
}

/** Pages in which everything is shuffled; what is then missing is asked for, a stretch at a time. */
async function deliver(core: Core, random: () => number): Promise<number> {
  const { entries, others } = await missing(core)
  let gaps = 0
  for (let at = 0; at < entries.length;) {
    const size = 1 + Math.floor(random() * 150)
    const page = entries.slice(at, at + size)
    const old = entries.slice(0, at).filter(() => random() < TWICE / 10)
    const wraps = others.filter(() => random() < TWICE)
    const { gap } = await takeIn(core, shuffle([...page, ...old, ...wraps], random))
    if (gap) {
      gaps += 1
      await takeIn(core, page)
    }
    at += size
  }
  await takeIn(core, shuffle(others, random))
  await pull(core)
  return gaps
}

const works: (() => void | Promise<void>)[] = []
const box = await startTestBox({ after: (work) => void works.push(work) })
const owner = await joinWith(box, box.card)
const devices: Core[] = []
for (let i = 0; i < flag('devices'); i++)
  devices.push(await joinAs(box, owner, `Person ${i} Beispiel`))
const log = await openGroup(owner, devices)
await fill(box, owner, log, flag('entries'))
await catchUp(owner)
let gaps = 0
for (const [i, device] of devices.entries())
  gaps += await deliver(device, randomFrom(flag('seed') + i))

const hashes = new Set<string>()
const heads = new Set<string | undefined>()
for (const core of [owner, ...devices]) {
  const transcript = await transcriptOf(core, log)
  assert.equal(transcript.length, flag('entries'))
  hashes.add(createHash('sha256').update(JSON.stringify(transcript)).digest('hex'))
  heads.add(core.replica.channels.get(log)?.head.h.toHex())
  assert.deepEqual(await core.store.list('problems'), [])
}
assert.equal(hashes.size, 1, 'one transcript')
assert.equal(heads.size, 1, 'one chain')
assert.ok(gaps > 0, 'something came out of order')
for (const work of works) await work()
console.log(JSON.stringify({ gaps, transcript: [...hashes][0] }))
