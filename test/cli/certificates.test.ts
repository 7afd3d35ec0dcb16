// A box with a name and a certificate of its own making, as an operator starts it.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { exchange } from '../../provisioning/certificates/acme/transport.ts'
import { startPebble } from '../helpers/pebble.ts'
import { freePort } from '../helpers/proxy.ts'
import { going, holdfast, type Line, one, ORG, OWNER, refusal, tempFolder } from '../helpers/cli.ts'

async function firstLine({ child, lines, gone, said }: ReturnType<typeof going>): Promise<Line> {
  await Promise.race([new Promise((resolve) => child.stdout.once('data', resolve)), gone])
  return lines()[0] ?? assert.fail(said())
}

async function founded(t: TestContext): Promise<{ folder: string; data: string; card: string }> {
  const folder = tempFolder(t)
  const data = join(folder, 'box')
  const { card } = await one(['init', '--data', data, '--org', ORG, '--owner', OWNER])
  return { folder, data, card: String(card) }
}

test('serve --private-ca: a device that trusts the authority joins; one that does not is told', async (t) => {
  const { folder, data, card } = await founded(t)
  const [port, trust] = [await freePort(), await freePort()]
  const where = ['--data', data, '--listen', `127.0.0.1:${port}`]
  const own = ['--private-ca', 'localhost,127.0.0.1', '--trust-listen', `127.0.0.1:${trust}`]
  const box = going(t, ['serve', ...where, ...own, '--log', 'warn'])
  const { listening: url } = await firstLine(box)
  assert.equal(url, `https://localhost:${port}`)
  const joining = ['join', card, '--box', url, '--state', join(folder, 'olga')]
  assert.equal((await holdfast(joining)).status, 1)
  const ca = join(data, 'tls/authority.crt')
  await one(joining, { env: { NODE_EXTRA_CA_CERTS: ca } })
  const page = await (await fetch(`http://127.0.0.1:${trust}/`)).text()
  const print = new X509Certificate(readFileSync(ca)).fingerprint256.replaceAll(':', '')
  assert.ok(page.replaceAll(/\s/g, '').includes(print))
  assert.ok(box.said().replaceAll(' ', '').includes(print), 'for the paper')
  const answer = await exchange('GET', `${url}/v1/trusted`, readFileSync(ca, 'utf8'))
  assert.equal(answer.body, 'yes')
  assert.equal(answer.headers['access-control-allow-origin'], '*')
})

test('serve --acme: the box comes up with a certificate of the authority', async (t) => {
  const { folder, data } = await founded(t)
  const pebble = await startPebble(t, folder)
  const port = await freePort()
  const ca = join(folder, 'pebble.crt')
  const acme = ['--acme', 'crisis.musterstadt.example', '--acme-directory', pebble.directory]
  const how = ['--acme-ca', ca, '--acme-http', `127.0.0.1:${pebble.httpPort}`]
  const box = going(t, ['serve', '--data', data, '--listen', `127.0.0.1:${port}`, ...acme, ...how])
  const { listening: url } = await firstLine(box)
  assert.equal(url, `https://crisis.musterstadt.example:${port}`)
  const leaf = new X509Certificate(readFileSync(join(data, 'tls/current.pem')))
  assert.equal(leaf.subjectAltName, 'DNS:crisis.musterstadt.example')
})

test('certificates --once makes one for a box of another process, which takes it', async (t) => {
  const { folder, data } = await founded(t)
  const tls = join(folder, 'tls')
  const made = await one(['certificates', '--private-ca', 'localhost', '--tls-dir', tls, '--once'])
  const file = String(made['certificate'])
  assert.equal(file, join(tls, 'current.pem'))
  const files = ['--tls-cert', file, '--tls-key', file]
  const box = going(t, ['serve', '--data', data, '--listen', '127.0.0.1:0', ...files])
  assert.match(String((await firstLine(box))['listening']), /^https:/)
})

test('a box with a certificate still cannot listen where this machine is not', async (t) => {
  const { data } = await founded(t)
  const own = ['--private-ca', 'localhost', '--trust-listen', '127.0.0.1:0']
  const args = ['serve', '--data', data, ...own, '--listen', '192.0.2.77:8470']
  refusal(await holdfast(args), 1, /cannot listen/, /of this machine/)
})

describe('wrong settings are told', () => {
  const CASES: [args: string[], sentence: RegExp][] = [
    [['--acme', 'a.example', '--private-ca', 'a.example'], /one of --acme/],
    [['--acme', '192.0.2.7'], /names, not addresses/],
    [['--acme', 'a_b.example'], /"a_b\.example" is no name of a host/],
    [['--private-ca', 'a..b'], /is no name of a host/],
    [['--acme', 'a.example', '--acme-directory', 'http://a.example'], /address with https/],
    [['--acme', 'a.example', '--acme-dns', 'x', '--acme-dns-wait', 'long'], /0 to 3600/],
    [['--private-ca', 'a.example', '--trust-listen', '80'], /--trust-listen wants HOST:PORT/],
  ]
  for (const [args, sentence] of CASES)
    test(args.join(' '), async (t) => {
      const data = join(tempFolder(t), 'box')
      refusal(await holdfast(['serve', '--data', data, ...args]), 2, sentence)
    })

  test('a certificate authority out of reach, at the very first start', async (t) => {
    const { data } = await founded(t)
    const at = `https://127.0.0.1:${await freePort()}/dir`
    const outcome = await holdfast([
      'serve',
      '--data',
      data,
      '--acme',
      'a.example',
      '--acme-directory',
      at,
    ])
    refusal(outcome, 1, /authority cannot be reached/)
  })
})
