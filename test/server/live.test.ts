import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { WebSocket } from 'ws'
import { removePeople } from '../../client/channels.ts'
import type { Core } from '../../client/core.ts'
import { invite, revoke } from '../../client/people.ts'
import { pull } from '../../client/pull.ts'
import { LIVE_PATH } from '../../protocol/api.ts'
import { concat, fromBase64Url, toHex } from '../../protocol/bytes.ts'
import { decodeEntry } from '../../protocol/entry.ts'
import { decodeFrame, type Frame } from '../../protocol/frames.ts'
import type { LogId } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'
import { randomBytes } from '../../protocol/sodium.ts'
import { CLOSE } from '../../server/delivery/outgoing.ts'
import { CONNECTIONS_PER_DEVICE, MAX_BUFFERED } from '../../server/limits.ts'
import {
  call,
  catchUp,
  joinAs,
  joinWith,
  openGroup,
  sealedText,
  signatureFor,
  startTestBox,
  type TestBox,
  until,
  windowOf,
} from './kit.ts'

const bare = (entry: Uint8Array) => ({ entry, card: new Uint8Array(0), wraps: [] as Uint8Array[] })

type Line = { frames: Frame[]; closed: () => number | null; socket: WebSocket }

/** A live connection that keeps what comes. `hello` null: nothing is said. */
async function dial(box: TestBox, hello: Uint8Array | null, path = LIVE_PATH): Promise<Line> {
  const socket = new WebSocket(`ws://${box.host}${path}`, { perMessageDeflate: true })
  const frames: Frame[] = []
  let code: number | null = null
  socket.on('message', (data: Buffer) => frames.push(decodeFrame(new Uint8Array(data))))
  socket.on('close', (value) => (code = value))
  socket.on('error', () => {})
  await new Promise((resolve) => {
    socket.once('open', resolve)
    socket.once('close', resolve)
  })
  if (hello !== null) socket.send(hello)
  return { frames, closed: () => code, socket }
}

async function helloOf(box: TestBox, core: Core, changes: { target?: string } = {}) {
  const window = await windowOf(box)
  const request = {
    method: 'LIVE',
    target: LIVE_PATH,
    body: new Uint8Array(0),
    ...changes,
  } as const
  return fromBase64Url(signatureFor(box, core.signer, window, request))
}

async function listen(box: TestBox, core: Core): Promise<Line> {
  const line = await dial(box, await helloOf(box, core))
  await until(() => line.frames.length > 0 || line.closed() !== null, 'the greeting')
  return line
}

/** Entries of a log as they came, by place. */
function entriesOf(line: Line, log: LogId): { n: number; kind: number }[] {
  return line.frames.flatMap((frame) => {
    if (frame.type !== 'entry') return []
    const entry = decodeEntry(frame.bytes)
    return toHex(entry.prefix.log) === toHex(log) ? [{ n: frame.n, kind: entry.kind }] : []
  })
}

async function submit(box: TestBox, by: Core, ...entries: Uint8Array[]): Promise<void> {
  const reply = await call(box, by.signer, 'entries', { items: entries.map(bare) })
  assert.equal(reply.status, 200, reply.code)
}

async function stage(t: Parameters<typeof startTestBox>[0]) {
  const box = await startTestBox(t)
  const owner = await joinWith(box, box.card)
  const member = await joinAs(box, owner, 'Milo Member')
  const log = await openGroup(owner, [member])
  await catchUp(owner)
  return { box, owner, member, log }
}

