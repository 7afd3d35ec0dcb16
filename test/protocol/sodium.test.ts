import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { concat, equal, fromHex, toHex, utf8 } from '../../protocol/bytes.ts'
import {
  aeadOpen,
  aeadSeal,
  blake2b,
  HashStream,
  randomBytes,
  signDetached,
  signPairFromSeed,
  stretch,
  verifyDetached,
  wipe,
  xwingDecapsulate,
  xwingEncapsulate,
  xwingEncapsulateWith,
  xwingPublic,
} from '../../protocol/sodium.ts'
import { flipped, refused, seed, seededBytes } from '../helpers/seed.ts'

const input = utf8('input')
const key = seed('key')
const nonce = seededBytes('nonce', 24)
const pair = signPairFromSeed(seed('signer'))
const signature = signDetached(input, pair.secretKey)
const kemSeed = seed('kem')
const kemPk = xwingPublic(kemSeed)
const kem = xwingEncapsulate(kemPk)
const sealed = aeadSeal(key, input, input, nonce)

type Guarded = {
  call: (...args: never[]) => unknown
  args: Uint8Array[]
  /** Which arguments have one length only. */
  exact: number[]
}
const GUARDED: Record<string, Guarded> = {
  'blake2b with a key': {
    call: (a: Uint8Array, k: Uint8Array) => blake2b(32, a, k),
    args: [input, key],
    exact: [1],
  },
  blake2b: { call: (a: Uint8Array) => blake2b(64, a), args: [input], exact: [] },
  signPairFromSeed: { call: signPairFromSeed, args: [key], exact: [0] },
  signDetached: { call: signDetached, args: [input, pair.secretKey], exact: [1] },
  verifyDetached: { call: verifyDetached, args: [signature, input, pair.publicKey], exact: [0, 2] },
  aeadSeal: { call: aeadSeal, args: [key, input, input, nonce], exact: [0, 3] },
  aeadOpen: { call: aeadOpen, args: [key, input, sealed, nonce], exact: [0, 3] },
  stretch: { call: stretch, args: [input, seededBytes('salt', 16)], exact: [1] },
  xwingPublic: { call: xwingPublic, args: [kemSeed], exact: [0] },
  xwingEncapsulate: { call: xwingEncapsulate, args: [kemPk], exact: [0] },
  xwingEncapsulateWith: {
    call: xwingEncapsulateWith,
    args: [kemPk, seededBytes('coins', 64)],
    exact: [0, 1],
  },
  xwingDecapsulate: { call: xwingDecapsulate, args: [kem.ciphertext, kemSeed], exact: [0, 1] },
}

/** Values that look like the bytes but are none: the library itself would take some of them. */
function impostors(bytes: Uint8Array): unknown[] {
  const text = String.fromCharCode(...bytes)
  return [
    text,
    'x'.repeat(bytes.length),
    toHex(bytes),
    [...bytes],
    bytes.buffer,
    null,
    {},
    7,
    Uint16Array.from(bytes),
  ]
}

describe('every function takes bytes and nothing else', () => {
  for (const [name, { call, args, exact }] of Object.entries(GUARDED)) {
    test(name, () => {
      const withArgument = (at: number, value: unknown) => () =>
        call(...(args.map((arg, i) => (i === at ? value : arg)) as never[]))
      assert.doesNotThrow(withArgument(0, args[0]))
      for (const [at, arg] of args.entries()) {
        for (const value of impostors(arg)) {
          assert.throws(withArgument(at, value), TypeError, `argument ${at}: ${typeof value}`)
        }
      }
      for (const at of exact) {
        const arg = args[at] as Uint8Array
        for (const value of [arg.subarray(1), concat(arg, Uint8Array.of(0)), new Uint8Array(0)]) {
          assert.throws(withArgument(at, value), TypeError, `argument ${at}: ${value.length} bytes`)
        }
      }
    })
  }

  test('randomBytes', () => {
    assert.equal(randomBytes(24).length, 24)
    assert.notDeepEqual(randomBytes(32), randomBytes(32))
    for (const n of [-1, 1.5, 65_537, Number.NaN]) assert.throws(() => randomBytes(n), TypeError)
  })

  test('wipe', () => {
    const secret = seed('secret')
    wipe(secret)
    assert.deepEqual(secret, new Uint8Array(32))
    assert.throws(() => wipe('x'.repeat(32) as never), TypeError)
  })
})

