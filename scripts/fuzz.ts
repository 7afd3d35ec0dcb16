// Fuzzes every parser, state machine and route; `npm run fuzz -- --help` says how. A short form is part of
// `npm test` (test/fuzz).
import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'
import { prove } from '../test/helpers/proof.ts'
import { TARGETS } from '../test/fuzz/targets/all.ts'
import { runTarget } from './fuzz/run-target.ts'
import { FINDING, selftest } from './fuzz/selftest.ts'

const USAGE = `npm run fuzz -- [--target NAME] [--seconds N] [--seed N] [--keep] [--selftest] [--help]

Mutates samples of everything that comes from outside, keeps what reaches code that nothing has reached
before, and checks after each input what has to hold (test/fuzz/targets). Exit 1 on a finding.

  --target NAME  only this one: ${Object.keys(TARGETS).join(', ')}
  --seconds N    how long in all; without a target they share it evenly (default: 300)
  --seed N       another run of the same kind (default: 1)
  --keep         writes what was learnt to test/fuzz/corpus, which npm test replays
  --selftest     takes checks out of the product, one at a time: each has to be missed

A finding is printed with its input in hex, and with the smallest input that still does it.`

const GRACE = 90_000

type Settings = { seconds: number; seed: number; keep: boolean }

function whole(text: string, name: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  process.stderr.write(`--${name} wants a whole number, not "${text}"\n`)
  process.exit(2)
}

/** Exit code: 0, or 1 when something was found. */
async function one(name: string, { seconds, seed, keep }: Settings): Promise<number> {
  const load = Object.hasOwn(TARGETS, name) ? TARGETS[name as keyof typeof TARGETS] : undefined
  if (load === undefined) {
    process.stderr.write(`There is no target "${name}".\n${USAGE}\n`)
    return 2
  }
  const say = (text: string): void => void process.stdout.write(`${FINDING} ${name}\n${text}\n`)
  const { outcome, lines, facts } = await runTarget(load, { seed, seconds }, { keep, say })
  prove(`FUZZ-${name}`, 'coverage-guided fuzzing', { engine: 'coverage', seed, ...facts })
  process.stdout.write(`${lines.join('\n')}\n`)
  return outcome.findings.length === 0 ? 0 : 1
}

/** Each in a process of its own: one that hangs or crashes is itself a finding, and ends no other. */
function oneApart(name: string, settings: Settings): Promise<number> {
  const { seconds, seed, keep } = settings
  const more = ['--seconds', String(seconds), '--seed', String(seed), ...(keep ? ['--keep'] : [])]
  const args = [import.meta.filename, '--target', name, ...more]
  const child = spawn(process.execPath, args, { stdio: 'inherit' })
  const late = setTimeout(() => child.kill('SIGKILL'), seconds * 1000 + GRACE)
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      clearTimeout(late)
      if (signal !== null) process.stdout.write(`${FINDING} ${name}: it ended by ${signal}\n`)
      resolve(code ?? 1)
    })
  })
}

async function all(settings: Settings): Promise<number> {
  const names = Object.keys(TARGETS)
  const each = { ...settings, seconds: Math.max(1, Math.floor(settings.seconds / names.length)) }
  let worst = 0
  for (const name of names) worst = Math.max(worst, await oneApart(name, each))
  return worst
}

async function main(argv: string[]): Promise<number> {
  const { values } = parseArgs({
    args: argv,
    options: {
      target: { type: 'string' },
      seconds: { type: 'string', default: '300' },
      seed: { type: 'string', default: '1' },
      keep: { type: 'boolean', default: false },
      selftest: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(`${USAGE}\n`)
    return 0
  }
  if (values.selftest) return (await selftest((text) => process.stdout.write(`${text}\n`))) ? 0 : 1
  const { keep } = values
  const settings = {
    keep,
    seconds: whole(values.seconds, 'seconds'),
    seed: whole(values.seed, 'seed'),
  }
  return values.target === undefined ? all(settings) : one(values.target, settings)
}

// Sockets and timers of a box that was fuzzed may outlive it by a moment.
process.exit(await main(process.argv.slice(2)))
