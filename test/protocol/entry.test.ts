import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { concat, equal, toHex, u64be } from '../../protocol/bytes.ts'
import {
  cosignEntry,
  decodeEntry,
  decodeHeader,
  decodeKept,
  entryBytes,
  type Entry,
  FLAG_COSIGNED,
  FLAG_RECORDED,
  PREFIX_BYTES,
  signEntry,
  signLabel,
  verifyCosign,
  verifyEntry,
} from '../../protocol/entry.ts'
import { fieldsCodec } from '../../protocol/entry-fields.ts'
import { decode, encode } from '../../protocol/codec.ts'
import { hasPayload, KIND, KINDS, kindName } from '../../protocol/kinds.ts'
import { hash, sign, SIGN_LABELS } from '../../protocol/labels.ts'
import { MAX_ENTRY } from '../../protocol/limits.ts'
import { everyEntry } from '../helpers/every-entry.ts'
import { flipped, refused, refusedSomehow, seededPair } from '../helpers/seed.ts'

const { staff, examples } = everyEntry()
const { world, owner, admin } = staff
const named = (name: string) => {
  const found = examples.find((e) => e.name === name)
  assert.ok(found, name)
  return found
}

/** Offsets within the prefix, and a value there that nobody knows. */
const UNKNOWN = [
  ['version', 0, 2, 'unknown_version'],
  ['version', 0, 0, 'unknown_version'],
  ['kind', 1, 14, 'malformed'],
  ['kind', 1, 0, 'malformed'],
  ['kind', 1, 96, 'malformed'],
  ['suite', 2, 1, 'unknown_suite'],
  ['suite', 2, 3, 'unknown_suite'],
  ['flags', 3, 0x02, 'malformed'],
  ['flags', 3, 0x40, 'malformed'],
  ['flags', 3, 0x81, 'malformed'],
  ['era', 53, 1, 'malformed'],
] as const

test('there is an example of every kind', () => {
  const kinds = examples.map((e) => decodeEntry(e.bytes).kind)
  assert.deepEqual(
    [...new Set(kinds)].toSorted((a, b) => a - b),
    [...KINDS],
  )
})

for (const { name, bytes, check } of examples) {
  describe(name, () => {
    const entry = decodeEntry(bytes)

    test('may stand next', () => check(entry))

    test('is the bytes it was read from', () => {
      assert.deepEqual(entryBytes(entry), bytes)
      assert.equal(entry.payload === null, !hasPayload(entry.kind))
      const signatures = entry.cosign === null ? 64 : 144
      assert.equal(entry.signed.length, entry.header.length - signatures)
      assert.deepEqual(entry.id, hash('entry', entry.header))
    })

    test('has fields that are written as they were read', () => {
      const codec = fieldsCodec(entry.kind, entry.prefix.flags === FLAG_RECORDED)
      assert.deepEqual(encode(codec, entry.fields as never), entry.signed.subarray(PREFIX_BYTES))
    })

    test('is refused with any single byte changed', () => {
      for (let at = 0; at < bytes.length; at++) {
        const change = () => check(decodeEntry(flipped(bytes, at, at % 2 ? 0x01 : 0x80)))
        refusedSomehow(change, `byte ${at}`)
      }
    })

    test('is refused with anything cut off, and with a byte more', () => {
      for (let n = 0; n < bytes.length; n++) {
        refusedSomehow(() => check(decodeEntry(bytes.subarray(0, n))), `${n} bytes`)
      }
      refusedSomehow(() => check(decodeEntry(concat(bytes, Uint8Array.of(0)))), 'one more')
      if (!hasPayload(entry.kind)) {
        refused('malformed', () => decodeEntry(concat(bytes, Uint8Array.of(0))))
        refused('malformed', () => decodeEntry(bytes.subarray(0, -1)))
      }
    })

    test('is refused with an unknown version, kind, suite, flag or era', () => {
      for (const [what, at, value, code] of UNKNOWN) {
        const changed = bytes.slice()
        changed[at] = value
        refused(code, () => decodeEntry(changed))
        refused(code, () => decodeHeader(changed.subarray(0, entry.header.length)))
        assert.notEqual(bytes[at], value, what)
      }
    })

    test('does not verify under a key or label that is not its own', () => {
      refused('bad_signature', () => verifyEntry(entry, seededPair('nobody').publicKey))
      for (const label of SIGN_LABELS) {
        const sig = sign(label, entry.signed, owner.pair.secretKey)
        const verifyAs = () => verifyEntry({ ...entry, sig }, owner.pair.publicKey)
        if (label === signLabel(entry.kind)) verifyAs()
        else refused('bad_signature', verifyAs)
      }
    })
  })
}

test('each family of kinds has a label of its own', () => {
  const labels = Object.fromEntries(KINDS.map((kind) => [kindName(kind), signLabel(kind)]))
  const { found, records, create, title, announce, extension, text, control, answer } = labels
  assert.deepEqual([found, records], ['dir', 'dir'])
  assert.deepEqual([create, title], ['memb', 'memb'])
  assert.deepEqual([announce, extension], ['epoch', 'epoch'])
  assert.deepEqual([text, control], ['msg', 'msg'])
  assert.equal(answer, 'answer')
})

