/**
 * The fault tests in their long form: `npm run test:faults [-- --seed N] [-- FILE… | node --test options]`.
 * Takes hours where `npm test` runs the same files for seconds. One file at a time: they kill, fill and
 * measure.
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { resolve } from 'node:path'

const USAGE = 'Usage: npm run test:faults -- [--seed NUMBER] [FILE | option of node --test]…'
const root = resolve(import.meta.dirname, '..')

function main(args: readonly string[]): number {
  const at = args.indexOf('--seed')
  const seed = at === -1 ? undefined : args[at + 1]
  if (at !== -1 && !/^\d+$/.test(seed ?? '')) {
    console.error(USAGE)
    return 2
  }
  if (args.includes('--help')) {
    console.log(USAGE)
    return 0
  }
  const rest = args.filter((_, i) => at === -1 || (i !== at && i !== at + 1))
  const named = rest.some((argument) => argument.endsWith('.test.ts'))
  const files = named ? [] : globSync('test/faults/*.test.ts', { cwd: root }).toSorted()
  const env = {
    ...process.env,
    HOLDFAST_FAULTS: 'long',
    ...(seed === undefined ? {} : { HOLDFAST_SEED: seed }),
  }
  const run = ['--test', '--test-concurrency=1', ...rest, ...files]
  const { status } = spawnSync(process.execPath, run, { cwd: root, env, stdio: 'inherit' })
  return status ?? 1
}

process.exitCode = main(process.argv.slice(2))
