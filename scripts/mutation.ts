// Takes each check of protocol/ and client/ out, one at a time, and runs the tests: a check that no test
// misses is not proven. Usage: npm run mutation [-- FOLDER-OR-FILE…].
// Prints the score of each folder and every survivor; ends with 1 when a folder is below its goal. Checks that are
// left with a reason (mutation/left.ts) count as survivors and are not tried.
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Check, findChecks } from './mutation/find-checks.ts'
import { reasonFor } from './mutation/left.ts'
import { runWithout, type Verdict } from './mutation/run-without.ts'
import { prove } from '../test/helpers/proof.ts'

const ROOT = join(import.meta.dirname, '..')
const WORKERS = 2
/** The slowest group, all stories one after the other, takes three minutes on two quiet cores. */
const PATIENCE = 600_000
/** What is left is listed with each run; a folder that falls below is a defect. */
const GOALS: Record<string, number> = { protocol: 0.95, client: 0.8 }

type Judged = { check: Check; verdict: Verdict }

function sources(only: string[]): string[] {
  const all = globSync(['protocol/*.ts', 'client/**/*.ts'], { cwd: ROOT })
  return all
    .filter((file) => only.length === 0 || only.some((part) => file.startsWith(part)))
    .toSorted()
}

/** The nearest tests first: most checks are missed there in a second. */
function suitesFor(file: string): string[][] {
  const name = basename(file, '.ts')
  const near = globSync([`test/{protocol,client}/${name}*.test.ts`], { cwd: ROOT })
  const unit = file.startsWith('protocol/')
    ? ['test/protocol/*.test.ts']
    : ['test/client/*.test.ts', 'test/stories/*.test.ts']
  const rest = file.startsWith('protocol/')
    ? ['test/client/*.test.ts', 'test/stories/*.test.ts']
    : ['test/cli/*.test.ts']
  return [...(near.length > 0 ? [near] : []), unit, rest]
}

async function judge(check: Check): Promise<Verdict> {
  if (reasonFor(check) !== undefined) return 'survived'
  for (const suites of suitesFor(check.file)) {
    const verdict = await runWithout(check, suites, PATIENCE)
    if (verdict !== 'survived') return verdict
  }
  return 'survived'
}

async function work(queue: Check[], total: number, judged: Judged[]): Promise<void> {
  for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
    const verdict = await judge(check)
    judged.push({ check, verdict })
    process.stderr.write(
      `${judged.length} of ${total}  ${verdict === 'survived' ? 'SURVIVED' : verdict}  ${check.file}:${check.line}  ${check.text}\n`,
    )
  }
}

function report(judged: Judged[]): boolean {
  const scores = Object.entries(GOALS).map(([folder, goal]) => {
    const here = judged.filter(({ check }) => check.file.startsWith(`${folder}/`))
    return here.length === 0 || reportFolder(folder, goal, here)
  })
  for (const { check } of judged.filter(({ verdict }) => verdict === 'survived')) {
    const reason = reasonFor(check) ?? 'no reason yet'
    process.stdout.write(`  survivor ${check.file}:${check.line}  ${check.text}\n    ${reason}\n`)
    const held = reasonFor(check) === undefined ? { met: false } : { reason }
    prove(`${check.file}:${check.line}`, check.text, held)
  }
  return scores.every(Boolean)
}

function reportFolder(folder: string, goal: number, judged: Judged[]): boolean {
  const missed = judged.filter(({ verdict }) => verdict !== 'survived').length
  const hung = judged.filter(({ verdict }) => verdict === 'hung').length
  const score = missed / judged.length
  const percent = (100 * score).toFixed(1)
  process.stdout.write(
    `${folder}: ${missed} of ${judged.length} checks are missed when taken out (${percent} %, goal ${100 * goal} %; ${hung} of them by hanging)\n`,
  )
  const title = 'checks that a test misses when they are taken out'
  const facts = { checks: judged.length, missed, percent, goal: 100 * goal }
  prove(folder, title, { met: score >= goal, ...facts })
  return score >= goal
}

/** Against tests that fail anyway every removal would look noticed. */
async function ensureSound(): Promise<void> {
  const nothing = { file: 'protocol/errors.ts', start: 0, end: 0, replacement: '' }
  const all = ['test/protocol/*.test.ts', 'test/client/*.test.ts']
  if ((await runWithout(nothing, all, PATIENCE)) === 'survived') return
  process.stderr.write('The tests fail with every check in place. Mend them first: npm test.\n')
  process.exit(1)
}

const only = process.argv.slice(2)
const checks = sources(only).flatMap((file) =>
  findChecks(file, readFileSync(join(ROOT, file), 'utf8')),
)
await ensureSound()
const queue = [...checks]
const judged: Judged[] = []
await Promise.all(Array.from({ length: WORKERS }, () => work(queue, checks.length, judged)))
process.exitCode = report(judged) ? 0 : 1
