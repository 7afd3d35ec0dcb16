// TLS with the operator's certificate: 1.3 only, a hybrid key exchange, tickets for those who return.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { pino } from 'pino'
import { readCertificate, tellAge } from '../../server/tls.ts'
import { certificateIn } from '../helpers/certificate.ts'
import { foundIn, serveData, tempFolder } from './kit.ts'

const openssl = spawnSync('openssl', ['version']).status === 0
const skip = !openssl && process.env['CI'] !== 'true' ? 'apt-get install openssl' : false

async function tlsBox(t: TestContext) {
  const folder = tempFolder(t)
  const data = join(folder, 'box')
  await foundIn(data)
  const tls = certificateIn(folder)
  const box = await serveData(data, {}, { tls })
  t.after(() => box.stop())
  return { folder, data, box, port: Number(new URL(box.url).port) }
}

type Spoken = { socket: TLSSocket; status: string }

/** One request over TLS; resolves with the first line of the answer. */
function speak(port: number, options: ConnectionOptions = {}): Promise<Spoken> {
  return new Promise((resolve, reject) => {
    const address = { host: '127.0.0.1', servername: 'localhost', port, rejectUnauthorized: false }
    const socket = connect({ ...address, ...options }, () => {
      socket.write('GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    })
    socket.on('error', reject)
    socket.once('data', (chunk: Buffer) => {
      resolve({ socket, status: chunk.toString().split('\r\n')[0] ?? '' })
    })
  })
}

test(
  'A box with a certificate speaks TLS 1.3 with a key exchange that outlives quantum computers',
  { skip },
  async (t) => {
    const { box, port } = await tlsBox(t)
    assert.match(box.url, /^https:/)
    const { socket, status } = await speak(port)
    assert.match(status, /^HTTP\/1\.1 404/)
    assert.equal(socket.getProtocol(), 'TLSv1.3')
    socket.destroy()
    const hybrid = await speak(port, { ecdhCurve: 'X25519MLKEM768' })
    assert.match(hybrid.status, /404/)
    hybrid.socket.destroy()
    await assert.rejects(speak(port, { maxVersion: 'TLSv1.2' }))
  },
)

test('Whoever returns is taken on again without the certificates', { skip }, async (t) => {
  const { port } = await tlsBox(t)
  let session: Buffer | undefined
  const first = await speak(port)
  await new Promise<void>((resolve) => {
    first.socket.on('session', (ticket: Buffer) => {
      session = ticket
      resolve()
    })
    if (first.socket.getSession() !== undefined) {
      session = first.socket.getSession()
      resolve()
    }
  })
  assert.equal(first.socket.isSessionReused(), false)
  first.socket.destroy()
  const again = await speak(port, session === undefined ? {} : { session })
  assert.equal(again.socket.isSessionReused(), true)
  again.socket.destroy()
})

test('A certificate that cannot be used is named, with what to do', { skip }, async (t) => {
  const folder = tempFolder(t)
  const data = join(folder, 'box')
  await foundIn(data)
  const good = certificateIn(folder)
  const other = certificateIn(folder, 'other')
  const noise = join(folder, 'noise.crt')
  writeFileSync(noise, 'not a certificate')
  for (const tls of [
    { cert: join(folder, 'missing.crt'), key: good.key },
    { cert: noise, key: good.key },
    { cert: good.cert, key: other.key },
  ])
    await assert.rejects(serveData(data, {}, { tls }), { code: 'tls_unusable' })
})

test('A new certificate is taken up under connections that go on', { skip }, async (t) => {
  const { folder, box, port } = await tlsBox(t)
  const shown = async (): Promise<{ serial: string; socket: TLSSocket }> => {
    const { socket } = await speak(port)
    return { serial: socket.getPeerX509Certificate()?.serialNumber ?? '', socket }
  }
  const held = connect({ host: '127.0.0.1', port, rejectUnauthorized: false })
  await new Promise((resolve) => held.once('secureConnect', resolve))
  const ask = (): Promise<string> => {
    held.write('GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n')
    return new Promise((resolve) => held.once('data', (chunk: Buffer) => resolve(chunk.toString())))
  }
  assert.match(await ask(), /404/)
  const before = await shown()
  const other = certificateIn(folder, 'other')
  const files = box.context.config.tls ?? { cert: '', key: '' }
  copyFileSync(other.cert, files.cert)
  box.renew()
  assert.equal((await shown()).serial, before.serial, 'half of a new one is none')
  copyFileSync(other.key, files.key)
  box.renew()
  const after = await shown()
  assert.notEqual(after.serial, before.serial)
  assert.match(await ask(), /404/, 'who was connected is still')
  writeFileSync(files.cert, 'damaged')
  box.renew()
  box.renew()
  assert.equal((await shown()).serial, after.serial, 'what cannot be used changes nothing')
  held.destroy()
})

test('Without a certificate the box listens on its own machine alone', async (t) => {
  const data = join(tempFolder(t), 'box')
  await foundIn(data)
  for (const host of ['0.0.0.0', '::', '192.0.2.1', '127.0.0.1.example', 'localhost.example'])
    await assert.rejects(serveData(data, {}, { host }), { code: 'plain_http' })
  for (const host of ['127.0.0.1', 'localhost', '127.0.0.2']) {
    const box = await serveData(data, {}, { host })
    await box.stop()
  }
})

test('A certificate that ends is told in time, louder when it is urgent', { skip }, (t) => {
  const { leaf } = readCertificate(certificateIn(tempFolder(t)))
  const [from, until] = [Date.parse(leaf.validFrom), Date.parse(leaf.validTo)]
  const toldAt = (share: number): string[] => {
    const lines: string[] = []
    const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) })
    tellAge(log, leaf, from + (until - from) * share)
    return lines.map((line) =>
      (JSON.parse(line) as { level: number; msg: string }).level.toString(),
    )
  }
  assert.deepEqual([0, 0.4, 0.51, 0.79, 0.81, 1.2].map(toldAt), [
    [],
    [],
    ['40'],
    ['40'],
    ['50'],
    ['50'],
  ])
})
