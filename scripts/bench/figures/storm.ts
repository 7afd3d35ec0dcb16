// (d) Everybody comes back at once and catches up; (h) the same over TLS.
import { connect } from 'node:tls'
import { LIVE_PATH } from '../../../protocol/api.ts'
import type { Bench } from '../../bench.ts'
import {
  httpRequest,
  openLive,
  openPosting,
  type Live,
  type Posting,
  type Target,
} from '../raw-socket.ts'
import { type Certificate, type Running, startBare, startBox } from '../servers.ts'
import { median, ms, tell, us } from '../table.ts'
import { hostOf, postLanes, windowOf, Writer } from '../traffic.ts'

const MISSED = 50
/** As many as a phone network lets through in the same instant. */
const AT_ONCE = 500

type Outcome = { time: number; cpu: number; refused: number }
type Client = (i: number, target: Target, open: (Live | Posting)[]) => Promise<void>

/** All clients, so many at a time; what is refused is counted and not tried again. */
async function storm(running: Running, count: number, client: Client): Promise<Outcome> {
  const open: (Live | Posting)[] = []
  const target = running.target.tls
    ? { ...running.target, session: await ticket(running.target) }
    : running.target
  let next = 0
  let refused = 0
  const before = running.cpu()
  const begin = performance.now()
  const lane = async (): Promise<void> => {
    while (next < count) await client(next++, target, open).catch(() => refused++)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  const time = performance.now() - begin
  const cpu = ((running.cpu() - before) * 1000) / count
  for (const one of open) one.close()
  return { time, cpu, refused }
}

/** What a phone that was here before has kept. */
function ticket({ host, port }: Target): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, rejectUnauthorized: false, servername: 'localhost' })
    socket.once('session', (session: Buffer) => {
      resolve(session)
      socket.destroy()
    })
    socket.once('secureConnect', () => socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'))
    socket.on('error', reject)
  })
}

export async function storms(bench: Bench, certificate?: Certificate): Promise<void> {
  const [count = 5000] = bench.sizes([certificate === undefined ? 5000 : 2000])
  const found: { box: Outcome[]; bare: Outcome[] } = { box: [], bare: [] }
  for (let run = 0; run < bench.runs; run++) {
    found.bare.push(await bareStorm(bench, count, certificate))
    found.box.push(await boxStorm(bench, count, certificate))
  }
  const of = (name: 'box' | 'bare', what: keyof Outcome): number =>
    median(found[name].map((outcome) => outcome[what]))
  const over = certificate === undefined ? '' : ' over TLS'
  const id = certificate === undefined ? 'd' : 'h'
  tell({
    id: `${id}1`,
    what: `${count} return${over} and catch up ${MISSED} messages, bare server = 1`,
    values: {
      box: ms(of('box', 'time')),
      bare: ms(of('bare', 'time')),
      refused: String(of('box', 'refused')),
    },
    ratio: of('box', 'time') / of('bare', 'time'),
    goal: 4,
  })
  tell({
    id: `${id}2`,
    what: `server CPU per returning client${over}, bare server = 1`,
    values: { box: us(of('box', 'cpu')), bare: us(of('bare', 'cpu')) },
    ratio: of('box', 'cpu') / of('bare', 'cpu'),
    goal: 4,
  })
  tell({
    id: `${id}3`,
    what: `connections refused in the storm${over}`,
    values: { box: String(of('box', 'refused')), bare: String(of('bare', 'refused')) },
    ratio: of('box', 'refused'),
    goal: 0,
  })
}

async function bareStorm(bench: Bench, count: number, certificate?: Certificate): Promise<Outcome> {
  const running = await startBare('durable', bench.file(), certificate)
  const { target } = running
  const stored = bench
    .frames(MISSED)
    .map((frame) => httpRequest(hostOf(target), 'POST', '/0', frame))
  await postLanes(target, [stored])
  const outcome = await storm(running, count, async (_i, to, open) => {
    open.push(await openLive(to, '/0', () => Uint8Array.of(1)))
    const posting = await openPosting(to)
    open.push(posting)
    const { body } = await posting.post(httpRequest(hostOf(to), 'GET', '/0?0', new Uint8Array(0)))
    if (body.length < MISSED * 600) throw new Error('not everything came')
  })
  await running.stop()
  return outcome
}

async function boxStorm(bench: Bench, count: number, certificate?: Certificate): Promise<Outcome> {
  const { stage } = bench
  const running = await startBox(bench.copyOfStage(), certificate)
  const { target } = running
  const window = await windowOf(target)
  const writer = new Writer(stage.org, stage.devices[0] ?? stage.owner)
  const messages = Array.from({ length: MISSED }, () => writer.message(stage.audience))
  await postLanes(target, [[writer.posting(target, window, ...messages)]])
  const have = [
    { log: stage.org, n: stage.dirN },
    { log: stage.audience.log, n: stage.audience.n },
    ...stage.groups.map(({ log, n }) => ({ log, n })),
  ]
  const input = { have, wrapsSeen: Number.MAX_SAFE_INTEGER, parcels: [] }
  const writers = Array.from({ length: count }, (_, i) => {
    return new Writer(stage.org, stage.devices[i % stage.devices.length] ?? stage.owner)
  })
  const hellos = writers.map((one) => one.hello(target, window))
  const syncs = writers.map((one) => one.request(target, window, 'sync', input))
  const outcome = await storm(running, count, async (i, to, open) => {
    open.push(await openLive(to, LIVE_PATH, () => hellos[i] as Uint8Array))
    const posting = await openPosting(to)
    open.push(posting)
    const { status, body } = await posting.post(syncs[i] as Uint8Array)
    if (status !== 200 || body.length < MISSED * 600) throw new Error('not everything came')
  })
  await running.stop()
  return outcome
}
