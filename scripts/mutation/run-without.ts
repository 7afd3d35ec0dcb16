// Runs test files with one check taken out of one source file.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const ROOT = join(import.meta.dirname, '../..')
const HOOK = join(import.meta.dirname, 'without-check.mjs')

/** Characters `start` to `end` of a source file, and what stands there instead. */
export type Removal = { file: string; start: number; end: number; replacement: string }
export type Verdict = 'noticed' | 'hung' | 'survived'

/** The environment in which every Node process reads the files without the checks. */
export function environmentWithout(removals: readonly Removal[]): NodeJS.ProcessEnv {
  // Without the mark that a surrounding test run puts on its children: this is a run of its own.
  const { NODE_TEST_CONTEXT: _surrounding, ...own } = process.env
  return {
    ...own,
    NODE_OPTIONS: `--import=${HOOK}`,
    WITHOUT_CHECK: JSON.stringify(
      removals.map(({ file, start, end, replacement }) => ({ file, start, end, replacement })),
    ),
  }
}

/**
 * Ends at the first test that fails. `patience` in milliseconds bounds the whole run: a test that neither
 * passes nor fails by then hangs because of the missing check.
 */
export function runWithout(removal: Removal, tests: string[], patience: number): Promise<Verdict> {
  const args = ['--test', '--test-reporter=tap', '--test-concurrency=1', ...tests]
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: environmentWithout([removal]),
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  })
  return new Promise((resolve) => {
    let verdict: Verdict | null = null
    const end = (reached: Verdict): void => {
      if (verdict !== null) return
      verdict = reached
      clearTimeout(late)
      // The whole group: tests start processes of their own.
      if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      else resolve(reached)
    }
    const late = setTimeout(() => end('hung'), patience)
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (/^\s*not ok/.test(line)) end('noticed')
    })
    child.on('exit', (code) => {
      if (verdict === null) end(code === 0 ? 'survived' : 'noticed')
      else resolve(verdict)
    })
  })
}
