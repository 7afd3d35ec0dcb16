// Which tests come by a check at all, and how long each file of tests takes: only those can miss it.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Check } from './find-checks.ts'
import { environmentWithout } from './run-without.ts'

const ROOT = join(import.meta.dirname, '../..')

/** As V8 writes it for each process, children of a test included: https://nodejs.org/api/cli.html#node_v8_coveragedir */
type Range = { startOffset: number; endOffset: number; count: number }
type Script = { url: string; functions: { ranges: Range[] }[] }

/** A file of tests without any check missing. */
export type Baseline = { tests: string; milliseconds: number; passed: boolean; reached: Set<Check> }

/** Runs one file of tests as it is. */
export async function baselineOf(tests: string, checks: readonly Check[]): Promise<Baseline> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-reach-'))
  const begin = performance.now()
  const child = spawn(process.execPath, ['--test', '--test-reporter=dot', tests], {
    cwd: ROOT,
    env: { ...environmentWithout([]), NODE_V8_COVERAGE: folder },
    stdio: 'ignore',
  })
  const code = await new Promise((resolve) => child.on('exit', resolve))
  const milliseconds = performance.now() - begin
  const reached = new Set<Check>()
  for (const name of readdirSync(folder)) {
    const { result } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { result: Script[] }
    for (const check of reachedIn(result, checks)) reached.add(check)
  }
  rmSync(folder, { recursive: true })
  return { tests, milliseconds, passed: code === 0, reached }
}

/** The checks that a process has come by. */
export function reachedIn(scripts: readonly Script[], checks: readonly Check[]): Check[] {
  const byUrl = new Map(scripts.map((script) => [script.url, script]))
  return checks.filter((check) => {
    const script = byUrl.get(pathToFileURL(join(ROOT, check.file)).href)
    return script !== undefined && countAt(script, check.start) > 0
  })
}

/** Of the ranges around a place the innermost counts. */
function countAt({ functions }: Script, offset: number): number {
  let innermost: Range | null = null
  for (const range of functions.flatMap(({ ranges }) => ranges)) {
    const around = range.startOffset <= offset && offset < range.endOffset
    if (around && (innermost === null || length(range) < length(innermost))) innermost = range
  }
  return innermost?.count ?? 0
}

const length = ({ startOffset, endOffset }: Range): number => endOffset - startOffset
