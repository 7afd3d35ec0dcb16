// Certificates of our own making, judged by OpenSSL: what a stolen authority can say, and what it cannot.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { ownCertificate } from '../../provisioning/certificates/private-ca.ts'
import {
  addressBytes,
  certificateRequest,
  leafCertificate,
  newKey,
  pem,
} from '../../provisioning/certificates/x509.ts'
import { tempFolder } from '../server/kit.ts'

const NOW = Date.now()
const DAY = 24 * 60 * 60_000
const NAMES = ['crisis.musterstadt.example', '192.0.2.7']

function openssl(...args: string[]): { out: string; ok: boolean } {
  const { stdout, stderr, status } = spawnSync('openssl', args, { encoding: 'utf8' })
  return { out: stdout + stderr, ok: status === 0 }
}

function authority(t: TestContext, names: string[] = NAMES) {
  const folder = tempFolder(t)
  const text = ownCertificate(folder, names, 'Holdfast of Stadtwerke Musterstadt', NOW)
  const path = join(folder, 'authority.crt')
  const verify = (leaf: string, name: string) => {
    const file = join(folder, 'leaf.pem')
    writeFileSync(file, leaf)
    const how = /^[\d.:a-f]+$/.test(name) ? '-verify_ip' : '-verify_hostname'
    return openssl(
      'verify',
      '-x509_strict',
      '-purpose',
      'sslserver',
      '-CAfile',
      path,
      how,
      name,
      file,
    )
  }
  const key = createPrivateKey(readFileSync(join(folder, 'authority.key')))
  const forge = (name: string): string => {
    const life = { from: new Date(NOW - DAY), until: new Date(NOW + DAY) }
    const by = { name: 'Holdfast of Stadtwerke Musterstadt', key }
    return pem('CERTIFICATE', leafCertificate(by, [name], newKey(), life))
  }
  return { folder, path, text, verify, forge }
}

test('the certificate of a private authority holds for the names of the box, and its key is in the same file', (t) => {
  const { text, verify } = authority(t)
  const leaf = new X509Certificate(text)
  assert.ok(leaf.checkPrivateKey(createPrivateKey(text)))
  assert.equal(leaf.checkHost('crisis.musterstadt.example'), 'crisis.musterstadt.example')
  assert.equal(leaf.checkIP('192.0.2.7'), '192.0.2.7')
  for (const name of NAMES) {
    const { out, ok } = verify(text, name)
    assert.ok(ok, out)
  }
  const days = (Date.parse(leaf.validTo) - Date.parse(leaf.validFrom)) / DAY
  assert.ok(days <= 398, `${days} days`)
})

describe('a stolen authority vouches for', () => {
  const OTHERS = ['bank.example', 'musterstadt.example', '192.0.2.8', '2001:db8::1', 'example']
  for (const name of OTHERS)
    test(`nothing else: ${name}`, (t) => {
      const { verify, forge } = authority(t)
      const { out, ok } = verify(forge(name), name)
      assert.ok(!ok, out)
      assert.match(out, /permitted subtree violation|excluded subtree violation/)
    })

  test('no address at all where the box has a name alone', (t) => {
    const { verify, forge } = authority(t, ['crisis.musterstadt.example'])
    for (const name of ['192.0.2.7', '2001:db8::1']) {
      const { out, ok } = verify(forge(name), name)
      assert.ok(!ok, out)
    }
  })

  test('no name at all where the box has an address alone', (t) => {
    const { verify, forge, text } = authority(t, ['192.0.2.7'])
    assert.ok(verify(text, '192.0.2.7').ok)
    const { out, ok } = verify(forge('bank.example'), 'bank.example')
    assert.ok(!ok, out)
  })

  test('what it may, so that this test can fail', (t) => {
    const { verify, forge } = authority(t)
    assert.ok(verify(forge(NAMES[0] ?? ''), NAMES[0] ?? '').ok)
  })
})

test('the authority stays when the certificate is made anew, and refuses names that it was not made for', (t) => {
  const { folder, path, text } = authority(t)
  const before = readFileSync(path, 'utf8')
  const again = ownCertificate(folder, NAMES.slice(0, 1), 'another name', NOW + DAY)
  assert.equal(readFileSync(path, 'utf8'), before)
  assert.notEqual(again, text)
  assert.throws(() => ownCertificate(folder, ['bank.example'], 'x', NOW), {
    code: 'ca_other_names',
  })
})

test('a request for a certificate carries the names, signed by the new key', (t) => {
  const key = newKey()
  const file = join(tempFolder(t), 'request.pem')
  writeFileSync(
    file,
    pem('CERTIFICATE REQUEST', certificateRequest([...NAMES, '2001:db8::7'], key)),
  )
  const { out, ok } = openssl('req', '-in', file, '-noout', '-text', '-verify')
  assert.ok(ok, out)
  assert.match(
    out,
    /DNS:crisis\.musterstadt\.example, IP Address:192\.0\.2\.7, IP Address:2001:DB8:0:0:0:0:0:7/,
  )
})

test('addresses as bytes', () => {
  const hex = (text: string): string => Buffer.from(addressBytes(text)).toString('hex')
  assert.equal(hex('192.0.2.7'), 'c0000207')
  assert.equal(hex('::1'), `${'0'.repeat(31)}1`)
  assert.equal(hex('2001:db8::'), `20010db8${'0'.repeat(24)}`)
  assert.equal(hex('2001:db8:1:2:3:4:5:6'), '20010db8000100020003000400050006')
})
