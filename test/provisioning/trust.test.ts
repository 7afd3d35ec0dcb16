// What a phone gets before it trusts the box: two public files, and nothing of the box.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { ownCertificate } from '../../provisioning/certificates/private-ca.ts'
import { openTrustDoor } from '../../provisioning/trust/door.ts'
import { LANGUAGES, languageOf, systemOf } from '../../provisioning/trust/page.ts'
import { cleanUp } from '../helpers/cleanup.ts'
import { tempFolder } from '../server/kit.ts'

const ADDRESS = 'https://crisis.musterstadt.example'

async function door(t: TestContext) {
  const folder = tempFolder(t)
  ownCertificate(folder, ['crisis.musterstadt.example'], 'Holdfast', Date.now())
  const opened = await openTrustDoor({ folder, host: '127.0.0.1', port: 0, address: ADDRESS })
  cleanUp(t, () => opened.close())
  const authority = new X509Certificate(readFileSync(join(folder, 'authority.crt')))
  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${opened.port}${path}`, { headers })
  return { get, authority, port: opened.port }
}

test('a phone gets the certificate of the authority, and never its key', async (t) => {
  const { get, authority } = await door(t)
  const answer = await get('/holdfast.crt')
  assert.equal(answer.headers.get('content-type'), 'application/x-x509-ca-cert')
  assert.deepEqual(Buffer.from(await answer.arrayBuffer()), authority.raw)
  for (const path of [
    '/authority.key',
    '/tls/authority.key',
    '/../authority.key',
    '/current.pem',
    '/v1/live',
  ])
    assert.equal((await get(path)).status, 404, path)
})

test('nothing that somebody asks brings the page down', async (t) => {
  const { get, port } = await door(t)
  for (const target of [
    '//',
    '/\\',
    'http://[',
    '*',
    '/%',
    '/?lang=__proto__',
    `/${'x'.repeat(7000)}`,
  ]) {
    const socket = connect({ host: '127.0.0.1', port })
    socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    await once(socket.resume(), 'close')
  }
  assert.equal((await get('/')).status, 200)
})

test('an iPhone gets a profile with that certificate inside, the same every time', async (t) => {
  const { get, authority } = await door(t)
  const answer = await get('/holdfast.mobileconfig?lang=de')
  assert.equal(answer.headers.get('content-type'), 'application/x-apple-aspen-config')
  const profile = await answer.text()
  assert.equal(profile, await (await get('/holdfast.mobileconfig?lang=de')).text())
  assert.match(profile, /com\.apple\.security\.root/)
  assert.ok(profile.includes(LANGUAGES.de.profileAbout))
  const inside = /<data>([^<]*)<\/data>/.exec(profile)?.[1] ?? ''
  assert.deepEqual(Buffer.from(inside, 'base64'), authority.raw)
  const parsed =
    'import plistlib,sys; print(plistlib.loads(sys.stdin.buffer.read())["PayloadContent"][0]["PayloadType"])'
  const { stdout, stderr } = spawnSync('python3', ['-c', parsed], {
    input: profile,
    encoding: 'utf8',
  })
  assert.equal(stdout, 'com.apple.security.root\n', stderr)
})

test('the page shows the whole fingerprint, opens at the steps for this device, and reaches nothing but the box', async (t) => {
  const { get, authority } = await door(t)
  const iphone = { 'User-Agent': 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)' }
  const answer = await get('/', { ...iphone, 'Accept-Language': 'fr-CH, fr;q=0.9' })
  const text = await answer.text()
  const print = authority.fingerprint256.replaceAll(':', '')
  assert.ok(text.replaceAll(/\s/g, '').includes(print))
  assert.match(text, /<html lang="fr">/)
  assert.match(text, /<details open><summary>iPhone et iPad/)
  assert.equal(text.match(/<details/g)?.length, 5)
  const policy = answer.headers.get('content-security-policy') ?? ''
  assert.match(policy, /default-src 'none'/)
  assert.match(policy, new RegExp(`connect-src ${ADDRESS};`))
  assert.doesNotMatch(policy, /unsafe/)
})

test('languages and systems are found by what a browser says', () => {
  assert.equal(languageOf('de', 'fr'), 'de')
  assert.equal(languageOf('xx', 'it, fr;q=0.5'), 'fr')
  assert.equal(languageOf(null, ''), 'en')
  assert.equal(languageOf('__proto__', 'constructor'), 'en')
  assert.equal(systemOf('Mozilla/5.0 (Linux; Android 16; Pixel)'), 'android')
  assert.equal(systemOf('Mozilla/5.0 (Windows NT 10.0)'), 'windows')
  assert.equal(systemOf('Mozilla/5.0 (Macintosh; Intel Mac OS X)'), 'mac')
  assert.equal(systemOf(''), 'linux')
})

test('the languages say the same things', () => {
  const shape = (words: object): string[] =>
    Object.entries(words).map(([name, value]) =>
      Array.isArray(value) ? `${name} ${value.length}` : name,
    )
  assert.deepEqual(shape(LANGUAGES.de), shape(LANGUAGES.en))
  assert.deepEqual(shape(LANGUAGES.fr), shape(LANGUAGES.en))
})
