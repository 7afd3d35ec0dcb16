import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, u64be } from '../../protocol/bytes.ts'
import { emptyHead, nextHead, stub, STUB_BYTES, stubOf } from '../../protocol/chain.ts'
import { decode, encode } from '../../protocol/codec.ts'
import { decodeEntry, decodeHeader, type Entry } from '../../protocol/entry.ts'
import type { EntryId, LogId } from '../../protocol/ids.ts'
import { hasPayload, KIND } from '../../protocol/kinds.ts'
import { hash } from '../../protocol/labels.ts'
import { everyEntry } from '../helpers/every-entry.ts'
import { flipped, refused, seed, seededId } from '../helpers/seed.ts'

const log = seededId<LogId>('log')
const next = {
  kind: KIND.text,
  subject: seededId<LogId>('subject') as Uint8Array,
  id: seed('entry') as EntryId,
}

test('an empty log has a head of its own', () => {
  assert.deepEqual(emptyHead(log), { n: 0, h: hash('chk0', log) })
  assert.notDeepEqual(emptyHead(seededId('other')).h, emptyHead(log).h)
})

test('each head covers the one before, the index and the stub', () => {
  const head = emptyHead(log)
  const expected = hash('chk', head.h, u64be(1), Uint8Array.of(next.kind), next.subject, next.id)
  assert.deepEqual(nextHead(head, next), { n: 1, h: expected })
  const others = [
    nextHead({ ...head, n: 1 }, next),
    nextHead({ n: 0, h: hash('chk', head.h) }, next),
    nextHead(head, { ...next, kind: KIND.alert }),
    nextHead(head, { ...next, subject: flipped(next.subject, 15) }),
    nextHead(head, { ...next, id: flipped(next.id, 31) as EntryId }),
  ]
  for (const other of others) assert.notDeepEqual(other.h, expected)
})

test('a stub has 49 bytes and a known kind', () => {
  const bytes = encode(stub, next)
  assert.equal(bytes.length, STUB_BYTES)
  assert.deepEqual(bytes, concat(Uint8Array.of(next.kind), next.subject, next.id))
  assert.deepEqual({ ...decode(stub, bytes, STUB_BYTES) }, next)
  refused('malformed', () => decode(stub, bytes.with(0, 99), STUB_BYTES))
})

const SUBJECT: Record<string, (entry: Entry) => Uint8Array> = {
  found: (entry) => (entry.kind === KIND.found ? entry.fields.person : entry.id),
  person: (entry) => (entry.kind === KIND.person ? entry.fields.person : entry.id),
  card: (entry) => (entry.kind === KIND.card ? entry.fields.person : entry.id),
  device: (entry) => (entry.kind === KIND.device ? entry.fields.person : entry.id),
  approve: (entry) => (entry.kind === KIND.approve ? entry.fields.device : entry.id),
  absence: (entry) => (entry.kind === KIND.absence ? entry.fields.person : entry.id),
  revoke: (entry) => (entry.kind === KIND.revoke ? entry.fields.subject : entry.id),
}

test('a stub names whom the entry concerns, else who signed', () => {
  for (const { name, bytes } of everyEntry().examples) {
    const entry = decodeEntry(bytes)
    const subject = SUBJECT[name.split(' ')[0] as string]?.(entry) ?? entry.prefix.signer
    assert.deepEqual(stubOf(entry), { kind: entry.kind, subject, id: entry.id }, name)
  }
})

test('the chain is the same with and without payloads', () => {
  for (const { bytes } of everyEntry().examples) {
    const entry = decodeEntry(bytes)
    if (hasPayload(entry.kind)) assert.deepEqual(stubOf(decodeHeader(entry.header)), stubOf(entry))
  }
})
