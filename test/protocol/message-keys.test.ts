import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { concat, equal, u16be, utf8 } from '../../protocol/bytes.ts'
import {
  type Context,
  decodeEntry,
  decodeHeader,
  type EntryOf,
  unsignedEntry,
} from '../../protocol/entry.ts'
import type { EpochId, Hash, LogId, MessageId, OrgId, SignerId } from '../../protocol/ids.ts'
import { KIND, type MessageKind } from '../../protocol/kinds.ts'
import { hash, kdf, sign } from '../../protocol/labels.ts'
import { MAX_BODY } from '../../protocol/limits.ts'
import { openMessage, sealMessage, type SegmentKey } from '../../protocol/message-keys.ts'
import { messageBucket, pad } from '../../protocol/padding.ts'
import {
  checkPayload,
  encodeWraps,
  messageBody,
  messageWraps,
  trimEntry,
  WRAP_BYTES,
} from '../../protocol/payload.ts'
import { aeadSeal } from '../../protocol/sodium.ts'
import {
  flipped,
  refused,
  refusedSomehow,
  seed,
  seededHash,
  seededId,
  seededPair,
  START,
} from '../helpers/seed.ts'

type Message = EntryOf<MessageKind>
const pair = seededPair('sender')
const context: Context = {
  org: seededId<OrgId>('org'),
  log: seededId<LogId>('log'),
  signer: seededId<SignerId>('signer'),
  refN: 3,
  refH: seededHash('ref'),
  t: START,
}
const mid = seededId<MessageId>('mid')
const plain = utf8('Lage um 8 Uhr')
const keys: SegmentKey[] = [0, 1, 2].map((i) => ({
  epoch: seededId<EpochId>(`epoch ${i}`),
  gen: i,
  ak: seed(`ak ${i}`),
}))
const draft = { kind: KIND.text, context, seq: 1, mid, ttl: 0, keys, plain }
const bytes = sealMessage(draft, pair.secretKey)
const read = (value: Uint8Array) => decodeEntry(value) as Message
const entry = read(bytes)
const keyOf = (epoch: EpochId) => keys.find((key) => equal(key.epoch, epoch))?.ak ?? null
const only = (i: number) => (epoch: EpochId) => (i === indexOf(epoch) ? keyOf(epoch) : null)
const indexOf = (epoch: EpochId) => keys.findIndex((key) => equal(key.epoch, epoch))

describe('a whole message', () => {
  test('has the size that the design promises', () => {
    assert.equal(bytes.length, 291 + 3 * WRAP_BYTES + 272)
    assert.equal(sealMessage({ ...draft, keys: keys.slice(0, 1) }, pair.secretKey).length, 629)
  })

  test('opens under the key of any segment', () => {
    checkPayload(entry)
    for (const i of [0, 1, 2]) assert.deepEqual(openMessage(entry, only(i)), plain)
    assert.equal(
      openMessage(entry, () => null),
      null,
    )
  })

  test('lists its wraps in order', () => {
    const { list, trimmed } = messageWraps(entry)
    assert.equal(trimmed, false)
    assert.deepEqual(
      list.map(({ epoch, gen }) => ({ epoch, gen })),
      keys.map(({ epoch, gen }) => ({ epoch, gen })),
    )
  })

  test('asks for the key by epoch and generation', () => {
    const asked: [EpochId, number][] = []
    openMessage(entry, (epoch, gen) => {
      asked.push([epoch, gen])
      return null
    })
    assert.deepEqual(
      asked,
      keys.map(({ epoch, gen }) => [epoch, gen]),
    )
  })

  test('any content comes back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), (content) => {
        const sealed = read(sealMessage({ ...draft, plain: content }, pair.secretKey))
        assert.equal(messageBody(sealed).length, messageBucket(content.length + 1) + 16)
        assert.deepEqual(openMessage(sealed, keyOf), content)
      }),
      { numRuns: 30 },
    )
  })

  test('sealed again is another message, since the key is new', () => {
    const again = read(sealMessage(draft, pair.secretKey))
    assert.notDeepEqual(again.fields.commit, entry.fields.commit)
    assert.notDeepEqual(again.payload, entry.payload)
  })
})

describe('payloads that are not the signed one', () => {
  const withPayload = (payload: Uint8Array | null): Message => ({ ...entry, payload })
  const payload = entry.payload as Uint8Array

  test('changed wraps', () => {
    for (let at = 0; at < 3 * WRAP_BYTES; at++) {
      refused('malformed', () => checkPayload(withPayload(flipped(payload, at))))
    }
  })

  test('a changed body', () => {
    for (let at = 3 * WRAP_BYTES; at < payload.length; at++) {
      refused('malformed', () => checkPayload(withPayload(flipped(payload, at))))
    }
  })

  test('swapped, dropped or repeated wraps', () => {
    const wrap = (i: number) => payload.subarray(i * WRAP_BYTES, (i + 1) * WRAP_BYTES)
    const body = messageBody(entry)
    for (const order of [[1, 0, 2], [0, 0, 0], [0, 1], [0, 1, 2, 2], []]) {
      refused('malformed', () => checkPayload(withPayload(concat(...order.map(wrap), body))))
    }
  })

  test('none at all', () => {
    refused('malformed', () => checkPayload(withPayload(null)))
    refused('malformed', () => messageWraps(decodeHeader(entry.header) as Message))
    refused('malformed', () => checkPayload(withPayload(new Uint8Array(0))))
  })

  test('a body that is too short to be sealed', () => {
    const body = new Uint8Array(16)
    const short = resigned({ bodyHash: hash('body-hash', body) }, body)
    refused('malformed', () => checkPayload(short))
  })

  test('a body that is too large', () => {
    const large = new Uint8Array(MAX_BODY + 1)
    refused('malformed', () =>
      checkPayload(resigned({ bodyHash: hash('body-hash', large) }, large)),
    )
    const largest = new Uint8Array(MAX_BODY)
    checkPayload(resigned({ bodyHash: hash('body-hash', largest) }, largest))
  })

  function resigned(fields: { bodyHash: Hash }, body: Uint8Array): Message {
    const wraps = payload.subarray(0, 3 * WRAP_BYTES)
    const unsigned = unsignedEntry(KIND.text, 0, context, { ...entry.fields, ...fields })
    return read(concat(unsigned, sign('msg', unsigned, pair.secretKey), wraps, body))
  }
})

