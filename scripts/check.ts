/**
 * Every check of the repository in one go: `node scripts/check.ts [--test [-- node --test options]]`.
 * A failing step does not hide what the later ones would say.
 */
import { spawnSync } from 'node:child_process'
import { delimiter, join, resolve } from 'node:path'

type Step = { readonly name: string; readonly command: string; readonly args: readonly string[] }
type Outcome = { readonly name: string; readonly passed: boolean; readonly seconds: string }

const root = resolve(import.meta.dirname, '..')

const CHECKS: readonly Step[] = [
  { name: 'types', command: 'tsc', args: ['-p', 'tsconfig.json'] },
  { name: 'lint', command: 'oxlint', args: ['--type-aware', '--deny-warnings'] },
  { name: 'format', command: 'oxfmt', args: ['--check'] },
  { name: 'layers', command: process.execPath, args: ['scripts/check-layers.ts', '.'] },
]

/** What hangs ends, so that the rest still runs. Three times what the longest test took; milliseconds. */
const GUARD = ['--import', './test/helpers/ending.ts', '--test-timeout=900000']

/** The test step; naming test files runs those instead of all. */
function testStep(extra: readonly string[]): Step {
  const named = extra.some((argument) => argument.endsWith('.test.ts'))
  const files = named ? [] : ['test/**/*.test.ts']
  return {
    name: 'tests',
    command: process.execPath,
    args: [...GUARD, '--test', ...extra, ...files],
  }
}

function runStep({ name, command, args }: Step): Outcome {
  console.log(`\n== ${name}`)
  const started = performance.now()
  const bin = join(root, 'node_modules', '.bin')
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, PATH: [bin, process.env['PATH']].join(delimiter) },
    stdio: 'inherit',
  })
  if (error !== undefined) console.error(error.message)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const passed = status === 0
  console.log(`-- ${name}: ${passed ? 'passed' : 'FAILED'} in ${seconds} s`)
  return { name, passed, seconds }
}

function main(args: readonly string[]): number {
  const [first, ...rest] = args
  if (first !== undefined && first !== '--test') {
    console.error('Usage: node scripts/check.ts [--test [-- options for node --test]]')
    return 2
  }
  const extra = rest[0] === '--' ? rest.slice(1) : rest
  const steps = first === '--test' ? [...CHECKS, testStep(extra)] : CHECKS
  const outcomes = steps.map(runStep)
  console.log('\n== summary')
  for (const { name, passed, seconds } of outcomes) {
    console.log(`${passed ? 'passed' : 'FAILED'}  ${name} (${seconds} s)`)
  }
  return outcomes.every((outcome) => outcome.passed) ? 0 : 1
}

process.exitCode = main(process.argv.slice(2))
