// Measures the box beside a server with nothing of a product in it, in one run on one machine: only the ratios
// mean anything. Usage: npm run bench [-- --quick] [--only a,b,c,d,e,f,g,h] [--runs N] [--help]
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { acceptance } from './bench/figures/accept.ts'
import { broadcasts, chats, chatWrites, floods } from './bench/figures/fanout.ts'
import { idle, starts } from './bench/figures/rest.ts'
import { sealing } from './bench/figures/sealing.ts'
import { returns } from './bench/figures/returning.ts'
import { storms } from './bench/figures/storm.ts'
import { type Certificate, pinLoad } from './bench/servers.ts'
import { makeStage, type Stage } from './bench/stage.ts'

const HELP = `npm run bench [-- OPTIONS]
  --only a,b   figures by letter: a fan-out, b acceptance, c sealing, d storm, e start, f idle, g floods, h TLS,
               i a restart of the executable under ten thousand devices
  --runs N     runs of each figure, of which the median counts (default 5)
  --quick      small sizes and one run: shows that it works, its figures mean nothing
`

/** What every figure needs: sizes, copies of the stage, files. */
export class Bench {
  readonly stage: Stage
  readonly small: Stage
  readonly runs: number
  readonly quick: boolean
  readonly folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-runs-'))
  #files = 0

  constructor(stage: Stage, small: Stage, runs: number, quick: boolean) {
    this.stage = stage
    this.small = small
    this.runs = runs
    this.quick = quick
  }

  /** Messages of one broadcast round, of which the first half warms up; one device may write 100 at once. */
  messages(receivers: number): number {
    if (this.quick) return 6
    return receivers > 1000 ? 40 : 120
  }
  get flood(): number {
    return this.quick ? 50 : 400
  }
  get chat(): number {
    return this.quick ? 10 : 60
  }
  get accepted(): number {
    return this.quick ? 640 : 6400
  }

  sizes(wanted: number[]): number[] {
    return this.quick ? [Math.min(100, ...wanted)] : wanted
  }

  file(): string {
    return join(this.folder, `bare-${(this.#files += 1)}.db`)
  }

  copyOfStage(): string {
    return this.#copy(this.stage)
  }

  copyOfSmall(): string {
    return this.#copy(this.small)
  }

  #copy({ data }: Stage): string {
    const copy = join(this.folder, `box-${(this.#files += 1)}`)
    cpSync(data, copy, { recursive: true })
    return copy
  }

  /** Frames of the size of a 100-character message; the first byte says that they are entries. */
  frames(count: number): Uint8Array[] {
    return Array.from({ length: count }, () => new Uint8Array(638).fill(1))
  }
}

function certificateIn(folder: string): Certificate | undefined {
  const cert = join(folder, 'bench.crt')
  const key = join(folder, 'bench.key')
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const to = ['-subj', '/CN=localhost', '-keyout', key, '-out', cert]
  return spawnSync('openssl', ['req', '-x509', ...kind, ...to]).status === 0
    ? { cert, key }
    : undefined
}

async function main(argv: string[]): Promise<void> {
  const options = {
    only: { type: 'string' },
    runs: { type: 'string' },
    quick: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const
  const { values } = parseArgs({ args: argv, options })
  if (values.help === true) return void process.stdout.write(HELP)
  const quick = values.quick === true
  const only = (values.only ?? 'a,b,c,d,e,f,g,h,i').split(',')
  const pinned = pinLoad()
  process.stderr.write(`Making the organisation (${quick ? 120 : 5000} devices)…\n`)
  const stage = await makeStage(quick ? 120 : 5000, quick ? 5 : 50)
  const small = await makeStage(20, 0)
  const bench = new Bench(stage, small, quick ? 1 : Number(values.runs ?? 5), quick)
  process.stdout.write(
    `${pinned ? 'Server and load each on a core of their own.' : 'Not pinned: taskset is missing.'} Medians of ${bench.runs} runs.\n`,
  )
  const certificate = certificateIn(bench.folder)
  try {
    if (only.includes('c')) sealing(bench)
    if (only.includes('e')) await starts(bench)
    if (only.includes('a')) await broadcasts(bench)
    if (only.includes('b')) await acceptance(bench)
    if (only.includes('g')) await floods(bench)
    if (only.includes('g')) await chats(bench)
    if (only.includes('g')) await chatWrites(bench)
    if (only.includes('d')) await storms(bench)
    if (only.includes('f')) await idle(bench)
    if (only.includes('h') && certificate !== undefined) await storms(bench, certificate)
    if (only.includes('f') && certificate !== undefined) await idle(bench, certificate)
    if (only.includes('i') && certificate !== undefined) await returns(bench, certificate)
  } finally {
    for (const folder of [bench.folder, stage.data, small.data])
      rmSync(folder, { recursive: true, force: true })
  }
}

await main(process.argv.slice(2))
