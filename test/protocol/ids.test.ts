import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Codec, decode, encode } from '../../protocol/codec.ts'
import {
  asId,
  cardId,
  deviceId,
  entryId,
  epochId,
  hash32,
  IdMap,
  idText,
  isNoId,
  logId,
  messageId,
  NO_HASH,
  NO_ID,
  orgId,
  parseId,
  type PersonId,
  personId,
  signerId,
} from '../../protocol/ids.ts'
import { flipped, refused, seededBytes, seededId } from '../helpers/seed.ts'

test('an id has 16 bytes', () => {
  assert.equal(asId(new Uint8Array(16)).length, 16)
  for (const n of [0, 15, 17, 32]) refused('malformed', () => asId(new Uint8Array(n)))
})

test('codecs of ids take exactly their length', () => {
  const ids = { orgId, personId, deviceId, cardId, logId, epochId, messageId, signerId }
  for (const [name, brandedCodec] of Object.entries(ids)) {
    const codec = brandedCodec as unknown as Codec<Uint8Array>
    assert.deepEqual(decode(codec, new Uint8Array(16), 99), new Uint8Array(16), name)
    for (const n of [15, 17]) refused('malformed', () => decode(codec, new Uint8Array(n), 99))
  }
  const hashes = [hash32, entryId] as unknown as Codec<Uint8Array>[]
  for (const codec of hashes) {
    assert.equal(encode(codec, NO_HASH).length, 32)
    for (const n of [16, 31, 33]) refused('malformed', () => decode(codec, new Uint8Array(n), 99))
  }
})

test('an id has one text', () => {
  const id = seededId<PersonId>('one text')
  assert.deepEqual(parseId(idText(id)), id)
  assert.match(idText(id), /^[0-9a-f]{32}$/)
  const text = idText(id)
  const bad = ['', text.toUpperCase(), text.slice(1), `${text}0`, ` ${text}`, `${text}\n`]
  for (const other of [...bad, text.replace(/./, 'g')])
    refused('malformed', () => parseId(other), /is not an id of 32 hexadecimal digits$/)
})

test('no id is sixteen zeros and nothing else', () => {
  assert.equal(isNoId(NO_ID), true)
  for (let at = 0; at < 16; at++) assert.equal(isNoId(flipped(NO_ID, at)), false)
})

test('a map finds by value, not by array', () => {
  const map = new IdMap<PersonId, string>()
  map.set(seededId('a'), 'first')
  map.set(seededId('a'), 'second')
  map.set(seededId('b'), 'other')
  assert.equal(map.size, 2)
  assert.equal(map.get(seededId('a')), 'second')
  assert.equal(map.has(seededId('c')), false)
  assert.equal(map.get(seededId('c')), undefined)
  assert.deepEqual([...map.keys()], [seededId('a'), seededId('b')])
  assert.deepEqual([...map.values()], ['second', 'other'])
  assert.deepEqual([...map.entries()][1], [seededId('b'), 'other'])
  map.delete(seededId('a'))
  assert.equal(map.has(seededId('a')), false)
})

test('a map tells keys of any two values apart', () => {
  const map = new IdMap<Uint8Array, number>()
  for (let i = 0; i < 200; i++) map.set(seededBytes(`key ${i}`, 16), i)
  assert.equal(map.size, 200)
})