test('only some kinds take a second signature', () => {
  const cosignable = ['person', 'card', 'approve', 'revoke', 'tick', 'box']
  for (const { name, bytes } of examples) {
    const entry = decodeEntry(bytes)
    if (entry.prefix.flags !== 0) continue
    const flagged = flipped(entry.header, 3, FLAG_COSIGNED)
    const cosigned = cosignEntry(flagged, admin.id, admin.pair.secretKey)
    if (cosignable.includes(name)) assert.deepEqual(decodeEntry(cosigned).cosign?.by, admin.id)
    else refused('malformed', () => decodeEntry(cosigned))
  }
})

test('only an announce carries a records wrap', () => {
  for (const { name, bytes } of examples) {
    if (name.startsWith('announce')) continue
    const changed = bytes.slice()
    changed[3] = FLAG_RECORDED
    refused('malformed', () => decodeEntry(changed))
  }
})

test('an entry that is too large is not looked at', () => {
  const { bytes } = named('text')
  const big = concat(bytes, new Uint8Array(MAX_ENTRY - bytes.length))
  assert.ok(decodeEntry(big))
  const bigger = concat(big, Uint8Array.of(0))
  bigger[0] = 9
  refused('too_large', () => decodeEntry(bigger))
  refused('too_large', () => decodeHeader(bigger))
})

test('a message without payload is a header, not an entry', () => {
  for (const name of ['text', 'alert', 'exercise', 'control', 'answer']) {
    const { header } = decodeEntry(named(name).bytes)
    refused('malformed', () => decodeEntry(header))
    const bare = decodeHeader(header)
    assert.equal(bare.payload, null)
    assert.deepEqual(bare.id, decodeEntry(named(name).bytes).id)
    assert.deepEqual(entryBytes(bare), header)
  }
})

test('what a device has kept is read with its payload, or without where none came', () => {
  for (const { bytes } of examples) {
    const entry = decodeEntry(bytes)
    assert.deepEqual(decodeKept(bytes), entry)
    assert.deepEqual(decodeKept(entry.header), decodeHeader(entry.header))
    refused('malformed', () => decodeKept(entry.header.subarray(0, -1)))
    if (!hasPayload(entry.kind))
      refused('malformed', () => decodeKept(concat(bytes, Uint8Array.of(0))))
  }
  refused('too_large', () => decodeKept(concat(named('text').bytes, new Uint8Array(MAX_ENTRY))))
})

test('a header ends where its signatures end', () => {
  for (const name of ['text', 'answer', 'tick']) {
    const { header } = decodeEntry(named(name).bytes)
    refused('malformed', () => decodeHeader(concat(header, Uint8Array.of(0))))
    refused('malformed', () => decodeHeader(header.subarray(0, -1)))
  }
})

test('the second signature is over the same bytes under a label of its own', () => {
  const entry = decodeEntry(named('person cosigned').bytes)
  verifyEntry(entry, owner.pair.publicKey)
  verifyCosign(entry, admin.pair.publicKey)
  refused('bad_signature', () => verifyCosign(entry, owner.pair.publicKey))
  for (const label of SIGN_LABELS) {
    const sig = sign(label, entry.signed, admin.pair.secretKey)
    const again = { ...entry, cosign: { by: admin.id, sig } } as Entry
    if (label === 'cosign') verifyCosign(again, admin.pair.publicKey)
    else refused('bad_signature', () => verifyCosign(again, admin.pair.publicKey))
  }
})

test('a missing second signature is said to be missing', () => {
  const entry = decodeEntry(named('tick').bytes)
  refused('second_signature', () => verifyCosign(entry, admin.pair.publicKey))
})

test('the flag of the second signature is signed: it cannot be taken off', () => {
  const { bytes } = named('person cosigned')
  const stripped = flipped(bytes.subarray(0, -80), 3, FLAG_COSIGNED)
  refused('bad_signature', () => verifyEntry(decodeEntry(stripped), owner.pair.publicKey))
})

test('the prefix stands where PROTOCOL.md says', () => {
  const { n, h } = world.directory.head
  const bytes = world.entry(KIND.tick, {}, owner, { t: 0x0102030405 })
  const parts = [Uint8Array.of(1, KIND.tick, 2, 0), world.org, world.directory.log, owner.id]
  const prefix = concat(...parts, Uint8Array.of(0, 0), u64be(n), h, u64be(0x0102030405))
  assert.equal(prefix.length, PREFIX_BYTES)
  assert.ok(equal(bytes.subarray(0, PREFIX_BYTES), prefix), toHex(bytes))
})

test('values that the reader refuses cannot be written either', () => {
  const context = { ...decodeEntry(named('tick').bytes).prefix }
  const write = (role: number) =>
    signEntry(KIND.card, context, { ...cardFields, role: role as 1 }, owner.pair.secretKey)
  const cardFields = world.cardFields(world.newCard(owner.person, 'written'))
  for (const role of [0, 6, 255]) refused('malformed', () => write(role))
  refused('malformed', () => decode(fieldsCodec(KIND.tick, false), Uint8Array.of(0), 9))
})
