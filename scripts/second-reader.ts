// Random objects for the second reader in test/second-reader, an implementation in Python from PROTOCOL.md
// alone. Usage: npm run second-reader [-- --count N --seed TEXT --write FILE].
// Prints every disagreement and ends with 1 when there is one; --write keeps the objects instead.
import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { parseArgs } from 'node:util'
import { randomBytes } from 'node:crypto'
import { randomObjects } from './second-reader/all.ts'

const READER = join(import.meta.dirname, '../test/second-reader/run.py')
/** Debian's own Python: it is the one that sees Debian's packages. */
const PYTHON = '/usr/bin/python3'

async function write(to: Writable, count: number, seed: string): Promise<void> {
  for (const object of randomObjects(count, seed)) {
    if (!to.write(`${JSON.stringify(object)}\n`)) await once(to, 'drain')
  }
  to.end()
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '10000' },
      seed: { type: 'string', default: randomBytes(8).toString('hex') },
      write: { type: 'string' },
    },
  })
  const count = Number(values.count)
  if (!Number.isSafeInteger(count) || count < 1) throw new TypeError('--count takes a whole number')
  console.log(`${count} objects from the seed ${values.seed}`)
  if (values.write !== undefined) {
    const file = createWriteStream(values.write)
    await write(file, count, values.seed)
    await once(file, 'finish')
    return 0
  }
  const reader = spawn(PYTHON, [READER], { stdio: ['pipe', 'inherit', 'inherit'] })
  const ended = once(reader, 'exit')
  await write(reader.stdin, count, values.seed)
  const [code] = (await ended) as [number | null]
  return code ?? 1
}

process.exitCode = await main()
