import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, u64be } from '../../protocol/bytes.ts'
import {
  chunkCount,
  fileId,
  type FileKey,
  newFileKey,
  openChunk,
  sealChunk,
} from '../../protocol/file.ts'
import { kdf } from '../../protocol/labels.ts'
import { FILE_CHUNK, MAX_FILE } from '../../protocol/limits.ts'
import { aeadSeal } from '../../protocol/sodium.ts'
import { flipped, refused, seed, seededBytes } from '../helpers/seed.ts'

const fileOf = (size: number): FileKey => ({ key: seed('file'), size })
const SIZE = 2 * FILE_CHUNK + 10
const file = fileOf(SIZE)
const content = seededBytes('content', SIZE)
const chunk = (index: number) => content.subarray(index * FILE_CHUNK, (index + 1) * FILE_CHUNK)
const sealed = [0, 1, 2].map((index) => sealChunk(file, index, chunk(index)))
const sealedAt = (index: number) => sealed[index] as Uint8Array

test('a file comes back from its chunks', () => {
  const opened = sealed.map((bytes, index) => openChunk(file, index, bytes))
  assert.deepEqual(concat(...opened), content)
})

test('the number of chunks follows from the size; an empty file has one', () => {
  const counts = [0, 1, FILE_CHUNK, FILE_CHUNK + 1, 2 * FILE_CHUNK, SIZE].map((n) =>
    chunkCount(fileOf(n)),
  )
  assert.deepEqual(counts, [1, 1, 1, 2, 2, 3])
  const empty = fileOf(0)
  assert.equal(openChunk(empty, 0, sealChunk(empty, 0, new Uint8Array(0))).length, 0)
})

test('a chunk opens at its own index only', () => {
  for (const [at, index] of [
    [0, 1],
    [1, 0],
    [2, 1],
    [1, 2],
  ] as const) {
    refused('cannot_open', () => openChunk(file, index, sealedAt(at)))
  }
})

test('a chunk does not open as part of a file of another size or key', () => {
  refused('cannot_open', () => openChunk(fileOf(SIZE + 1), 0, sealedAt(0)))
  refused('cannot_open', () => openChunk(fileOf(FILE_CHUNK), 0, sealedAt(0)))
  refused('cannot_open', () => openChunk({ key: seed('other'), size: SIZE }, 0, sealedAt(0)))
})

test('changed or cut chunks do not open', () => {
  for (const at of [0, 5, 9, 10, 25])
    refused('cannot_open', () => openChunk(file, 2, flipped(sealedAt(2), at)))
  refused('cannot_open', () => openChunk(file, 2, sealedAt(2).subarray(1)))
  refused('cannot_open', () => openChunk(file, 2, new Uint8Array(0)))
})

test('there is no chunk beyond the last, before the first or between', () => {
  for (const index of [-1, 3, 0.5, Number.NaN]) {
    refused('malformed', () => openChunk(file, index, sealedAt(0)))
    refused('malformed', () => sealChunk(file, index, chunk(0)))
  }
})

test('a chunk of another length is not sealed', () => {
  refused('malformed', () => sealChunk(file, 0, chunk(0).subarray(1)))
  refused('malformed', () => sealChunk(file, 2, concat(chunk(2), Uint8Array.of(0))))
})

test('whoever holds the key cannot pass off a chunk of another length', () => {
  const last = Uint8Array.of(1)
  const aad = concat(fileId(file), u64be(2), last, u64be(3))
  const nonce = concat(new Uint8Array(16), u64be(2))
  const key = kdf(file.key, 'file-key', u64be(SIZE))
  assert.deepEqual(aeadSeal(key, aad, chunk(2), nonce), sealedAt(2))
  refused('cannot_open', () => openChunk(file, 2, aeadSeal(key, aad, chunk(2).subarray(1), nonce)))
})

test('the id depends on key and size, not on content', () => {
  const ids = [file, fileOf(SIZE + 1), { key: seed('other'), size: SIZE }].map((f) =>
    fileId(f).join(),
  )
  assert.equal(new Set(ids).size, 3)
  assert.equal(fileId(file).join(), fileId({ ...file }).join())
})

test('a key is new each time, for sizes that Holdfast carries', () => {
  assert.notDeepEqual(newFileKey(1).key, newFileKey(1).key)
  assert.equal(newFileKey(MAX_FILE).size, MAX_FILE)
  for (const size of [-1, 0.5, Number.NaN, MAX_FILE + 1, Infinity])
    refused('too_large', () => newFileKey(size))
})
