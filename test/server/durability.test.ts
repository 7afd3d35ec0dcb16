// "200 means on disk", seen from the kernel: what the box writes, in which order.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { one, serve, tempFolder } from '../helpers/cli.ts'
import { call, catchUp, joinWith, openGroup, sealedText } from './kit.ts'

const MESSAGES = 5
const missing = spawnSync('strace', ['-V']).error !== undefined
const skip =
  missing && process.env['CI'] !== 'true'
    ? 'strace is not installed: apt-get install strace'
    : false

type Call = { name: string; rest: string }

/** System calls in the order in which they ended; those that strace shows in two halves are joined. */
function callsIn(trace: string): Call[] {
  const open = new Map<string, string>()
  return trace.split('\n').flatMap((line) => {
    const match = /^(\d+)\s+(.*)$/.exec(line)
    const [pid, said] = [match?.[1] ?? '', match?.[2] ?? '']
    if (said.endsWith('<unfinished ...>')) {
      open.set(pid, said.replace('<unfinished ...>', ''))
      return []
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(said)
    const whole = resumed === null ? said : `${open.get(pid) ?? ''}${resumed[1] ?? ''}`
    const parts = /^(\w+)\((.*)$/.exec(whole)
    return parts === null ? [] : [{ name: parts[1] ?? '', rest: parts[2] ?? '' }]
  })
}

const isRequest = ({ name, rest }: Call): boolean =>
  /^(read|recv)/.test(name) && rest.includes('POST /v1/entries')
const isAnswer = ({ name, rest }: Call): boolean =>
  /^(write|send)/.test(name) && rest.includes('HTTP/1.1 200')
const isLogWrite = ({ name, rest }: Call): boolean =>
  name.startsWith('pwrite') && rest.includes('.db-wal>')
const isSync = ({ name, rest }: Call): boolean =>
  /^f(data)?sync$/.test(name) && rest.includes('.db-wal>') && rest.endsWith(' = 0')

test(
  'an accepted entry is written and synced before its answer leaves, at the second start',
  { skip },
  async (t) => {
    const folder = tempFolder(t)
    const data = join(folder, 'box')
    const trace = join(folder, 'trace')
    const names = ['--org', 'Stadtwerke Musterstadt', '--owner', 'Olga Owner']
    const { card } = await one(['init', '--data', data, ...names])
    const first = await serve(t, data)
    const owner = await joinWith(first, String(card))
    const log = await openGroup(owner, [])
    await catchUp(owner)
    await first.end('SIGTERM')

    const traced =
      'trace=read,write,writev,recvfrom,recvmsg,sendto,sendmsg,pwrite64,fsync,fdatasync'
    const command = ['strace', '-f', '-y', '-s', '64', '-e', traced, '-o', trace]
    const second = await serve(t, data, { port: first.port, command })
    for (let i = 0; i < MESSAGES; i++) {
      const entry = sealedText(owner, log, `number ${i}`, { after: i })
      const items = [{ entry, card: new Uint8Array(0), wraps: [] }]
      assert.equal((await call(second, owner.signer, 'entries', { items })).status, 200)
    }
    // strace hands the signal on to nobody, so its child is told.
    const pid = readFileSync(`/proc/${second.child.pid}/task/${second.child.pid}/children`, 'utf8')
    process.kill(Number(pid.trim()), 'SIGTERM')
    await second.gone

    const calls = callsIn(readFileSync(trace, 'utf8'))
    const requests = calls.flatMap((made, i) => (isRequest(made) ? [i] : []))
    assert.equal(requests.length, MESSAGES, 'each request is seen once')
    for (const at of requests) {
      const answer = calls.findIndex((made, i) => i > at && isAnswer(made))
      const between = calls.slice(at + 1, answer)
      const written = between.findIndex(isLogWrite)
      const synced = between.findLastIndex(isSync)
      assert.ok(answer > at, 'the answer is seen')
      assert.ok(written >= 0, 'the entry is written before the answer')
      assert.ok(synced > written, 'what was written is synced before the answer')
      assert.ok(between.findLastIndex(isLogWrite) < synced, 'nothing is written behind the sync')
    }
  },
)
