import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { approve, invite, revoke } from '../../client/people.ts'
import { pull } from '../../client/pull.ts'
import { type RouteName, ROUTES, SIGNATURE_HEADER, WINDOW_HEADER } from '../../protocol/api.ts'
import { toBase64Url } from '../../protocol/bytes.ts'
import type { LogId } from '../../protocol/ids.ts'
import { asId, type EpochId } from '../../protocol/ids.ts'
import { WINDOW_LIFE } from '../../protocol/limits.ts'
import { signPrekey } from '../../protocol/prekey.ts'
import { randomBytes, xwingPublic } from '../../protocol/sodium.ts'
import { Windows } from '../../server/window.ts'
import { refused } from '../helpers/seed.ts'
import {
  bodyOf,
  call,
  inviteOne,
  joinAs,
  joinWith,
  openGroup,
  rawRequest,
  sealedText,
  sendSigned,
  startTestBox,
  TestClock,
  windowOf,
} from './kit.ts'

const SYNC = ROUTES.sync.path
const nothingNew = bodyOf('sync', { have: [], wrapsSeen: 0, parcels: [] })

describe('a signed request', () => {
  test('is needed, and the answer says what to do', async (t) => {
    const box = await startTestBox(t)
    const reply = await rawRequest({ port: box.port, path: SYNC, body: nothingNew })
    assert.deepEqual([reply.status, reply.code], [401, 'signature_missing'])
    assert.ok(reply.headers[WINDOW_HEADER])
  })

  test('is taken from a device, with the host in capitals too', async (t) => {
    const box = await startTestBox(t)
    const { signer } = await joinWith(box, box.card)
    const host = `localhost:${box.port}`
    assert.equal((await sendSigned(box, signer, SYNC, nothingNew)).status, 200)
    const options = { signed: { host }, sent: { host: host.toUpperCase() } }
    assert.equal((await sendSigned(box, signer, SYNC, nothingNew, options)).status, 200)
  })

  test('names its target with the query', async (t) => {
    const box = await startTestBox(t)
    const { signer } = await joinWith(box, box.card)
    const path = `${SYNC}?a=1`
    assert.equal((await sendSigned(box, signer, path, nothingNew)).status, 200)
    const added = await sendSigned(box, signer, SYNC, nothingNew, { sent: { path } })
    assert.equal(added.code, 'bad_signature')
    const dropped = await sendSigned(box, signer, path, nothingNew, { sent: { path: SYNC } })
    assert.equal(dropped.code, 'bad_signature')
  })

  test('of a device that nobody enrolled is refused', async (t) => {
    const box = await startTestBox(t)
    const { signer } = await joinWith(box, box.card)
    const stranger = { ...signer, device: asId<typeof signer.device>(randomBytes(16)) }
    const reply = await sendSigned(box, stranger, SYNC, nothingNew)
    assert.deepEqual([reply.status, reply.code], [401, 'device_unknown'])
  })

  test('with a key that is not the device’s is refused', async (t) => {
    const box = await startTestBox(t)
    const owner = await joinWith(box, box.card)
    const member = await joinAs(box, owner, 'Milo Member')
    const forged = { ...owner.signer, secretKey: member.signer.secretKey }
    assert.equal((await sendSigned(box, forged, SYNC, nothingNew)).code, 'bad_signature')
  })

  test('does not survive another method, host, target or body', async (t) => {
    const box = await startTestBox(t)
    const { signer } = await joinWith(box, box.card)
    const code = async (options: Parameters<typeof sendSigned>[4]): Promise<string> =>
      (await sendSigned(box, signer, SYNC, nothingNew, options)).code
    assert.equal(await code({ signed: { method: 'PUT' } }), 'bad_signature')
    assert.equal(await code({ signed: { host: `localhost:${box.port}` } }), 'bad_signature')
    assert.equal(await code({ signed: { target: ROUTES.prekeys.path } }), 'bad_signature')
    const body = bodyOf('sync', { have: [], wrapsSeen: 1, parcels: [] })
    assert.equal(await code({ sent: { body } }), 'bad_signature')
    const host = 'crisis.example'
    assert.equal(await code({ signed: { host }, sent: { host } }), 'bad_signature')
  })

  test('of one organisation is nothing to another', async (t) => {
    const one = await startTestBox(t)
    const other = await startTestBox(t)
    const { signer } = await joinWith(one, one.card)
    await joinWith(other, other.card)
    const foreign = await sendSigned(other, signer, SYNC, nothingNew)
    assert.equal(foreign.code, 'device_unknown')
    const claimed = await sendSigned(other, signer, SYNC, nothingNew, { org: other.org })
    assert.equal(claimed.code, 'device_unknown')
  })

  test('that is not base64url or too short is malformed, never a crash', async (t) => {
    const box = await startTestBox(t)
    for (const value of ['!!', 'AAAA', toBase64Url(randomBytes(129)), 'A'.repeat(4000)]) {
      const headers = { [SIGNATURE_HEADER]: value }
      const reply = await rawRequest({ port: box.port, path: SYNC, body: nothingNew, headers })
      assert.ok(
        [400, 401, 403, 413].includes(reply.status),
        `${reply.status} for ${value.slice(0, 10)}`,
      )
      assert.notEqual(reply.code, '')
    }
  })
})

