import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concat, u16be } from '../../protocol/bytes.ts'
import {
  type HeldKey,
  openHistory,
  readHistoryHead,
  sealHistory,
} from '../../protocol/history-keys.ts'
import { kdf, sign } from '../../protocol/labels.ts'
import { MAX_HISTORY } from '../../protocol/limits.ts'
import { aeadSeal, xwingEncapsulate } from '../../protocol/sodium.ts'
import { flipped, refused, seed, seededId, START } from '../helpers/seed.ts'
import { staffedWorld } from '../helpers/world.ts'

const { world, member, guest } = staffedWorld()
const sending = { org: world.org, from: guest.id, t: START, to: member.prekey }
const { publicKey, secretKey } = guest.pair
const key = (i: number): HeldKey => ({
  channel: seededId(`channel ${i}`),
  epoch: seededId(`epoch ${i}`),
  gen: i % 0x10000,
  ak: seed(`ak ${i}`),
})
const keys = (n: number) => Array.from({ length: n }, (_, i) => key(i))

test('the keys arrive in order at the device they are for', () => {
  fc.assert(
    fc.property(fc.nat(20), (n) => {
      const bytes = sealHistory(sending, keys(n), secretKey)
      assert.equal(bytes.length, 1266 + 66 * n)
      assert.deepEqual(openHistory(bytes, publicKey, member.prekeySeed), keys(n))
    }),
    { numRuns: 10 },
  )
})

test('the head tells whose it is before anything is opened', () => {
  const head = readHistoryHead(sealHistory(sending, keys(2), secretKey))
  assert.deepEqual([head.org, head.from, head.to], [world.org, guest.id, member.id])
  assert.deepEqual([head.pkid, head.t, head.count], [1, START, 2])
})

test('as many keys as fit, and not one more', () => {
  assert.equal(
    openHistory(sealHistory(sending, keys(MAX_HISTORY), secretKey), publicKey, member.prekeySeed)
      .length,
    MAX_HISTORY,
  )
  refused('too_large', () => sealHistory(sending, keys(MAX_HISTORY + 1), secretKey))
})

test('a count beyond the maximum is refused even when the size fits it', () => {
  const bytes = sealHistory(sending, [], secretKey)
  const claims = (count: number) =>
    concat(bytes.subarray(0, 64), u16be(count), new Uint8Array(1200 + 66 * count))
  assert.equal(readHistoryHead(claims(MAX_HISTORY)).count, MAX_HISTORY)
  refused('malformed', () => readHistoryHead(claims(MAX_HISTORY + 1)))
})

test('a size other than the count asks for is refused', () => {
  const bytes = sealHistory(sending, keys(2), secretKey)
  for (const count of [0, 1, 3]) {
    refused('malformed', () =>
      readHistoryHead(concat(bytes.subarray(0, 64), u16be(count), bytes.subarray(66))),
    )
  }
  for (const n of [0, 65, 66, 1265])
    refused('malformed', () => readHistoryHead(bytes.subarray(0, n)))
})

test('another prekey does not open it', () => {
  const bytes = sealHistory(sending, keys(1), secretKey)
  refused('cannot_open', () => openHistory(bytes, publicKey, guest.prekeySeed))
})

test('changed bytes are refused by the signature, before anything is decapsulated', () => {
  const bytes = sealHistory(sending, keys(1), secretKey)
  for (const at of [20, 70, 1190, 1250]) {
    refused('bad_signature', () => openHistory(flipped(bytes, at), publicKey, member.prekeySeed))
  }
})

test('the sealed keys are bound to the head they came with', () => {
  const bytes = sealHistory(sending, keys(1), secretKey)
  const changed = flipped(bytes.subarray(0, -64), 60)
  const again = concat(changed, sign('hist', changed, secretKey))
  refused('cannot_open', () => openHistory(again, publicKey, member.prekeySeed))
})

test('whoever signs cannot hide more or fewer keys than the head says', () => {
  const head = sealHistory(sending, keys(1), secretKey).subarray(0, 66)
  const { ciphertext, secret } = xwingEncapsulate(member.prekey.publicKey)
  const short = concat(
    head,
    ciphertext,
    aeadSeal(kdf(secret, 'hist-key', head), head, new Uint8Array(65)),
  )
  refused('malformed', () =>
    openHistory(concat(short, sign('hist', short, secretKey)), publicKey, member.prekeySeed),
  )
})

test('sealing twice gives different bytes', () => {
  assert.notDeepEqual(
    sealHistory(sending, keys(1), secretKey),
    sealHistory(sending, keys(1), secretKey),
  )
})