test('BLAKE2b gives the published values', () => {
  // RFC 7693, appendix A, is BLAKE2b-512 of "abc".
  assert.match(
    toHex(blake2b(64, utf8('abc'))),
    /^ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1/,
  )
  assert.equal(
    toHex(blake2b(32, utf8('abc'))),
    'bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319',
  )
  assert.notDeepEqual(blake2b(32, input, key), blake2b(32, input))
})

test('Ed25519 gives the published values', () => {
  // RFC 8032, section 7.1, test 2.
  const known = signPairFromSeed(
    fromHex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'),
  )
  assert.equal(
    toHex(known.publicKey),
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
  )
  const expected =
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
    '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'
  assert.equal(toHex(signDetached(Uint8Array.of(0x72), known.secretKey)), expected)
})

test('a signature verifies for its key and message only', () => {
  assert.equal(verifyDetached(signature, input, pair.publicKey), true)
  assert.equal(verifyDetached(signature, utf8('other'), pair.publicKey), false)
  assert.equal(verifyDetached(signature, input, signPairFromSeed(key).publicKey), false)
  for (let at = 0; at < 64; at++) {
    assert.equal(verifyDetached(flipped(signature, at), input, pair.publicKey), false, `byte ${at}`)
  }
})

test('an odd signature of small order is refused', () => {
  const weak = concat(Uint8Array.of(1), new Uint8Array(31))
  assert.equal(verifyDetached(concat(weak, new Uint8Array(32)), input, weak), false)
})

test('sealed bytes open with all four inputs unchanged only', () => {
  assert.deepEqual(aeadOpen(key, input, sealed, nonce), input)
  refused('cannot_open', () => aeadOpen(flipped(key, 0), input, sealed, nonce))
  refused('cannot_open', () => aeadOpen(key, utf8('Input'), sealed, nonce))
  refused('cannot_open', () => aeadOpen(key, input, sealed, flipped(nonce, 23)))
  refused('cannot_open', () => aeadOpen(key, input, sealed))
  for (let at = 0; at < sealed.length; at++) {
    refused('cannot_open', () => aeadOpen(key, input, flipped(sealed, at), nonce))
  }
  for (let n = 0; n < sealed.length; n++) {
    refused('cannot_open', () => aeadOpen(key, input, sealed.subarray(0, n), nonce))
  }
})

test('the nonce that is not given is 24 zeros', () => {
  assert.deepEqual(aeadSeal(key, input, input), aeadSeal(key, input, input, new Uint8Array(24)))
  assert.deepEqual(aeadOpen(key, input, aeadSeal(key, input, input, new Uint8Array(24))), input)
})

test('a tampered X-Wing ciphertext gives another secret, silently', () => {
  assert.deepEqual(xwingDecapsulate(kem.ciphertext, kemSeed), kem.secret)
  for (const at of [0, 500, 1087, 1088, 1119]) {
    assert.equal(equal(xwingDecapsulate(flipped(kem.ciphertext, at), kemSeed), kem.secret), false)
  }
})

type XwingVector = Record<'seed' | 'eseed' | 'pk' | 'ct' | 'ss', string>
const file = readFileSync(new URL('../vectors/xwing.json', import.meta.url), 'utf8')
const { vectors } = JSON.parse(file) as { vectors: XwingVector[] }

describe('X-Wing, byte for byte as its draft says', () => {
  for (const [i, vector] of vectors.entries()) {
    test(`vector ${i + 1}`, () => {
      const { ciphertext, secret } = xwingEncapsulateWith(fromHex(vector.pk), fromHex(vector.eseed))
      assert.equal(toHex(xwingPublic(fromHex(vector.seed))), vector.pk)
      assert.equal(toHex(ciphertext), vector.ct)
      assert.equal(toHex(secret), vector.ss)
      assert.equal(toHex(xwingDecapsulate(ciphertext, fromHex(vector.seed))), vector.ss)
    })
  }

  test('there are vectors', () => assert.ok(vectors.length >= 3))
})

test('what comes piece by piece has the hash of the whole; text is no bytes', () => {
  const stream = new HashStream()
  const whole = seededBytes('whole', 300)
  for (const at of [0, 100, 200]) stream.add(whole.subarray(at, at + 100))
  assert.deepEqual(stream.end(), blake2b(32, whole))
  assert.throws(() => new HashStream().add('text' as never), TypeError)
})
