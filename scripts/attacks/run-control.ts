// Runs an attack against the product without the checks that stop it: then it has to succeed, or its test
// proves nothing.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SUCCESS } from '../../test/attacks/attack.ts'
import type { Control } from '../../test/attacks/controls.ts'
import { environmentWithout, type Removal } from '../mutation/run-without.ts'

const ROOT = join(import.meta.dirname, '../..')
/** Bounds a run that hangs; the longest takes some ten seconds on two busy cores. */
const PATIENCE = 180_000

/** What the attack does without its check. `broken`: the test fails, but not because the attack succeeds. */
export type Outcome = 'succeeds' | 'fails' | 'broken' | 'hung'

/** Where the checks stand. Throws when a text is not there exactly once: the control has to follow the code. */
export function removalsOf({ attack, take }: Control): Removal[] {
  return take.map(({ file, text, instead }) => {
    const source = readFileSync(join(ROOT, file), 'utf8')
    const start = source.indexOf(text)
    if (start === -1 || source.includes(text, start + 1))
      throw new Error(`control of ${attack}: not exactly once in ${file}:\n${text}`)
    return { file, start, end: start + text.length, replacement: instead }
  })
}

/** Ends as soon as the attack has succeeded. */
export function runControl(control: Control): Promise<Outcome> {
  const pattern = `--test-name-pattern=${control.only}`
  const args = ['--test-reporter=tap', pattern, join('test/attacks', control.tests)]
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: environmentWithout(removalsOf(control)),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  return new Promise((resolve) => {
    let said = ''
    let outcome: Outcome | null = null
    const end = (reached: Outcome): void => {
      outcome ??= reached
      clearTimeout(late)
      // The whole group: some attacks start boxes of their own.
      if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    }
    const late = setTimeout(() => end('hung'), PATIENCE)
    const hear = (chunk: Buffer): void => {
      said += chunk.toString()
      if (said.includes(SUCCESS)) end('succeeds')
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.on('error', () => end('broken'))
    child.on('close', (code) => {
      clearTimeout(late)
      resolve(outcome ?? (code === 0 ? 'fails' : 'broken'))
    })
  })
}
