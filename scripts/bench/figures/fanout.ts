// (a) One sealed, signed, fsynced message to everybody who is connected; (g) many of them, and many groups at once.
import { decodeEntry, verifyEntry } from '../../../protocol/entry.ts'
import { LIVE_PATH } from '../../../protocol/api.ts'
import { signPairFromSeed } from '../../../protocol/sodium.ts'
import { countForcedWrites } from '../forced-writes.ts'
import { httpRequest, type Live, openLive, openPosting, type Target } from '../raw-socket.ts'
import { type BareMode, type Running, startBare, startBox } from '../servers.ts'
import type { Bench } from '../../bench.ts'
import type { Stage } from '../stage.ts'
import { each, median, ms, tell, us } from '../table.ts'
import { dealt, hostOf, postLanes, windowOf, Writer } from '../traffic.ts'

const AT_ONCE = 200
const OUTSTANDING = 8
const ENTRY = 1
/** One delivery in so many has its signature checked, as every phone does with its own. */
const SAMPLE = 500

/** A server with everybody connected, and how to post to it. */
export type Crowd = { running: Running; lives: Live[]; close(): Promise<void> }

export async function connectBox(stage: Stage, count: number, data: string): Promise<Crowd> {
  const running = await startBox(data)
  const window = await windowOf(running.target)
  const hello = (i: number) => () => {
    const who = stage.devices[i]
    if (who === undefined) throw new TypeError('more connections than devices')
    return new Writer(stage.org, who).hello(running.target, window)
  }
  return crowd(running, count, LIVE_PATH, hello)
}

export async function connectBare(
  mode: BareMode,
  count: number,
  file: string,
  pathOf: (i: number) => string = () => '/0',
): Promise<Crowd> {
  const running = await startBare(mode, file)
  const lives: Live[] = []
  for (let at = 0; at < count; at += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - at) }, (_, i) =>
      openLive(running.target, pathOf(at + i), () => Uint8Array.of(1)),
    )
    lives.push(...(await Promise.all(some)))
  }
  return withClose(running, lives)
}

async function crowd(
  running: Running,
  count: number,
  path: string,
  hello: (i: number) => () => Uint8Array,
): Promise<Crowd> {
  const lives: Live[] = []
  for (let at = 0; at < count; at += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - at) }, (_, i) =>
      openLive(running.target, path, hello(at + i)),
    )
    lives.push(...(await Promise.all(some)))
  }
  return withClose(running, lives)
}

function withClose(running: Running, lives: Live[]): Crowd {
  return {
    running,
    lives,
    async close() {
      for (const live of lives) live.close()
      await running.stop()
    },
  }
}

/** Calls `done` when `expected` entry frames have come, counted over all connections. */
function onDeliveries(lives: Live[], expected: number, signPk: Uint8Array | null): Promise<void> {
  return new Promise((resolve) => {
    let come = 0
    const count = (frame: Uint8Array): void => {
      if (frame[0] !== ENTRY) return
      come += 1
      if (signPk !== null && come % SAMPLE === 0)
        verifyEntry(decodeEntry(frame.subarray(9)), signPk)
      if (come === expected) resolve()
    }
    for (const live of lives) live.onFrame = count
  })
}

type Round = { last: number; cpu: number }

/**
 * From the post to the last receiver, in milliseconds; CPU of the server per delivery in microseconds. The first
 * half is not counted: until then V8 compiles, in any server.
 */
