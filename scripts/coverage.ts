// Branch coverage of protocol/, client/ and server/store/ by the tests that run in one process. Usage:
// npm run coverage. Prints each folder beside its goal, and the lines whose branches no test takes, with the reason
// why they are left (coverage/left.ts). Ends with 1 when a folder is below its goal or a test fails.
import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prove } from '../test/helpers/proof.ts'
import { reasonFor } from './coverage/left.ts'
import { type Covered, readLcov } from './coverage/lcov.ts'

const ROOT = join(import.meta.dirname, '..')
const FOLDERS = ['protocol', 'client', 'server/store']
const GOAL = 0.95
const TESTS = ['protocol', 'client', 'server', 'stories']

function measure(): { status: number; lcov: string } {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-coverage-'))
  const lcov = join(folder, 'lcov.info')
  const tests = TESTS.flatMap((name) => globSync(`test/${name}/*.test.ts`, { cwd: ROOT }))
  const options = [
    '--test',
    '--test-concurrency=2',
    '--experimental-test-coverage',
    ...FOLDERS.map((name) => `--test-coverage-include=${name}/**`),
    '--test-reporter=dot',
    '--test-reporter-destination=stderr',
    '--test-reporter=lcov',
    `--test-reporter-destination=${lcov}`,
  ]
  const { status } = spawnSync(process.execPath, [...options, ...tests.toSorted()], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const text = readFileSync(lcov, 'utf8')
  rmSync(folder, { recursive: true })
  return { status: status ?? 1, lcov: text }
}

function reportFolder(folder: string, files: Covered[]): boolean {
  const here = files.filter(({ file }) => file.startsWith(`${folder}/`))
  const branches = here.reduce((sum, one) => sum + one.branches, 0)
  const taken = here.reduce((sum, one) => sum + one.branches - one.untaken.length, 0)
  const met = branches > 0 && taken / branches >= GOAL
  const percent = ((100 * taken) / branches).toFixed(1)
  process.stdout.write(
    `${folder}: ${taken} of ${branches} branches (${percent} %, goal ${100 * GOAL} %)\n`,
  )
  prove(folder, 'branches that tests take', { met, branches, taken, percent, goal: 100 * GOAL })
  return met
}

function reportLeft({ file, untaken }: Covered): void {
  const source = readFileSync(join(ROOT, file), 'utf8').split('\n')
  for (const line of [...new Set(untaken)].toSorted((a, b) => a - b)) {
    const text = (source[line - 1] ?? '').trim()
    const reason = reasonFor(file, text)
    process.stdout.write(`  ${file}:${line}  ${text}\n    ${reason ?? 'no reason yet'}\n`)
    prove(`${file}:${line}`, text, reason === undefined ? { met: false } : { reason })
  }
}

const { status, lcov } = measure()
const files = readLcov(lcov)
const good = FOLDERS.map((folder) => reportFolder(folder, files)).every(Boolean)
for (const one of files) if (one.untaken.length > 0) reportLeft(one)
process.exitCode = good && status === 0 ? 0 : 1