describe('trimmed to one segment', () => {
  test('keeps header and body and one wrap', () => {
    for (const seg of [0, 1, 2]) {
      const trimmed = read(trimEntry(entry, seg))
      assert.deepEqual(trimmed.id, entry.id)
      checkPayload(trimmed)
      const { list, trimmed: is } = messageWraps(trimmed)
      assert.deepEqual([is, list.length, list[0]?.epoch], [true, 1, keys[seg]?.epoch])
      assert.deepEqual(openMessage(trimmed, only(seg)), plain)
      assert.equal(openMessage(trimmed, only((seg + 1) % 3)), null)
    }
  })

  test('of a single segment is the message itself', () => {
    const single = read(sealMessage({ ...draft, keys: keys.slice(0, 1) }, pair.secretKey))
    assert.deepEqual(trimEntry(single, 0), concat(single.header, single.payload as Uint8Array))
    assert.equal(messageWraps(single).trimmed, false)
  })

  test('with another wrap put in does not open', () => {
    const trimmed = trimEntry(entry, 0)
    const at = entry.header.length + 18
    refused('cannot_open', () => openMessage(read(flipped(trimmed, at)), keyOf))
  })

  test('in any other way is refused', () => {
    const payload = entry.payload as Uint8Array
    const two = concat(entry.header, payload.subarray(WRAP_BYTES))
    refused('malformed', () => checkPayload(read(two)))
    refusedSomehow(() => checkPayload(read(concat(entry.header, messageBody(entry)))), 'no wrap')
  })
})

describe('what a member who holds the epoch keys might try', () => {
  /** Seals as `sealMessage` does, but with a key, a commitment or a body of the forger's choice. */
  function forged(choose: {
    km: (seg: number) => Uint8Array
    commit?: Uint8Array
    body?: Uint8Array
  }): Message {
    const commit = (choose.commit ?? kdf(choose.km(0), 'commit', mid)) as Hash
    const start = { seq: 1, mid, ttl: 0, nseg: 3, commit }
    const none = new Uint8Array(32) as Uint8Array as Hash
    const shape = unsignedEntry(KIND.text, 0, context, {
      ...start,
      wrapsHash: none,
      bodyHash: none,
    })
    const head0 = hash('head0', shape.subarray(0, shape.length - 64))
    const padded = choose.body ?? pad(plain, messageBucket)
    const body = aeadSeal(kdf(choose.km(0), 'body', head0), head0, padded)
    const wraps = encodeWraps(
      keys.map(({ epoch, gen, ak }, seg) => {
        const sealed = aeadSeal(kdf(ak, 'kw', head0), concat(epoch, u16be(gen)), choose.km(seg))
        return { epoch, gen, sealed }
      }),
    )
    const fields = { ...start, wrapsHash: hash('wraps', wraps), bodyHash: hash('body-hash', body) }
    const unsigned = unsignedEntry(KIND.text, 0, context, fields)
    return read(concat(unsigned, sign('msg', unsigned, pair.secretKey), wraps, body))
  }

  test('the honest way opens, so the forger below differs in one thing only', () => {
    assert.deepEqual(openMessage(forged({ km: () => seed('km') }), only(1)), plain)
  })

  test('another message key for another segment is refused there', () => {
    const two = forged({ km: (seg) => seed(seg === 2 ? 'km 2' : 'km') })
    checkPayload(two)
    assert.deepEqual(openMessage(two, only(0)), plain)
    refused('cannot_open', () => openMessage(two, only(2)))
  })

  test('a commitment to another key, or of another message, is refused', () => {
    const km = () => seed('km')
    for (const commit of [
      kdf(seed('other'), 'commit', mid),
      kdf(km(), 'commit', seededId('other mid')),
      seed('x'),
    ]) {
      refused('cannot_open', () => openMessage(forged({ km, commit }), only(0)))
    }
  })

  test('a body that is not padded as everybody pads is refused', () => {
    const km = () => seed('km')
    refused('malformed', () => openMessage(forged({ km, body: pad(plain, () => 300) }), only(0)))
    refused('malformed', () => openMessage(forged({ km, body: new Uint8Array(256) }), only(0)))
  })
})

test('a wrong key does not open', () => {
  refused('cannot_open', () => openMessage(entry, () => seed('wrong')))
})

test('a wrap opens at its own generation only', () => {
  const wraps = messageWraps(entry).list.map((wrap) => ({ ...wrap, gen: wrap.gen + 1 }))
  const payload = concat(encodeWraps(wraps), messageBody(entry))
  refused('cannot_open', () => openMessage({ ...entry, payload }, keyOf))
})

test('everything before the hashes is bound into the keys', () => {
  // seq, mid, ttl, nseg and commit lie between the prefix and the two hashes.
  for (const at of [5, 50, 103, 112, 127, 130, 131]) {
    const signed = flipped(entry.signed, at)
    refused('cannot_open', () => openMessage({ ...entry, signed }, keyOf))
  }
})
