// (e) From the start to serving, and at rest; (f) what a connected device costs that says nothing.
import { LIVE_PATH } from '../../../protocol/api.ts'
import type { Bench } from '../../bench.ts'
import { openLive, type Live } from '../raw-socket.ts'
import { statSync } from 'node:fs'
import {
  buildExecutable,
  type Certificate,
  type Running,
  startBare,
  startBox,
  startExecutable,
} from '../servers.ts'
import { kib, median, mib, ms, tell } from '../table.ts'
import { windowOf, Writer } from '../traffic.ts'

const AT_ONCE = 200
const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

type Start = { time: number; rss: number }

async function started(start: () => Promise<Running>): Promise<Start> {
  const running = await start()
  await pause(1000)
  const rss = running.rss()
  await running.stop()
  return { time: running.started, rss }
}

type Found = Record<'box' | 'program' | keyof typeof BARE, Start[]>

const BARE = {
  durable: 'bare durable server',
  signed: 'the same with a router and libsodium',
} as const

export async function starts(bench: Bench): Promise<void> {
  const found: Found = { box: [], program: [], durable: [], signed: [] }
  const program = await buildExecutable()
  const data = bench.copyOfSmall()
  for (let run = 0; run < bench.runs + 2; run++) {
    for (const mode of ['durable', 'signed'] as const)
      found[mode].push(await started(() => startBare(mode, bench.file())))
    found.box.push(await started(() => startBox(data)))
    found.program.push(await started(() => startExecutable(program, data)))
  }
  for (const [mode, name] of Object.entries(BARE) as [keyof typeof BARE, string][])
    for (const box of ['box', 'program'] as const) compare(found, box, mode, name)
  const [size, node] = [statSync(program).size, statSync(process.execPath).size]
  tell({
    id: 'e3',
    what: 'size of the executable, the Node inside = 1',
    values: { program: mib(size), node: mib(node) },
    ratio: size / node,
    goal: 1.1,
  })
}

/** `mode` is 1. */
function compare(
  found: Found,
  box: 'box' | 'program',
  mode: keyof typeof BARE,
  bare: string,
): void {
  const of = (which: keyof typeof found, what: keyof Start): number =>
    median(found[which].map((one) => one[what]))
  const [time, rss] = [of(box, 'time'), of(box, 'rss')]
  const id = (mode === 'durable' ? '' : 's') + (box === 'box' ? '' : 'x')
  const whose = box === 'box' ? '' : ' of the executable'
  tell({
    id: `e1${id}`,
    what: `start to serving${whose}, ${bare} = 1`,
    values: { box: ms(time), bare: ms(of(mode, 'time')) },
    ratio: time / of(mode, 'time'),
    goal: 1.3,
  })
  tell({
    id: `e2${id}`,
    what: `resident memory at rest${whose}, ${bare} = 1`,
    values: { box: mib(rss), bare: mib(of(mode, 'rss')) },
    ratio: rss / of(mode, 'rss'),
    goal: 1.25,
  })
}

export async function idle(bench: Bench, certificate?: Certificate): Promise<void> {
  const [count = 10_000] = bench.sizes([certificate === undefined ? 10_000 : 2000])
  const { stage } = bench
  const running = await startBox(bench.copyOfStage(), certificate)
  const window = await windowOf(running.target)
  await pause(1000)
  const before = running.rss()
  const lives: Live[] = []
  for (let at = 0; at < count; at += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - at) }, (_, i) => {
      const who = stage.devices[(at + i) % stage.devices.length] ?? stage.owner
      const writer = new Writer(stage.org, who)
      return openLive(running.target, LIVE_PATH, () => writer.hello(running.target, window))
    })
    lives.push(...(await Promise.all(some)))
  }
  await pause(5000)
  const after = running.rss()
  for (const live of lives) live.close()
  await running.stop()
  const per = (after - before) / count
  const goal = certificate === undefined ? 20 : 70
  const over = certificate === undefined ? '' : ' over TLS'
  tell({
    id: certificate === undefined ? 'f1' : 'f2',
    what: `KiB that a connected idle device costs, of ${count}${over}`,
    values: { each: kib(per), box: mib(after), 'without them': mib(before) },
    ratio: per / 1024,
    goal,
  })
}
