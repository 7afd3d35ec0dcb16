// The process that alone reaches the internet: what it takes, where it goes, and what it never does.
import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { startDeliver } from '../../server/deliver.ts'
import { NOT_SENT, type Push } from '../../server/push/post.ts'
import { through } from '../../server/push/poster.ts'
import { certificate } from '../helpers/certificate.ts'
import { cleanUp } from '../helpers/cleanup.ts'
import { going, holdfast, refusal } from '../helpers/cli.ts'
import { tempFolder } from './kit.ts'

type Seen = { headers: Record<string, unknown>; body: Buffer; url: string }

/** A push service of this machine, which answers `status`, and the process in front of it. */
async function stage(t: TestContext, status = 201) {
  const tls = certificate(t)
  const seen: Seen[] = []
  const service = createServer(tls, (asked, answer) => {
    const parts: Buffer[] = []
    asked.on('data', (chunk: Buffer) => parts.push(chunk))
    asked.on('end', () => {
      seen.push({ headers: asked.headers, body: Buffer.concat(parts), url: asked.url ?? '' })
      answer.writeHead(status, { 'Retry-After': '7' }).end()
    })
  })
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  cleanUp(t, () => void service.close())
  const { port } = service.address() as AddressInfo
  const path = join(tempFolder(t), 'deliver.sock')
  const local = { host: 'localhost', port, address: '127.0.0.1', ca: tls.cert }
  const deliver = await startDeliver({ path }, local)
  cleanUp(t, () => deliver.stop())
  const push = (endpoint = `https://localhost:${port}/push/1`): Push => ({
    endpoint,
    headers: { TTL: '60', Urgency: 'high', Authorization: 'vapid t=x, k=y', Cookie: 'secret' },
    body: new Uint8Array([1, 2, 3]),
  })
  return { path, local, seen, push, post: through(path) }
}

function raw(socketPath: string, path: string, method: string, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, path, method }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    asking.on('error', reject)
    asking.end(body)
  })
}

describe('deliver', () => {
  test('takes a push out with the headers of a push, and says what the service said', async (t) => {
    const { seen, push, post } = await stage(t)
    assert.deepEqual(await post(push()), { ...NOT_SENT, sent: true, pause: 7 })
    const [one] = seen
    assert.deepEqual(one?.body, Buffer.from([1, 2, 3]))
    assert.equal(one?.headers['ttl'], '60')
    assert.equal(one?.headers['cookie'], undefined)
    const gone = await stage(t, 410)
    assert.equal((await gone.post(gone.push())).gone, true)
    const limited = await stage(t, 429)
    assert.equal((await limited.post(limited.push())).limited, true)
  })

  test('goes nowhere else, whoever asks', async (t) => {
    const { seen, push, post } = await stage(t)
    for (const endpoint of [
      'https://127.0.0.1/',
      'https://bank.example/',
      'http://fcm.googleapis.com/x',
      'https://fcm.googleapis.com.evil.example/',
      'file:///etc/passwd',
    ])
      assert.deepEqual(await post(push(endpoint)), NOT_SENT, endpoint)
    assert.equal(seen.length, 0)
  })

  test('takes nothing that is no push', async (t) => {
    const { path, push } = await stage(t)
    const good = { ...push(), body: 'AQID' }
    const bad = [
      '',
      'x',
      '[]',
      JSON.stringify({ ...good, body: 7 }),
      JSON.stringify({ ...good, headers: { TTL: 'a\r\nb: c' } }),
      JSON.stringify({ ...good, endpoint: null }),
    ]
    for (const body of bad) assert.equal(await raw(path, '/push', 'POST', body), 400, body)
    assert.equal(await raw(path, '/push', 'POST', 'x'.repeat(20_000)), 413)
    assert.equal(await raw(path, '/', 'POST', JSON.stringify(good)), 404)
    assert.equal(await raw(path, '/push', 'GET', ''), 404)
  })

  test('is waited for while it starts again, and is no fault of the services', async (t) => {
    const { push, local } = await stage(t)
    const path = join(tempFolder(t), 'later.sock')
    const sending = through(path)(push())
    await new Promise((resolve) => setTimeout(resolve, 100))
    const later = await startDeliver({ path }, local)
    cleanUp(t, () => later.stop())
    assert.equal((await sending).sent, true)
    assert.deepEqual(await through(join(tempFolder(t), 'nobody.sock'))(push()), NOT_SENT)
  })

  test('as a command: takes the place of one that was killed, and of nothing else', async (t) => {
    const folder = tempFolder(t)
    const socket = join(folder, 'deliver.sock')
    const listen = async () => {
      const running = going(t, ['deliver', '--socket', socket])
      await Promise.race([
        new Promise((resolve) => running.child.stdout.once('data', resolve)),
        running.gone,
      ])
      assert.deepEqual(running.lines(), [{ listening: socket }], running.said())
      return running
    }
    const first = await listen()
    first.child.kill('SIGKILL')
    await first.gone
    assert.ok(existsSync(socket))
    const second = await listen()
    second.child.kill('SIGTERM')
    assert.deepEqual(await second.gone, [0, null])
    const file = join(folder, 'file')
    writeFileSync(file, 'x')
    refusal(await holdfast(['deliver', '--socket', file]), 1, /cannot listen/)
    assert.ok(existsSync(file))
    refusal(await holdfast(['deliver']), 2, /--socket PATH/)
  })
})
