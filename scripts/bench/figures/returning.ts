// (i) The box is killed under everybody who is connected, and starts again: how long until all have caught up, and how
// long whoever writes meanwhile waits for the box's word. Fault F10 of the evidence, for the executable, over TLS.
import { setTimeout as wait } from 'node:timers/promises'
import {
  FIRST_PAUSE,
  LONGEST_PAUSE,
  LONGEST_SPREAD,
  SPREAD_PER_DEVICE,
} from '../../../client/live.ts'
import { LIVE_PATH } from '../../../protocol/api.ts'
import type { Bench } from '../../bench.ts'
import { type Live, openLive, openPosting, type Target } from '../raw-socket.ts'
import { buildExecutable, type Certificate, startExecutable } from '../servers.ts'
import { ms, tell } from '../table.ts'
import { windowOf, Writer } from '../traffic.ts'

const DEVICES = 10_000
/** Between two messages of whoever writes meanwhile. Milliseconds. */
const WRITING_PAUSE = 200
/** Of so many messages one goes to everybody: about each ten seconds. */
const TO_EVERYBODY = 50
/** A connection that gets no answer is given up, as devices do. Milliseconds. */
const PATIENCE = 20_000
const CONNECTED_AT_ONCE = 200

type Returned = { all: number; acks: number[]; attempts: number }
type Device = { writer: Writer; live: Live | null }

export async function returns(bench: Bench, certificate: Certificate): Promise<void> {
  const [count = DEVICES] = bench.sizes([DEVICES])
  const { all, acks, attempts } = await restart(bench, certificate, count)
  const sorted = acks.toSorted((a, b) => a - b)
  const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN
  tell({
    id: 'i1',
    what: `seconds until ${count} devices are back after a kill, over TLS`,
    values: { time: ms(all), 'attempts each': (attempts / count).toFixed(2) },
    ratio: all / 1000,
    goal: 60,
  })
  tell({
    id: 'i2',
    what: 'seconds until the box confirms a message meanwhile, p99',
    values: {
      p99: ms(p99),
      median: ms(sorted[sorted.length >> 1] ?? Number.NaN),
      of: `${acks.length}`,
    },
    ratio: p99 / 1000,
    goal: 2,
  })
}

async function restart(bench: Bench, tls: Certificate, count: number): Promise<Returned> {
  const { stage } = bench
  const [program, data] = [await buildExecutable(), bench.copyOfStage()]
  const first = await startExecutable(program, data, tls)
  const { target } = first
  const before = await windowOf(target)
  const devices = Array.from({ length: count }, (_, i): Device => {
    const who = stage.devices[i % stage.devices.length] ?? stage.owner
    return { writer: new Writer(stage.org, who), live: null }
  })
  const queue = [...devices]
  const lane = async (): Promise<void> => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop())
      next.live = await openLive(target, LIVE_PATH, helloOf(next, target, before))
  }
  await Promise.all(Array.from({ length: CONNECTED_AT_ONCE }, lane))
  process.kill(first.pid, 'SIGKILL')
  const begin = performance.now()
  const again = await startExecutable(program, data, tls, target.port)
  const window = await windowOf(target)
  const writing = { over: false, acks: [] as number[] }
  const written = write(bench, target, window, writing)
  let attempts = 0
  await Promise.all(
    devices.map(async (device) => {
      await wait(Math.random() * Math.min(count * SPREAD_PER_DEVICE, LONGEST_SPREAD))
      for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
        await wait(pause * (0.5 + Math.random()))
        attempts += 1
        if (await back(bench, device, target, { before, window })) return
      }
    }),
  )
  const all = performance.now() - begin
  writing.over = true
  await written
  for (const { live } of devices) live?.close()
  await again.stop()
  return { all, acks: writing.acks, attempts }
}

const helloOf =
  ({ writer }: Device, target: Target, window: Uint8Array) =>
  (): Uint8Array =>
    writer.hello(target, window)

/** Catches up, hears the live line greet, and catches up once more; the first request is signed for the box of before. */
async function back(
  { stage }: Bench,
  device: Device,
  target: Target,
  { before, window }: { before: Uint8Array; window: Uint8Array },
): Promise<boolean> {
  const have = [
    { log: stage.org, n: stage.dirN },
    { log: stage.audience.log, n: stage.audience.n },
  ]
  const input = { have, wrapsSeen: Number.MAX_SAFE_INTEGER, parcels: [] }
  const { writer } = device
  try {
    const posting = await within(openPosting(target))
    const ask = (signedFor: Uint8Array) =>
      within(posting.post(writer.request(target, signedFor, 'sync', input)))
    await ask(before)
    const { status } = await ask(window)
    if (status !== 200) throw new Error(`sync: ${status}`)
    device.live = await within(openLive(target, LIVE_PATH, helloOf(device, target, window)))
    await ask(window)
    posting.close()
    return true
  } catch {
    return false
  }
}

function within<T>(work: Promise<T>): Promise<T> {
  const late = new AbortController()
  const giveUp = wait(PATIENCE, null, { signal: late.signal }).then(() => {
    throw new Error('no answer')
  })
  giveUp.catch(() => {})
  return Promise.race([work, giveUp]).finally(() => late.abort())
}

/** One message after the other until everybody is back: to a crisis team, and now and then to everybody. */
async function write(
  { stage }: Bench,
  target: Target,
  window: Uint8Array,
  writing: { over: boolean; acks: number[] },
): Promise<void> {
  const writer = new Writer(stage.org, stage.owner)
  const posting = await openPosting(target)
  const team = stage.groups[0] ?? stage.audience
  for (let i = 0; !writing.over; i++) {
    const to = i % TO_EVERYBODY === 0 ? stage.audience : team
    const request = writer.posting(target, window, writer.message(to))
    const begin = performance.now()
    const { status } = await posting.post(request)
    if (status !== 200) throw new Error(`a message was refused with ${status}`)
    writing.acks.push(performance.now() - begin)
    await wait(WRITING_PAUSE)
  }
  posting.close()
}
