import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { type BoxProcess, serve } from '../helpers/cli.ts'
import { catchUp, rawRequest, until } from './kit.ts'
import { assertSound, confirmedBy, stage } from './traffic.ts'

const refusesConnections = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => resolve(false))
    socket.on('error', () => resolve(true))
    socket.on('close', () => resolve(true))
    socket.on('connect', () => socket.destroy())
  })

describe('SIGTERM', () => {
  test('during traffic loses nothing that was confirmed, and ends with 0', async (t) => {
    const { data, box, talkers, held } = await stage(t)
    const traffic = Promise.all(talkers.map((talker) => talker.talk(box, () => false)))
    await until(() => confirmedBy(talkers) >= 60, 'traffic', 30_000)
    const status = await box.end('SIGTERM')
    await traffic
    assert.equal(status, 0, box.said())
    assertSound(held(), talkers)
    assert.doesNotMatch(box.said(), /"level":[4-6]0/, 'an orderly end is no reason for a warning')
    const again = await serve(t, data, { port: box.port })
    const before = confirmedBy(talkers)
    const enough = (): boolean => confirmedBy(talkers) >= before + 20
    await Promise.all(talkers.map((talker) => talker.talk(again, enough)))
    assert.equal(await again.end('SIGTERM'), 0)
    assertSound(held(), talkers)
  })

  /** A request whose second half is still to come, while the box is told to stop. */
  async function halfSaid(t: Parameters<typeof serve>[0]) {
    const { box } = await stage(t)
    const socket = connect(box.port, '127.0.0.1')
    await once(socket, 'connect')
    const seen = { answer: '', closed: false }
    socket.on('data', (data: Buffer) => (seen.answer += data.toString('latin1')))
    socket.on('close', () => (seen.closed = true))
    socket.on('error', () => {})
    const head = `POST /v1/card HTTP/1.1\r\nHost: ${box.host}\r\nContent-Length: 16\r\n\r\n`
    socket.write(`${head}12345678`)
    // Another connection is answered behind this one, so the box has read the first half.
    assert.equal((await rawRequest({ port: box.port, path: '/' })).status, 404)
    box.child.kill('SIGTERM')
    await until(() => refusesConnections(box.port), 'no new connections')
    socket.write('12345678')
    await until(() => seen.answer.includes('card_unknown'), 'the answer under way')
    return { box, socket, seen, head }
  }

  test('refuses new connections and finishes the request under way', async (t) => {
    const { box, socket } = await halfSaid(t)
    socket.end()
    assert.equal(await box.gone, 0)
  })

  test('takes no further request on a connection that is open already', async (t) => {
    const { box, socket, seen, head } = await halfSaid(t)
    if (!seen.closed) socket.write(`${head}1234567812345678`)
    assert.equal(await box.gone, 0)
    const [, , second] = seen.answer.split('HTTP/1.1 ')
    if (second !== undefined) assert.match(second, /^503 [^]*"code":"draining"/)
  })

  test('is not held up by live connections that do not answer', async (t) => {
    const { box, talkers } = await stage(t)
    const sockets = await Promise.all(
      talkers.map(async () => {
        const socket = connect(box.port, '127.0.0.1')
        await once(socket, 'connect')
        socket.on('error', () => {})
        return socket
      }),
    )
    const started = performance.now()
    assert.equal(await box.end('SIGTERM'), 0)
    assert.ok(performance.now() - started < 9000)
    for (const socket of sockets) socket.destroy()
  })
})

describe('SIGKILL', () => {
  const ROUNDS = 5
  const AT_LEAST = 50

  test('at any moment of the traffic loses nothing confirmed and doubles nothing', async (t) => {
    const { data, talkers, held, ...first } = await stage(t)
    let box: BoxProcess = first.box
    const { port } = box
    for (let round = 1; round <= ROUNDS; round++) {
      const before = confirmedBy(talkers)
      const traffic = Promise.all(talkers.map((talker) => talker.talk(box, () => false)))
      await until(() => confirmedBy(talkers) >= before + AT_LEAST, `round ${round}`, 30_000)
      // Anywhere within the next few requests, not always right behind an answer.
      const moment = performance.now() + Math.random() * 40
      await until(() => performance.now() >= moment, 'the moment')
      await box.end('SIGKILL')
      await traffic
      assert.ok(confirmedBy(talkers) >= before + AT_LEAST)
      assertSound(held(), talkers)
      const started = performance.now()
      box = await serve(t, data, { port })
      t.diagnostic(`round ${round}: back in ${(performance.now() - started).toFixed(0)} ms`)
    }
    const before = confirmedBy(talkers)
    await Promise.all(
      talkers.map((talker) => talker.talk(box, () => confirmedBy(talkers) > before + 8)),
    )
    for (const { core } of talkers) await catchUp(core)
    assert.equal(await box.end('SIGTERM'), 0)
    assertSound(held(), talkers)
    const heads = new Set(
      talkers.map(({ core, log }) => core.replica.channels.get(log)?.head.h.toHex()),
    )
    assert.equal(heads.size, 1, 'every device holds the same chain')
  })
})
