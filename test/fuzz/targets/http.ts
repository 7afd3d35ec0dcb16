// A real box over real sockets: whatever stands on the wire, it answers in the words of the table and serves on.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { Broken, type Fuzzed, type Target } from '../../../scripts/fuzz/target.ts'
import { foundIn, serveData, TestClock } from '../../server/kit.ts'
import { fireAt, judgeLog, peopleOn, stillServes } from '../fire.ts'

/** Each connection comes from an address of its own, and a while after the last: limits refill. */
const PAUSE = 5_000
const MEGABYTE = 1024 * 1024

function addressOf(n: number): string {
  return `127.${1 + ((n >> 16) % 250)}.${(n >> 8) % 256}.${1 + (n % 250)}`
}

const megabytes = (): number => Math.round(process.memoryUsage.rss() / MEGABYTE)

async function openBox() {
  const data = mkdtempSync(join(tmpdir(), 'holdfast-fuzz-'))
  const { card } = await foundIn(data)
  const clock = new TestClock()
  const lines: string[] = []
  const sink = new Writable({
    write(chunk: Buffer, _, done) {
      lines.push(...chunk.toString().split('\n'))
      done()
    },
  })
  const faults: unknown[] = []
  const log = pino({ level: 'debug' }, sink)
  const box = await serveData(data, { clock, log, fatal: (error) => faults.push(error) })
  const { host, port } = new URL(box.url)
  const address = { url: box.url, host, port: Number(port) }
  const close = async (): Promise<void> => {
    await box.stop()
    rmSync(data, { recursive: true })
  }
  return { box, card, clock, lines, faults, address, close }
}

async function open(): Promise<Fuzzed> {
  const { box, card, clock, lines, faults, address, close } = await openBox()
  const { signers, samples, owner } = await peopleOn(address, card)
  const fire = { ...address, signers, window: () => box.context.windows.value }
  const tally = { answers: 0, accepted: 0, silent: 0 }
  const before = megabytes()
  let count = 0
  // What is thrown where nobody waits for it would end the box.
  const stray = (error: unknown): void => void faults.push(error)
  process.on('uncaughtException', stray)
  const complain = (): void => {
    const [fault] = faults.splice(0)
    if (fault !== undefined) throw fault instanceof Error ? fault : new Broken('a fault')
    judgeLog(lines.splice(0))
  }
  return {
    samples,
    async run(input) {
      clock.pass(PAUSE)
      await fireAt(fire, input, addressOf((count += 1)), tally)
      complain()
    },
    async settle() {
      complain()
      await stillServes(address, owner)
    },
    facts: () => ({ ...tally, 'MB before': before, 'MB after': megabytes() }),
    async close() {
      process.off('uncaughtException', stray)
      await close()
    },
  }
}

export const http: Target = {
  name: 'http',
  about: 'a running box over real sockets: HTTP and the live door',
  sources: ['server/'],
  longest: 12_000,
  batch: 40,
  width: 8,
  runs: 0,
  open,
}
