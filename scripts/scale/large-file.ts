// A file of two GiB from one device to another: memory stays what it is for a small one, and an upload that was
// killed goes on.
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, createReadStream, globSync, openSync, statSync, writeSync } from 'node:fs'
import { createHash, randomFillSync } from 'node:crypto'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { peakOf, runVerb, type Verb } from './process.ts'
import { MIB, mib, seconds, tell } from './tell.ts'

const SMALL = 16 * MIB
/** What more a file of any size may take, on each end and on the box: parts of a MiB that wait to be collected. */
const MOST_GROWTH = 64 * MIB
/** Killed halfway, what is left is half, a part that was under way, and what stands around the parts. */
const REST = 0.6

/** `again`: bytes that the second sender wrote, after the first was killed. */
type Peaks = { sender: number; receiver: number; box: number; again: number }
type Ends = { main: string; folder: string; box: number; sender: string; receiver: string }

/** The box and both devices are processes of their own, from the founding to the last byte. */
export async function largeFile(main: string, folder: string, size: number): Promise<boolean> {
  const data = join(folder, 'box')
  const names = ['--org', 'Stadtwerke Musterstadt', '--owner', 'Olga Owner']
  const [founded] = await runVerb(main, ['init', '--data', data, ...names]).ended
  const box = serve(main, data)
  try {
    const [line] = (await once(createInterface({ input: box.stdout }), 'line')) as [string]
    const { listening: url } = JSON.parse(line) as { listening: string }
    const ends = {
      main,
      folder,
      box: box.pid ?? 0,
      ...(await enrolTwo(main, folder, url, String(founded?.['card']))),
    }
    const small = await travel(ends, SMALL, false)
    const began = performance.now()
    const large = await travel(ends, size, true)
    return tellGrowth(size, small, large, seconds(began))
  } finally {
    box.kill('SIGTERM')
    await once(box, 'exit')
  }
}

function serve(main: string, data: string): ChildProcessByStdio<null, Readable, null> {
  const listen = ['--listen', '127.0.0.1:0', '--log', 'silent', '--json']
  return spawn(process.execPath, [main, 'serve', '--data', data, ...listen], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}

async function enrolTwo(
  main: string,
  folder: string,
  url: string,
  card: string,
): Promise<{ sender: string; receiver: string }> {
  const run = (...args: string[]): Promise<Record<string, unknown>[]> => runVerb(main, args).ended
  const [sender, receiver] = [join(folder, 'olga'), join(folder, 'anna')]
  await run('join', card, '--box', url, '--state', sender)
  const anna = ['--name', 'Anna Beispiel', '--role', 'member']
  const [invited] = await run('invite', ...anna, '--state', sender)
  await run('join', String(invited?.['card']), '--box', url, '--state', receiver)
  await run('channel', 'create', 'Crisis team', 'Anna Beispiel', '--state', sender)
  return { sender, receiver }
}

function tellGrowth(size: number, small: Peaks, large: Peaks, took: number): boolean {
  const ends = ['sender', 'box', 'receiver'] as const
  const growth = Math.max(...ends.map((end) => large[end] - small[end]))
  const shown = ends.map((end) => [`MiB ${end}`, `${mib(small[end])} to ${mib(large[end])}`])
  const title = `A file of ${Math.round(size / MIB)} MiB travels in the memory of one of 16, its upload killed halfway`
  const met = growth <= MOST_GROWTH && large.again < REST * size
  const rest = { 'MiB after the kill': mib(large.again), seconds: took }
  return tell('S5', title, met, { ...Object.fromEntries(shown), ...rest })
}

/** Sends, fetches, and compares; the most memory of each end so far. */
async function travel(ends: Ends, size: number, interrupted: boolean): Promise<Peaks> {
  const path = join(ends.folder, `file-${size}.bin`)
  makeFile(path, size)
  const send = ['send', 'Crisis team', 'The recording', '--file', path, '--state', ends.sender]
  let sender = 0
  if (interrupted) {
    const cut = runVerb(ends.main, send)
    const failed = cut.ended.catch(() => {})
    await until(() => storedBytes(ends) > size / 2, cut)
    cut.child.kill('SIGKILL')
    await failed
    sender = cut.peak()
  }
  const rest = runVerb(ends.main, interrupted ? ['sync', '--state', ends.sender] : send)
  await rest.ended
  const got = await runVerb(ends.main, ['sync', '--state', ends.receiver]).ended
  const message = got.find((line) => JSON.stringify(line).includes(`file-${size}.bin`))
  const to = join(ends.folder, `got-${size}.bin`)
  const saving = runVerb(ends.main, [
    'save',
    String(message?.['id']),
    '--to',
    to,
    '--state',
    ends.receiver,
  ])
  await saving.ended
  if ((await hashOf(path)) !== (await hashOf(to))) throw new Error('another file arrived')
  return {
    sender: Math.max(sender, rest.peak()),
    receiver: saving.peak(),
    box: peakOf(ends.box),
    again: rest.written(),
  }
}

/** Bytes of the largest file that the box holds; the small one counts too, so a large one is more than twice that. */
function storedBytes({ folder }: Ends): number {
  const paths = globSync(join(folder, 'box', '*.files', '*'))
  return Math.max(0, ...paths.map((path) => statSync(path).size))
}

async function until(reached: () => boolean, { child }: Verb): Promise<void> {
  while (!reached()) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error('the upload ended before it was halfway')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function makeFile(path: string, size: number): void {
  const file = openSync(path, 'w')
  const block = randomFillSync(Buffer.alloc(MIB))
  for (let at = 0; at < size; at += MIB) {
    // Each block another one, so that a part in a wrong place shows.
    block.writeUInt32BE(at / MIB)
    writeSync(file, block)
  }
  closeSync(file)
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
