// One target in this process, by the coverage-guided engine, and what is said about it.
import { Coverage } from './coverage.ts'
import { readCorpus, writeCorpus } from './corpus.ts'
import { Explorer, type Limits, type Outcome } from './explore.ts'
import { describeFinding, type Finding } from './finding.ts'
import { seedEverything } from './random.ts'
import type { Target } from './target.ts'

/** Keys and scenes are the same whatever the seed of the mutations: what was found can be run again. */
const SCENE_SEED = 1
/** Slower than this is worth a look: a few bytes must not keep a box busy. */
const SLOW = 1000

export type Report = { outcome: Outcome; lines: string[]; facts: Record<string, number> }

export async function runTarget(
  load: () => Promise<Target>,
  limits: Limits,
  options: { keep?: boolean; say?: (text: string) => void } = {},
): Promise<Report> {
  const { keep = false, say = () => {} } = options
  // Before the code is loaded: V8 counts blocks only in what it compiles afterwards.
  const coverage = new Coverage()
  seedEverything(SCENE_SEED)
  const target = await load()
  const fuzzed = await target.open()
  try {
    const onFinding = (one: Finding): void => say(describeFinding(one))
    const around = { coverage, limits, onFinding }
    const explorer = new Explorer(target, fuzzed, around)
    const outcome = await explorer.run(readCorpus(target.name))
    const facts = { ...figures(outcome, coverage), ...fuzzed.facts?.() }
    const lines = [lineOf(target.name, facts), ...slowLine(outcome)]
    if (keep) lines.push(`  ${writeCorpus(target.name, outcome.learnt)} inputs kept`)
    return { outcome, lines, facts }
  } finally {
    await fuzzed.close?.()
    coverage.end()
  }
}

function figures(outcome: Outcome, coverage: Coverage): Record<string, number> {
  const { executions, seconds, corpus, findings, slowest } = outcome
  const { reached, known } = coverage.blocks()
  return {
    executions,
    'per second': Math.round(executions / seconds),
    corpus: corpus.length,
    'blocks reached': reached,
    'blocks known': known,
    findings: findings.length,
    'slowest ms': Math.round(slowest.milliseconds),
  }
}

function lineOf(name: string, facts: Record<string, number>): string {
  const parts = Object.entries(facts).map(([what, value]) => `${what} ${value}`)
  return `${name.padEnd(16)} ${parts.join(', ')}`
}

function slowLine({ slowest }: Outcome): string[] {
  if (slowest.milliseconds < SLOW) return []
  return [`  slow: ${Math.round(slowest.milliseconds)} ms for ${slowest.input.toHex()}`]
}