describe('the live door', () => {
  test('greets a signed hello with the time of the box, without compression', async (t) => {
    const { box, owner } = await stage(t)
    const line = await listen(box, owner)
    assert.equal(line.frames[0]?.type, 'alive')
    assert.equal(line.socket.extensions, '')
    line.socket.terminate()
  })

  test('closes on a hello that is not signed, too short or too long', async (t) => {
    const { box } = await stage(t)
    for (const hello of [randomBytes(129), new Uint8Array(0), new Uint8Array(10)]) {
      const line = await dial(box, hello)
      await until(() => line.closed() !== null, 'the end')
      assert.equal(line.closed(), CLOSE.unsigned)
    }
    const long = await dial(box, new Uint8Array(130))
    await until(() => long.closed() !== null, 'the end of a long hello')
    assert.equal(box.box.context.live.of(box.org).size, 0)
  })

  test('closes on a hello for something else, of an old window or said twice', async (t) => {
    const { box, owner } = await stage(t)
    const other = await dial(box, await helloOf(box, owner, { target: '/v1/sync' }))
    await until(() => other.closed() !== null, 'the end')
    assert.equal(other.closed(), CLOSE.unsigned)
    const request = { method: 'LIVE', target: LIVE_PATH, body: new Uint8Array(0) } as const
    const old = fromBase64Url(signatureFor(box, owner.signer, randomBytes(16), request))
    const late = await dial(box, old)
    await until(() => late.closed() !== null, 'the end')
    const hello = await helloOf(box, owner)
    const first = await dial(box, hello)
    await until(() => first.frames.length > 0, 'the greeting')
    const again = await dial(box, hello)
    await until(() => again.closed() !== null, 'the end of a replay')
    assert.equal(first.closed(), null)
    first.socket.terminate()
  })

  test('a request signature opens no live line', async (t) => {
    const { box, owner } = await stage(t)
    const request = { method: 'POST', target: LIVE_PATH, body: new Uint8Array(0) } as const
    const signature = signatureFor(box, owner.signer, await windowOf(box), request)
    const line = await dial(box, fromBase64Url(signature))
    await until(() => line.closed() !== null, 'the end')
    assert.equal(line.frames.length, 0)
  })

  test('tells nothing to a line that says nothing', async (t) => {
    const { box, owner, log } = await stage(t)
    const line = await dial(box, null)
    const watcher = await listen(box, owner)
    await submit(box, owner, sealedText(owner, log, 'a word'))
    await until(() => entriesOf(watcher, log).length === 1, 'the word')
    assert.equal(line.frames.length, 0)
    for (const { socket } of [line, watcher]) socket.terminate()
  })

  test('is at one path only', async (t) => {
    const { box } = await stage(t)
    for (const path of ['/', '/v1/live/', '/v1/live?x=1', '/v1/sync']) {
      const line = await dial(box, null, path)
      assert.notEqual(line.closed(), null, path)
    }
  })

  test('takes no second frame: whoever goes on talking harms nobody', async (t) => {
    const { box, owner, log } = await stage(t)
    const line = await listen(box, owner)
    for (let i = 0; i < 20; i++) line.socket.send(randomBytes(100))
    await submit(box, owner, sealedText(owner, log, 'a word'))
    await until(() => entriesOf(line, log).length === 1, 'the word')
    line.socket.terminate()
  })

  test('lets a device have a few lines, the newest ones', async (t) => {
    const { box, owner } = await stage(t)
    const lines: Line[] = []
    for (let i = 0; i <= CONNECTIONS_PER_DEVICE; i++) lines.push(await listen(box, owner))
    await until(() => lines[0]?.closed() !== null, 'the end of the oldest')
    assert.equal(lines[0]?.closed(), CLOSE.crowded)
    assert.deepEqual(
      lines.slice(1).map(({ closed }) => closed()),
      lines.slice(1).map(() => null),
    )
    for (const { socket } of lines) socket.terminate()
  })
})

