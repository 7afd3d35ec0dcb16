// Runs what shows that Holdfast holds, keeps each line of proof in docs/proof/, and writes docs/PROOF.md from
// them. `npm run proof -- --help` says more.
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Header, type Line, page, type Part, PARTS, type Run } from './proof/page.ts'

const HELP = `npm run proof [-- OPTIONS]
  --only a,b   parts: ${PARTS.join(', ')}
               (default: all; the others stay as they were)
  --long       the fault tests in their long form, which takes hours
  --page       runs nothing, only writes docs/PROOF.md from docs/proof/
  --check      runs nothing, ends with 1 when docs/PROOF.md is not what docs/proof/ says
`
const ROOT = join(import.meta.dirname, '..')
const PAGE = join(ROOT, 'docs/PROOF.md')

/** What a part runs, under this Node, and how a person would call it. */
function commandOf(part: Part, long: boolean): { shown: string; args: string[] } {
  const tests = (folder: string): string[] => [
    '--test',
    '--test-concurrency=1',
    ...globSync(`test/${folder}/*.test.ts`, { cwd: ROOT }).toSorted(),
  ]
  if (part === 'fuzz') return { shown: 'npm test -- test/fuzz/*.test.ts', args: tests('fuzz') }
  if (part === 'mutation' || part === 'mutation-client') {
    const folder = part === 'mutation' ? 'protocol' : 'client'
    return { shown: `npm run mutation -- ${folder}`, args: ['scripts/mutation.ts', folder] }
  }
  if (part !== 'faults') return { shown: `npm run ${part}`, args: [`scripts/${part}.ts`] }
  return long
    ? { shown: 'npm run test:faults', args: ['scripts/faults.ts'] }
    : { shown: 'npm test -- test/faults/*.test.ts', args: tests('faults') }
}

function commit(): string {
  const { stdout } = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT })
  return String(stdout).trim()
}

function headerOf(command: string): Header {
  const model = cpus()[0]?.model ?? 'an unknown processor'
  const machine = `${availableParallelism()} cores of ${model.trim()}`
  const load = (loadavg()[0] ?? 0).toFixed(1)
  return { command, date: new Date().toISOString().slice(0, 10), commit: commit(), machine, load }
}

const fileOf = (part: Part): string => join(ROOT, `docs/proof/${part}.jsonl`)

/** Runs a part and keeps its lines. Returns its exit code: lines that hold are kept also when others do not. */
function runPart(part: Part, long: boolean): number {
  const { shown, args } = commandOf(part, long)
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-proof-'))
  const proof = join(folder, 'lines.jsonl')
  const header = headerOf(shown)
  const env = { ...process.env, HOLDFAST_PROOF: proof }
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, env, stdio: 'inherit' })
  const lines = existsSync(proof) ? readFileSync(proof, 'utf8') : ''
  rmSync(folder, { recursive: true })
  mkdirSync(join(ROOT, 'docs/proof'), { recursive: true })
  writeFileSync(fileOf(part), `${JSON.stringify(header)}\n${lines}`)
  return status ?? 1
}

function read(part: Part): Run | undefined {
  if (!existsSync(fileOf(part))) return undefined
  const [header, ...lines] = readFileSync(fileOf(part), 'utf8').trim().split('\n')
  return {
    header: JSON.parse(header ?? '') as Header,
    lines: lines.map((line) => JSON.parse(line) as Line),
  }
}

function pageNow(): string {
  return page(
    Object.fromEntries(
      PARTS.flatMap((part) => {
        const run = read(part)
        return run === undefined ? [] : [[part, run]]
      }),
    ),
  )
}

function main(argv: string[]): number {
  const flag = { type: 'boolean' } as const
  const options = {
    only: { type: 'string' },
    long: flag,
    page: flag,
    check: flag,
    help: flag,
  } as const
  const { values } = parseArgs({ args: argv, options })
  if (values.help === true) {
    process.stdout.write(HELP)
    return 0
  }
  if (values.check === true) return readFileSync(PAGE, 'utf8') === pageNow() ? 0 : 1
  const wanted = values.only?.split(',') ?? PARTS
  const unknown = wanted.filter((part) => !PARTS.some((known) => known === part))
  if (unknown.length > 0) {
    process.stderr.write(`There is no part "${unknown.join(', ')}".\n${HELP}`)
    return 2
  }
  const run = values.page === true ? [] : PARTS.filter((part) => wanted.includes(part))
  const codes = run.map((part) => runPart(part, values.long === true))
  writeFileSync(PAGE, pageNow())
  return Math.max(0, ...codes)
}

process.exitCode = main(process.argv.slice(2))
