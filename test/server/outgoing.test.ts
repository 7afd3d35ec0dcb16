// What leaves the box at the end of a turn, read by a real WebSocket client.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { asId, type DeviceId, type PersonId } from '../../protocol/ids.ts'
import { CLOSE, Outgoing, type Receiver } from '../../server/delivery/outgoing.ts'
import { MAX_BUFFERED } from '../../server/limits.ts'
import { until } from './kit.ts'

type Line = {
  receiver: Receiver
  got: Buffer[]
  writes: () => number
  closed: () => number | null
  pause: () => void
}

async function lines(t: TestContext, count: number): Promise<Line[]> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const all: Line[] = []
  for (let i = 0; i < count; i++) {
    const connected = once(server, 'connection') as Promise<[WebSocket]>
    const client = new WebSocket(`ws://127.0.0.1:${port}`)
    const [socket] = await connected
    await once(client, 'open')
    const got: Buffer[] = []
    let code: number | null = null
    client.on('message', (data: Buffer) => got.push(data))
    client.on('close', (value) => (code = value))
    t.after(() => client.terminate())
    const device = asId<DeviceId>(new Uint8Array(16).fill(i))
    const receiver = {
      device,
      person: asId<PersonId>(device),
      pending: false,
      socket,
      unheard: null,
      asked: false,
    }
    all.push({
      receiver,
      got,
      writes: countWrites(socket),
      closed: () => code,
      pause: () => client.pause(),
    })
  }
  return all
}

function countWrites(socket: WebSocket): () => number {
  const { _socket: tcp } = socket as unknown as { _socket: Socket }
  const write = tcp.write.bind(tcp)
  let count = 0
  tcp.write = (bytes: Buffer) => {
    count += 1
    return write(bytes)
  }
  return () => count
}

test('a message of any length arrives as it is', async (t) => {
  const [line] = (await lines(t, 1)) as [Line]
  const sizes = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000]
  const outgoing = new Outgoing()
  for (const size of sizes) {
    outgoing.add([{ receiver: line.receiver, seg: 0 }], [new Uint8Array(size).fill(size % 251)])
    await new Promise((resolve) => setImmediate(resolve))
  }
  await until(() => line.got.length === sizes.length, 'all of them')
  for (const [i, size] of sizes.entries())
    assert.deepEqual(line.got[i], Buffer.alloc(size, size % 251))
})

test('what one turn brings leaves in one write per socket, to each what is for it, in order', async (t) => {
  const [one, two, three] = (await lines(t, 3)) as [Line, Line, Line]
  const outgoing = new Outgoing()
  const to = (line: Line, seg: number) => ({ receiver: line.receiver, seg })
  outgoing.add([to(one, 0), to(two, 1)], [Buffer.from('a0'), Buffer.from('a1')])
  outgoing.add([to(one, 0), to(two, 0), to(three, 0)], [Buffer.from('b')])
  outgoing.add([to(three, 0), to(one, 0)], [Buffer.from('c')])
  outgoing.close(two.receiver)
  outgoing.add([to(two, 0), to(one, 0)], [Buffer.from('d')])
  await until(() => one.got.length === 4 && three.got.length === 2, 'everything')
  await until(() => two.closed() !== null, 'the end of the second')
  const texts = [one, two, three].map(({ got }) => got.map(String))
  assert.deepEqual(texts, [
    ['a0', 'b', 'c', 'd'],
    ['a1', 'b'],
    ['b', 'c'],
  ])
  assert.equal(two.closed(), CLOSE.revoked)
  assert.deepEqual([one.writes(), three.writes()], [1, 1])
})

test('however much one turn brings, what waits for a stuck reader is bounded, and the others get all', async (t) => {
  const [stuck, other] = (await lines(t, 2)) as [Line, Line]
  stuck.pause()
  const outgoing = new Outgoing()
  const frame = new Uint8Array(60_000)
  const both = [stuck, other].map(({ receiver }) => ({ receiver, seg: 0 }))
  const turn = async (): Promise<void> => {
    for (let i = 0; i < 40; i++) outgoing.add(both, [frame])
    await new Promise((resolve) => setImmediate(resolve))
    await until(() => other.receiver.socket.bufferedAmount === 0, 'the other one')
  }
  for (let turns = 0; stuck.receiver.socket.readyState === WebSocket.OPEN; turns++) {
    assert.ok(turns < 10, 'a stuck reader is cut off')
    await turn()
    const waiting = stuck.receiver.socket.bufferedAmount
    assert.ok(waiting <= MAX_BUFFERED + 2 * frame.length, `${waiting} bytes wait`)
  }
  assert.equal(other.receiver.socket.readyState, WebSocket.OPEN)
})

test('a line that is closing gets nothing more, and the others do', async (t) => {
  const [one, two] = (await lines(t, 2)) as [Line, Line]
  const outgoing = new Outgoing()
  one.receiver.socket.close()
  const writes = one.writes()
  outgoing.add(
    [one, two].map(({ receiver }) => ({ receiver, seg: 0 })),
    [Buffer.from('late')],
  )
  await until(() => two.got.length === 1, 'the word')
  assert.equal(one.writes(), writes)
  assert.equal(one.got.length, 0)
})