async function rounds(
  { running, lives }: Crowd,
  requests: Uint8Array[],
  signPk: Uint8Array | null,
): Promise<Round> {
  const posting = await openPosting(running.target)
  const times: number[] = []
  const half = Math.floor(requests.length / 2)
  let before = 0
  for (const [i, request] of requests.entries()) {
    if (i === half) before = running.cpu()
    const all = onDeliveries(lives, lives.length, signPk)
    const begin = performance.now()
    void posting.post(request)
    await all
    times.push(performance.now() - begin)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  posting.close()
  const cpu = ((running.cpu() - before) * 1000) / ((requests.length - half) * lives.length)
  return { last: median(times.slice(half)), cpu }
}

const bareRequests = (target: Target, frames: Uint8Array[], path = '/0'): Uint8Array[] =>
  frames.map((frame) => httpRequest(hostOf(target), 'POST', path, frame))

type Kind = 'box' | BareMode
type Found = Record<Kind, Round[]>

export async function broadcasts(bench: Bench): Promise<void> {
  for (const count of bench.sizes([100, 1000, 5000])) {
    const found: Found = { box: [], memory: [], durable: [], signed: [] }
    for (let run = 0; run < bench.runs; run++) {
      for (const mode of ['memory', 'durable', 'signed'] as const)
        found[mode].push(await bareRound(bench, mode, count))
      found.box.push(await boxRound(bench, count))
    }
    tellBroadcast('last receiver', `a1-${count}`, count, ms, medians(found, 'last'))
    tellBroadcast('CPU per delivery', `a2-${count}`, count, us, medians(found, 'cpu'))
  }
}

function medians(found: Found, what: keyof Round): Record<Kind, number> {
  const of = (kind: Kind): number => median(found[kind].map((round) => round[what]))
  return { box: of('box'), memory: of('memory'), durable: of('durable'), signed: of('signed') }
}

function tellBroadcast(
  what: string,
  id: string,
  count: number,
  unit: (value: number) => string,
  { box, memory, durable, signed }: Record<Kind, number>,
): void {
  const values = {
    box: unit(box),
    'ws loop': unit(memory),
    'bare durable': unit(durable),
    'with signatures': unit(signed),
  }
  const against: [string, string, number, number][] = [
    ['w', 'ws loop without storage', memory, 1.25],
    ['d', 'bare durable server', durable, 1.1],
    ['s', 'the same that checks and makes signatures', signed, 1.1],
  ]
  for (const [letter, name, other, goal] of against) {
    const to = `${what} to ${count}, ${name} = 1`
    tell({ id: `${id}${letter}`, what: to, values, ratio: box / other, goal })
  }
}

async function bareRound(bench: Bench, mode: BareMode, count: number): Promise<Round> {
  const server = await connectBare(mode, count, bench.file())
  const requests = bareRequests(server.running.target, bench.frames(bench.messages(count)))
  const round = await rounds(server, requests, null)
  await server.close()
  return round
}

async function boxRound(bench: Bench, count: number): Promise<Round> {
  const { stage } = bench
  const server = await connectBox(stage, count, bench.copyOfStage())
  const window = await windowOf(server.running.target)
  const who = stage.devices[0] ?? stage.owner
  const writer = new Writer(stage.org, who)
  const requests = Array.from({ length: bench.messages(count) }, () =>
    writer.posting(server.running.target, window, writer.message(stage.audience)),
  )
  const round = await rounds(server, requests, signPairFromSeed(who.seed).publicKey)
  await server.close()
  return round
}

/** Eight messages outstanding at any time: deliveries a second. */
async function flood(server: Crowd, requests: Uint8Array[]): Promise<number> {
  const all = onDeliveries(server.lives, requests.length * server.lives.length, null)
  const begin = performance.now()
  const statuses = await postLanes(server.running.target, dealt(requests, OUTSTANDING))
  if (statuses.some((status) => status !== 200)) throw new Error('a post was refused')
  await all
  return (requests.length * server.lives.length * 1000) / (performance.now() - begin)
}

export async function floods(bench: Bench): Promise<void> {
  const [count = 2000] = bench.sizes([2000])
  const found: { box: number[]; bare: number[] } = { box: [], bare: [] }
  for (let run = 0; run < bench.runs; run++) {
    const bare = await connectBare('memory', count, bench.file())
    const frames = bench.frames(bench.flood)
    found.bare.push(await flood(bare, bareRequests(bare.running.target, frames)))
    await bare.close()
    const { stage } = bench
    const box = await connectBox(stage, count, bench.copyOfStage())
    const window = await windowOf(box.running.target)
    // Publishers in turn: what one device may write is limited.
    const writers = stage.devices.slice(0, 6 * OUTSTANDING).map((who) => new Writer(stage.org, who))
    const requests = Array.from({ length: bench.flood }, (_, i) => {
      const writer = writers[i % writers.length] as Writer
      return writer.posting(box.running.target, window, writer.message(stage.audience))
    })
    found.box.push(await flood(box, requests))
    await box.close()
  }
  const [box, bare] = [median(found.box), median(found.bare)]
  tell({
    id: 'g1',
    what: `deliveries a second to ${count}, 8 outstanding, ws loop = 1`,
    values: { box: each(box), 'ws loop': each(bare) },
    ratio: box / bare,
    goal: 2.5,
    least: true,
  })
}

const GROUP = 20

/** Fifty groups of twenty that chat: messages a second until everybody has everything. */
export async function chats(bench: Bench): Promise<void> {
  const { stage } = bench
  const groups = stage.groups.length
  const found: Record<'box' | 'memory' | 'signed', number[]> = { box: [], memory: [], signed: [] }
  for (let run = 0; run < bench.runs; run++) {
    for (const mode of ['memory', 'signed'] as const)
      found[mode].push(await bareChat(bench, mode, groups))
    const box = await connectBox(stage, groups * GROUP, bench.copyOfStage())
    found.box.push(await boxChat(bench, box))
    await box.close()
  }
  const box = median(found.box)
  const against = [
    ['g2', 'ws loop', median(found.memory)],
    ['g2s', 'a bare durable server that checks and makes signatures', median(found.signed)],
  ] as const
  for (const [id, name, other] of against) {
    tell({
      id,
      what: `${groups} groups of ${GROUP} chat: messages a second, ${name} = 1`,
      values: { box: each(box), other: each(other) },
      ratio: box / other,
      goal: 0.8,
      least: true,
    })
  }
}

async function bareChat(bench: Bench, mode: BareMode, groups: number): Promise<number> {
  const pathOf = (i: number): string => `/${Math.floor(i / GROUP)}`
  const bare = await connectBare(mode, groups * GROUP, bench.file(), pathOf)
  const frames = bench.frames(bench.chat)
  const rate = await chat(bare, groups, (group) =>
    bareRequests(bare.running.target, frames, `/${group}`),
  )
  await bare.close()
  return rate
}

async function boxChat({ stage, chat: messages }: Bench, box: Crowd): Promise<number> {
  const window = await windowOf(box.running.target)
  const built = stage.groups.map((channel, group) => {
    const writer = new Writer(stage.org, stage.devices[group * GROUP] ?? stage.owner)
    return Array.from({ length: messages }, () =>
      writer.posting(box.running.target, window, writer.message(channel)),
    )
  })
  return chat(box, stage.groups.length, (group) => built[group] ?? [])
}

/** Forced writes a message while the groups chat; in a run of its own, since counting slows it down. */
export async function chatWrites(bench: Bench): Promise<void> {
  const { stage } = bench
  const groups = stage.groups.length
  const box = await connectBox(stage, groups * GROUP, bench.copyOfStage())
  const counting = await countForcedWrites(box.running.pid)
  if (counting !== null) {
    await boxChat(bench, box)
    const writes = await counting.end()
    tell({
      id: 'g3',
      what: `${groups} groups of ${GROUP} chat: forced writes a message`,
      values: { 'forced writes': String(writes), messages: String(groups * bench.chat) },
      ratio: writes / (groups * bench.chat),
      goal: 0.1,
    })
  }
  await box.close()
}

async function chat(
  server: Crowd,
  groups: number,
  requestsOf: (group: number) => Uint8Array[],
): Promise<number> {
  const built = Array.from({ length: groups }, (_, group) => requestsOf(group))
  const messages = built.reduce((sum, list) => sum + list.length, 0)
  const all = onDeliveries(server.lives, messages * GROUP, null)
  const begin = performance.now()
  const statuses = await postLanes(server.running.target, built)
  if (statuses.some((status) => status !== 200)) throw new Error('a post was refused')
  await all
  return (messages * 1000) / (performance.now() - begin)
}