describe('live delivery', () => {
  test('brings entries in the order of the log, to everybody who may read them', async (t) => {
    const { box, owner, member, log } = await stage(t)
    const outsider = await joinAs(box, owner, 'Nina Neben')
    const lines = [await listen(box, owner), await listen(box, member)]
    const strangers = await listen(box, outsider)
    const before = owner.replica.channels.get(log)?.head.n ?? 0
    // Numbers of one device have to rise, so each device sends one after the other.
    const inOrder = async (by: Core): Promise<void> => {
      const seq = (by.replica.channels.get(log)?.seqs.get(by.signer.device) ?? 0) + 1
      for (let i = 0; i < 30; i++)
        await submit(box, by, sealedText(by, log, `word ${i}`, { seq: seq + i }))
    }
    await Promise.all([inOrder(owner), inOrder(member)])
    const expected = Array.from({ length: 60 }, (_, i) => before + i + 1)
    for (const line of lines) {
      await until(() => entriesOf(line, log).length >= 60, 'all words')
      assert.deepEqual(
        entriesOf(line, log).map(({ n }) => n),
        expected,
      )
    }
    assert.equal(entriesOf(strangers, log).length, 0)
    for (const { socket } of [...lines, strangers]) socket.terminate()
  })

  test('brings nothing twice for a request that was repeated', async (t) => {
    const { box, owner, log } = await stage(t)
    const line = await listen(box, owner)
    const text = sealedText(owner, log, 'once')
    await Promise.all([1, 2, 3].map(() => submit(box, owner, text)))
    await submit(box, owner, sealedText(owner, log, 'then', { after: 1 }))
    await until(() => entriesOf(line, log).length >= 2, 'both words')
    assert.equal(entriesOf(line, log).length, 2)
    line.socket.terminate()
  })

  test('nobody hears of what was refused', async (t) => {
    const { box, owner, log } = await stage(t)
    const line = await listen(box, owner)
    const bad = sealedText(owner, log, 'a used number', { seq: 0 })
    const items = [bare(sealedText(owner, log, 'good')), bare(bad)]
    assert.equal((await call(box, owner.signer, 'entries', { items })).code, 'seq_low')
    await submit(box, owner, sealedText(owner, log, 'good'))
    await until(() => entriesOf(line, log).length >= 1, 'the good word')
    assert.equal(entriesOf(line, log).length, 1)
    line.socket.terminate()
  })

  test('tells a removed device so, closes its lines, and it cannot come back', async (t) => {
    const { box, owner, member } = await stage(t)
    const line = await listen(box, member)
    await pull(owner)
    await revoke(owner, { what: 'device', subject: member.signer.device })
    await until(() => line.closed() !== null, 'the end')
    assert.equal(line.closed(), CLOSE.revoked)
    const last = entriesOf(line, owner.replica.directory.log).at(-1)
    assert.equal(last?.kind, KIND.revoke)
    const again = await listen(box, member)
    assert.equal(again.closed(), CLOSE.unsigned)
  })

  test('a removed member gets the removal and nothing later', async (t) => {
    const { box, owner, member, log } = await stage(t)
    const line = await listen(box, member)
    await submit(box, owner, sealedText(owner, log, 'before'))
    await catchUp(owner)
    await removePeople(owner, log, [member.replica.identity.person])
    await submit(box, owner, sealedText(owner, log, 'after'))
    const direct = await openGroup(owner, [member], 'Another one')
    const opened = (): boolean => member.replica.channels.has(direct)
    assert.ok(opened())
    await until(() => entriesOf(line, direct).length > 0, 'what comes after all this')
    assert.deepEqual(
      entriesOf(line, log).map(({ kind }) => kind),
      [KIND.text, KIND.remove],
    )
    line.socket.terminate()
  })

  test('a waiting device hears the directory and nothing else', async (t) => {
    const { box, owner, log } = await stage(t)
    await pull(owner)
    const { card } = await invite(owner, { person: owner.replica.identity.person })
    const second = await joinWith(box, card)
    const line = await listen(box, second)
    await submit(box, owner, sealedText(owner, log, 'not yet'))
    await pull(owner)
    const later = await invite(owner, { person: owner.replica.identity.person })
    assert.ok(later.card)
    const directory = owner.replica.directory.log
    await until(() => entriesOf(line, directory).length > 0, 'the new card')
    assert.equal(entriesOf(line, log).length, 0)
    line.socket.terminate()
  })
})

/** A line that says hello and then reads nothing any more. */
async function deafLine(box: TestBox, core: Core): Promise<Socket> {
  const hello = await helloOf(box, core)
  const socket = connect({ port: box.port, host: '127.0.0.1' })
  const key = Buffer.from(randomBytes(16)).toString('base64')
  socket.write(
    `GET ${LIVE_PATH} HTTP/1.1\r\nHost: ${box.host}\r\nUpgrade: websocket\r\n` +
      `Connection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  )
  await once(socket, 'data')
  socket.pause()
  // Masked with zeros, as a client has to.
  const frame = concat(Uint8Array.of(0x82, 0x80 | 126, 0, hello.length, 0, 0, 0, 0), hello)
  socket.write(frame)
  return socket
}

describe('a slow reader', () => {
  for (const atOnce of [1, 10]) {
    const what = `${atOnce} at a time`
    test(`gets a bounded buffer, is cut off, and the others go on, ${what}`, async (t) => {
      const { box, owner, member, log } = await stage(t)
      const deaf = await deafLine(box, member)
      t.after(() => deaf.destroy())
      const receivers = box.box.context.live.of(box.org)
      await until(() => receivers.size === 1, 'the deaf line')
      const [receiver] = [...receivers]
      const line = await listen(box, owner)
      let [sent, most] = [0, 0]
      while (receiver?.socket.readyState === WebSocket.OPEN && sent < 1500) {
        const entries = Array.from({ length: atOnce }, (_, after) =>
          sealedText(owner, log, '', { bytes: 60_000, seq: sent + after + 1 }),
        )
        await submit(box, owner, ...entries)
        sent += entries.length
        most = Math.max(most, receiver.socket.bufferedAmount)
      }
      assert.notEqual(receiver?.socket.readyState, WebSocket.OPEN, `still open after ${sent}`)
      assert.ok(most <= 2 * MAX_BUFFERED, `${most} bytes were waiting`)
      await until(() => line.frames.length > sent, 'everything on the good line')
      deaf.destroy()
      assert.equal(line.closed(), null)
      line.socket.terminate()
    })
  }
})
