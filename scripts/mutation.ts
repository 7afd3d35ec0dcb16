// Takes each check of protocol/ and client/ out, one at a time, and runs the tests that come by it: a check that
// no test misses is not proven. Usage: npm run mutation [-- FOLDER-OR-FILE…].
// Prints the score of each folder and every survivor; ends with 1 when a folder is below its goal. Checks that are
// left with a reason (mutation/left.ts) count as survivors and are not tried.
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Check, findChecks } from './mutation/find-checks.ts'
import { reasonFor } from './mutation/left.ts'
import { type Baseline, baselineOf } from './mutation/reach.ts'
import { runWithout, type Verdict } from './mutation/run-without.ts'
import { prove } from '../test/helpers/proof.ts'

const ROOT = join(import.meta.dirname, '..')
const WORKERS = 2
const TESTS = ['protocol', 'client', 'stories', 'cli'].map((name) => `test/${name}/*.test.ts`)
/** A file of tests gets a minute more than three times what it takes as it is, on two busy cores. */
const PATIENCE = 60_000
const SLOWER = 3
/** What is left is listed with each run; a folder that falls below is a defect. */
const GOALS: Record<string, number> = { protocol: 0.95, client: 0.8 }

type Judged = { check: Check; verdict: Verdict }

function sources(only: string[]): string[] {
  // What runs in a browser only has its tests there.
  const all = globSync(['protocol/*.ts', 'client/*.ts', 'client/node/*.ts'], { cwd: ROOT })
  return all
    .filter((file) => only.length === 0 || only.some((part) => file.startsWith(part)))
    .toSorted()
}

/** Each file of tests once as it is: against tests that fail anyway every removal would look noticed. */
async function measure(checks: readonly Check[]): Promise<Baseline[]> {
  const files = globSync(TESTS, { cwd: ROOT })
  const measured: Baseline[] = []
  const queue = [...files]
  await eachWorker(async () => {
    for (let tests = queue.shift(); tests !== undefined; tests = queue.shift()) {
      measured.push(await baselineOf(tests, checks))
      process.stderr.write(`${measured.length} of ${files.length}  measured  ${tests}\n`)
    }
  })
  const broken = measured.filter(({ passed }) => !passed).map(({ tests }) => tests)
  if (broken.length === 0) return measured.toSorted((a, b) => a.milliseconds - b.milliseconds)
  process.stderr.write(
    `Tests fail with every check in place. Mend them first: ${broken.join(' ')}\n`,
  )
  process.exit(1)
}

/** Those named after the file first, then the fastest. */
function suitesFor(check: Check, baselines: readonly Baseline[]): Baseline[] {
  const near = `/${basename(check.file, '.ts')}`
  const reaching = baselines.filter(({ reached }) => reached.has(check))
  const isNear = ({ tests }: Baseline): boolean => tests.includes(near)
  return [...reaching.filter(isNear), ...reaching.filter((one) => !isNear(one))]
}

async function judge(check: Check, baselines: readonly Baseline[]): Promise<Verdict> {
  if (reasonFor(check) !== undefined) return 'survived'
  for (const { tests, milliseconds } of suitesFor(check, baselines)) {
    const verdict = await runWithout(check, [tests], PATIENCE + SLOWER * milliseconds)
    if (verdict !== 'survived') return verdict
  }
  return 'survived'
}

const eachWorker = (job: () => Promise<void>) => Promise.all(Array.from({ length: WORKERS }, job))

async function work(queue: Check[], baselines: Baseline[], judged: Judged[]): Promise<void> {
  for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
    const verdict = await judge(check, baselines)
    judged.push({ check, verdict })
    process.stderr.write(
      `${judged.length} of ${checks.length}  ${verdict === 'survived' ? 'SURVIVED' : verdict}  ${check.file}:${check.line}  ${check.text}\n`,
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

const only = process.argv.slice(2)
const checks = sources(only).flatMap((file) =>
  findChecks(file, readFileSync(join(ROOT, file), 'utf8')),
)
const baselines = await measure(checks)
const queue = [...checks]
const judged: Judged[] = []
await eachWorker(() => work(queue, baselines, judged))
process.exitCode = report(judged) ? 0 : 1
