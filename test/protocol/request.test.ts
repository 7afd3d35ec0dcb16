import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concat, utf8 } from '../../protocol/bytes.ts'
import type { DeviceId, OrgId } from '../../protocol/ids.ts'
import { hash, sign, SIGN_LABELS } from '../../protocol/labels.ts'
import {
  decodeRequestSignature,
  METHOD,
  type Method,
  REQUEST_SIGNATURE_BYTES,
  type SignedRequest,
  signRequest,
  verifyRequest,
} from '../../protocol/request.ts'
import {
  flipped,
  refused,
  refusedSomehow,
  seededBytes,
  seededId,
  seededPair,
} from '../helpers/seed.ts'

const pair = seededPair('requesting')
const who = {
  org: seededId<OrgId>('org'),
  device: seededId<DeviceId>('device'),
  window: seededBytes('window', 16),
  nonce: seededBytes('nonce', 16),
}
const request: SignedRequest = {
  method: 'POST',
  host: 'krise.musterstadt.example',
  target: '/v1/entries?x=%41',
  body: utf8('body'),
}
const bytes = signRequest(who, request, pair.secretKey)
const verify = (value: Uint8Array, changed: Partial<SignedRequest> = {}) =>
  verifyRequest(decodeRequestSignature(value), { ...request, ...changed }, pair.publicKey)

test('a signed request verifies, and says who made it', () => {
  verify(bytes)
  assert.equal(bytes.length, REQUEST_SIGNATURE_BYTES)
  assert.partialDeepStrictEqual({ ...decodeRequestSignature(bytes) }, who)
})

test('the signature covers what PROTOCOL.md says, in that order', () => {
  const { org, device, window, nonce } = who
  const host = concat(Uint8Array.of(request.host.length), utf8(request.host))
  const target = concat(Uint8Array.of(0, request.target.length), utf8(request.target))
  const start = concat(Uint8Array.of(1), org, device, window, nonce)
  const signed = concat(start, Uint8Array.of(2), host, target, hash('request-body', request.body))
  assert.deepEqual(bytes, concat(start, sign('req', signed, pair.secretKey)))
  for (const label of SIGN_LABELS) {
    const again = concat(start, sign(label, signed, pair.secretKey))
    if (label !== 'req') refused('bad_signature', () => verify(again))
  }
})

test('any part of the request that differs is refused', () => {
  const other: Partial<SignedRequest>[] = [
    ...(Object.keys(METHOD) as Method[]).filter((m) => m !== 'POST').map((method) => ({ method })),
    { host: 'Krise.musterstadt.example' },
    { host: 'krise.musterstadt.example:443' },
    { target: '/v1/entries?x=A' },
    { target: '/v1/entries' },
    { body: new Uint8Array(0) },
    { body: utf8('body ') },
  ]
  for (const changed of other) refused('bad_signature', () => verify(bytes, changed))
})

test('host and target cannot run into each other', () => {
  const moved = { host: `${request.host}/v1`, target: '/entries?x=%41' }
  refused('bad_signature', () => verify(bytes, moved))
})

test('another key, window, nonce or device is refused', () => {
  const nobody = seededPair('nobody').publicKey
  refused('bad_signature', () => verifyRequest(decodeRequestSignature(bytes), request, nobody))
  for (let at = 1; at < bytes.length; at++)
    refused('bad_signature', () => verify(flipped(bytes, at)))
})

test('an unknown version or another length is refused', () => {
  for (const version of [0, 2]) refused('unknown_version', () => verify(bytes.with(0, version)))
  for (let n = 0; n < bytes.length; n++) refused('malformed', () => verify(bytes.subarray(0, n)))
  refused('too_large', () => verify(concat(bytes, Uint8Array.of(0))))
})

test('a host or target that does not fit is refused', () => {
  refused('too_large', () =>
    signRequest(who, { ...request, host: 'x'.repeat(256) }, pair.secretKey),
  )
  refused('too_large', () =>
    signRequest(who, { ...request, target: 'x'.repeat(2049) }, pair.secretKey),
  )
})

test('every method has its own number', () => {
  assert.deepEqual(METHOD, { GET: 1, POST: 2, PUT: 3, DELETE: 4, LIVE: 255 })
})

test('any request verifies as itself and as no other', () => {
  const some = fc.record({
    method: fc.constantFrom(...(Object.keys(METHOD) as Method[])),
    host: fc.domain(),
    target: fc.webPath(),
    body: fc.uint8Array({ maxLength: 50 }),
  })
  fc.assert(
    fc.property(some, some, (one, other) => {
      const signature = decodeRequestSignature(signRequest(who, one, pair.secretKey))
      verifyRequest(signature, one, pair.publicKey)
      const same =
        one.method === other.method && one.host === other.host && one.target === other.target
      if (same && one.body.join() === other.body.join()) return
      refusedSomehow(() => verifyRequest(signature, other, pair.publicKey), 'another request')
    }),
    { numRuns: 60 },
  )
})