describe('the window', () => {
  test('an older one is refused with the present one in a header', async (t) => {
    const box = await startTestBox(t)
    const { signer } = await joinWith(box, box.card)
    const window = randomBytes(16)
    const reply = await sendSigned(box, signer, SYNC, nothingNew, { window })
    assert.deepEqual([reply.status, reply.code], [401, 'window'])
    assert.equal(String(reply.headers[WINDOW_HEADER]), toBase64Url(await windowOf(box)))
  })

  test('the device’s one retry cures it', async (t) => {
    const clock = new TestClock()
    const box = await startTestBox(t, clock)
    const owner = await joinWith(box, box.card)
    clock.pass(10 * WINDOW_LIFE)
    await pull(owner)
  })

  test('the same bytes twice are refused the second time', async (t) => {
    const box = await startTestBox(t)
    const { signer } = await joinWith(box, box.card)
    const options = { window: await windowOf(box), nonce: randomBytes(16) }
    assert.equal((await sendSigned(box, signer, SYNC, nothingNew, options)).status, 200)
    const again = await sendSigned(box, signer, SYNC, nothingNew, options)
    assert.deepEqual([again.status, again.code], [401, 'replayed'])
  })

  test('a nonce that a forger showed is not used up', async (t) => {
    const box = await startTestBox(t)
    const { signer } = await joinWith(box, box.card)
    const options = { window: await windowOf(box), nonce: randomBytes(16) }
    const tampered = { ...options, signed: { target: '/other' } }
    assert.equal((await sendSigned(box, signer, SYNC, nothingNew, tampered)).code, 'bad_signature')
    assert.equal((await sendSigned(box, signer, SYNC, nothingNew, options)).status, 200)
  })

  test('a replay is known for as long as its window is accepted', async (t) => {
    const clock = new TestClock()
    const box = await startTestBox(t, clock)
    const { signer } = await joinWith(box, box.card)
    const options = { window: await windowOf(box), nonce: randomBytes(16) }
    const code = async (): Promise<string> =>
      (await sendSigned(box, signer, SYNC, nothingNew, options)).code
    assert.equal(await code(), '')
    clock.pass(WINDOW_LIFE)
    assert.equal(await code(), 'replayed')
    clock.pass(WINDOW_LIFE - 1)
    assert.equal(await code(), 'replayed')
    clock.pass(1)
    assert.equal(await code(), 'window')
  })

  test('values turn with the monotonic clock, and two are accepted at a time', () => {
    let now = 0
    const windows = new Windows(() => now)
    const first = windows.value
    const nonce = randomBytes(16)
    now = WINDOW_LIFE - 1
    assert.deepEqual(windows.value, first)
    now = WINDOW_LIFE
    const second = windows.value
    assert.notDeepEqual(second, first)
    windows.check(first, nonce)
    windows.use(first, nonce)
    refused('replayed', () => windows.check(first, nonce))
    // Another window has not seen this nonce: the signature differs there.
    windows.check(second, nonce)
    now = 2 * WINDOW_LIFE
    assert.notDeepEqual(windows.value, second)
    refused('window', () => windows.check(first, nonce))
    windows.check(second, nonce)
    now = 4 * WINDOW_LIFE
    refused('window', () => windows.check(second, nonce))
  })
})

