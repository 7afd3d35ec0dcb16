// How often a process makes the disk write: counted from outside, with strace, in a run whose time does not count.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** Null where there is no strace (apt-get install strace). */
export async function countForcedWrites(pid: number): Promise<{ end(): Promise<number> } | null> {
  if (spawnSync('strace', ['-V']).status !== 0) return null
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-strace-'))
  const file = join(folder, 'calls')
  const what = ['-f', '-e', 'trace=fsync,fdatasync', '-o', file, '-p', String(pid)]
  const tracer = spawn('strace', what, { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(tracer, 'exit')
  await once(createInterface({ input: tracer.stderr }), 'line')
  return {
    async end() {
      tracer.kill('SIGTERM')
      await ended
      // Calls that another thread interrupts have a second line, `<... fsync resumed>`.
      const calls = readFileSync(file, 'utf8').match(/\b(fsync|fdatasync)\(/g)?.length ?? 0
      rmSync(folder, { recursive: true })
      return calls
    },
  }
}
