// Takes each check of protocol/ and client/ out, one at a time, in a copy of the tree, and runs the tests:
// a check that no test misses is not proven. Usage: npm run mutation [-- FOLDER-OR-FILE…].
// Prints the score of each folder and every survivor; ends with 1 when a folder is below its goal.
import { spawn } from 'node:child_process'
import {
  cpSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { type Check, findChecks } from './mutation/find-checks.ts'

const ROOT = join(import.meta.dirname, '..')
const COPIED = [
  'protocol',
  'client',
  'server',
  'cli',
  'scripts',
  'test',
  'provisioning',
  'package.json',
  'tsconfig.json',
]
const WORKERS = 2
const PATIENCE = 180_000
/** What is left is listed with each run; a folder that falls below is a defect. */
const GOALS: Record<string, number> = { protocol: 0.95, client: 0.8 }

type Verdict = { check: Check; killed: boolean }

function sources(only: string[]): string[] {
  const all = globSync(['protocol/*.ts', 'client/**/*.ts'], { cwd: ROOT })
  return all
    .filter((file) => only.length === 0 || only.some((part) => file.startsWith(part)))
    .toSorted()
}

function copyTree(): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-mutation-'))
  for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** The nearest tests first: most mutants die there in a second. */
function suitesFor(file: string): string[][] {
  const stem = basename(file, '.ts')
  const near = globSync([`test/*/${stem}*.test.ts`], { cwd: ROOT })
  const unit = file.startsWith('protocol/')
    ? ['test/protocol/*.test.ts']
    : ['test/client/*.test.ts', 'test/stories/*.test.ts']
  const rest = file.startsWith('protocol/') ? ['test/stories/*.test.ts'] : ['test/cli/*.test.ts']
  return [...(near.length > 0 ? [near] : []), unit, rest]
}

function testsPass(folder: string, suites: string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const args = ['--test', '--test-timeout=90000', '--test-concurrency=1', ...suites]
    const child = spawn(process.execPath, args, { cwd: folder, stdio: 'ignore', detached: true })
    const end = (passed: boolean): void => {
      clearTimeout(late)
      resolve(passed)
    }
    // A mutant that hangs is noticed too. Its whole group goes, and nothing else.
    const late = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      end(false)
    }, PATIENCE)
    child.on('exit', (code) => end(code === 0))
  })
}

async function isKilled(folder: string, check: Check): Promise<boolean> {
  const path = join(folder, check.file)
  const original = readFileSync(path, 'utf8')
  writeFileSync(
    path,
    original.slice(0, check.start) + check.replacement + original.slice(check.end),
  )
  try {
    for (const suites of suitesFor(check.file)) if (!(await testsPass(folder, suites))) return true
    return false
  } finally {
    writeFileSync(path, original)
  }
}

async function work(queue: Check[], total: number, verdicts: Verdict[]): Promise<void> {
  const folder = copyTree()
  for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
    const killed = await isKilled(folder, check)
    verdicts.push({ check, killed })
    process.stderr.write(
      `${verdicts.length} of ${total}  ${killed ? 'noticed' : 'SURVIVED'}  ${check.file}:${check.line}  ${check.text}\n`,
    )
  }
  rmSync(folder, { recursive: true })
}

function report(verdicts: Verdict[]): boolean {
  let good = true
  for (const [folder, goal] of Object.entries(GOALS)) {
    const here = verdicts.filter(({ check }) => check.file.startsWith(`${folder}/`))
    if (here.length === 0) continue
    const killed = here.filter((verdict) => verdict.killed).length
    const score = killed / here.length
    good &&= score >= goal
    process.stdout.write(
      `${folder}: ${killed} of ${here.length} checks are missed when taken out (${(100 * score).toFixed(1)} %, goal ${100 * goal} %)\n`,
    )
  }
  for (const { check } of verdicts.filter((verdict) => !verdict.killed)) {
    process.stdout.write(`  survivor ${check.file}:${check.line}  ${check.text}\n`)
  }
  return good
}

const checks = sources(process.argv.slice(2)).flatMap((file) =>
  findChecks(file, readFileSync(join(ROOT, file), 'utf8')),
)
const queue = [...checks]
const verdicts: Verdict[] = []
await Promise.all(Array.from({ length: WORKERS }, () => work(queue, checks.length, verdicts)))
process.exitCode = report(verdicts) ? 0 : 1