describe('standing in the directory', () => {
  test('a removed device is told so, on every route', async (t) => {
    const box = await startTestBox(t)
    const owner = await joinWith(box, box.card)
    const member = await joinAs(box, owner, 'Milo Member')
    assert.equal((await sendSigned(box, member.signer, SYNC, nothingNew)).status, 200)
    const { device } = member.replica.identity
    await pull(owner)
    await revoke(owner, { what: 'device', subject: device })
    for (const route of Object.keys(ROUTES) as RouteName[]) {
      if (route === 'card' || route === 'enrol') continue
      const reply = await sendSigned(box, member.signer, ROUTES[route].path, nothingNew)
      assert.deepEqual([route, reply.status, reply.code], [route, 401, 'device_revoked'])
    }
  })

  test('a person who was removed takes all devices along', async (t) => {
    const box = await startTestBox(t)
    const owner = await joinWith(box, box.card)
    const member = await joinAs(box, owner, 'Milo Member')
    await pull(owner)
    await revoke(owner, { what: 'person', subject: member.replica.identity.person })
    assert.equal((await sendSigned(box, member.signer, SYNC, nothingNew)).code, 'device_revoked')
  })

  test('a waiting device may read the directory and renew its prekey, nothing else', async (t) => {
    const box = await startTestBox(t)
    const owner = await joinWith(box, box.card)
    const log = await openGroup(owner, [])
    await pull(owner)
    const { card } = await invite(owner, { person: owner.replica.identity.person })
    const second = await joinWith(box, card)
    const { identity, pair } = second.replica
    assert.equal(second.replica.device?.from, null)
    assert.equal((await sendSigned(box, second.signer, SYNC, nothingNew)).status, 200)
    assert.equal(second.replica.channels.has(log), false, 'no channel reaches a waiting device')

    const prekey = {
      org: identity.org,
      device: identity.device,
      pkid: 7,
      notBefore: Date.now(),
      notAfter: Date.now() + 1000,
      publicKey: xwingPublic(randomBytes(32)),
    }
    const uploaded = await call(box, second.signer, 'prekey', {
      prekey: signPrekey(prekey, pair.secretKey),
    })
    assert.equal(uploaded.status, 200)
    const text = sealedText(owner, log, 'Nobody may bring this')
    const items = [{ entry: text, card: new Uint8Array(0), wraps: [] }]
    const codes = await Promise.all([
      call(box, second.signer, 'entries', { items }),
      call(box, second.signer, 'receipts', { log }),
      call(box, second.signer, 'receipt', { receipts: [] }),
      call(box, second.signer, 'prekeys', { devices: [identity.device] }),
      call(box, second.signer, 'parcel', { to: owner.signer.device, bytes: new Uint8Array(4) }),
      call(box, second.signer, 'wraps', {
        log,
        epoch: asId<EpochId>(randomBytes(16)),
        gen: 0,
        wraps: [],
      }),
    ])
    assert.deepEqual([...new Set(codes.map(({ code }) => code))], ['device_pending'])

    await pull(owner)
    await approve(owner, identity.device)
    const reply = await call(box, second.signer, 'receipts', { log })
    assert.equal(reply.status, 200, 'approved: the same device is let in')
  })

  test('no device brings a prekey of another one', async (t) => {
    const box = await startTestBox(t)
    const owner = await joinWith(box, box.card)
    const { card } = await inviteOne(owner, 'Milo Member')
    const member = await joinWith(box, card)
    const { identity } = member.replica
    const value = {
      org: identity.org,
      device: identity.device,
      pkid: 9,
      notBefore: 0,
      notAfter: 1,
      publicKey: xwingPublic(randomBytes(32)),
    }
    const foreign = signPrekey(value, member.replica.pair.secretKey)
    assert.equal(
      (await call(box, owner.signer, 'prekey', { prekey: foreign })).code,
      'bad_signature',
    )
    const forged = signPrekey(value, owner.replica.pair.secretKey)
    assert.equal(
      (await call(box, member.signer, 'prekey', { prekey: forged })).code,
      'bad_signature',
    )
  })
})

describe('strangers', () => {
  test('wrong signatures of one address are limited, right ones are not affected', async (t) => {
    const clock = new TestClock()
    const box = await startTestBox(t, clock)
    const { signer } = await joinWith(box, box.card)
    const log = asId<LogId>(randomBytes(16))
    const codes: string[] = []
    for (let i = 0; i < 62; i++) {
      // Of no known version: a random one would now and then be refused for its window instead.
      const headers = { [SIGNATURE_HEADER]: toBase64Url(new Uint8Array(129).fill(9)) }
      codes.push((await rawRequest({ port: box.port, path: SYNC, headers })).code)
    }
    assert.equal(codes.filter((code) => code === 'rate_limited').length, 2)
    const limited = await rawRequest({ port: box.port, path: SYNC })
    assert.deepEqual([limited.status, limited.headers['retry-after']], [429, '5'])
    assert.equal((await sendSigned(box, signer, SYNC, nothingNew)).status, 200)
    assert.equal((await call(box, signer, 'receipts', { log })).code, 'not_found')
    clock.pass(5000)
    assert.equal((await rawRequest({ port: box.port, path: SYNC })).code, 'signature_missing')
  })
})
