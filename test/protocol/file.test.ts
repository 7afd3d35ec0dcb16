import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, u64be } from '../../protocol/bytes.ts'
import {
  chunkCount,
  contentHash,
  fileId,
  type FileKey,
  newFileKey,
  openChunk,
  paddedSize,
  partCount,
  plainLength,
  sealChunk,
  sealedSize,
} from '../../protocol/file.ts'
import { hash, kdf } from '../../protocol/labels.ts'
import { FILE_CHUNK, MAX_FILE, MAX_FILE_SEALED } from '../../protocol/limits.ts'
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

test('whoever holds the key cannot pass off a chunk of another length, or hide bytes in its padding', () => {
  const aad = concat(fileId(file), u64be(2), Uint8Array.of(1), u64be(3))
  const nonce = seededBytes('nonce', 24)
  const key = kdf(file.key, 'file-key', u64be(SIZE))
  const padded = new Uint8Array(paddedSize(SIZE) - 2 * FILE_CHUNK)
  padded.set(chunk(2))
  const forged = (plain: Uint8Array) => concat(nonce, aeadSeal(key, aad, plain, nonce))
  assert.deepEqual(openChunk(file, 2, forged(padded)), chunk(2))
  refused('cannot_open', () => openChunk(file, 2, forged(padded.subarray(1))))
  refused('cannot_open', () => openChunk(file, 2, forged(flipped(padded, padded.length - 1))))
})

test('the size that the box sees is shared by many files', () => {
  assert.equal(paddedSize(0), 256)
  assert.equal(sealedSize(1), sealedSize(256))
  assert.equal(sealedSize(100_000_000), sealedSize(100_500_000))
  assert.equal(sealedSize(MAX_FILE), MAX_FILE_SEALED)
  for (const size of [0, 1, 70_000, 5_000_000, SIZE]) {
    const one = fileOf(size)
    const lengths = Array.from({ length: chunkCount(one) }, (_, i) => plainLength(one, i))
    assert.equal(
      lengths.reduce((sum, length) => sum + length, 0),
      size,
    )
    assert.equal(partCount(one), Math.ceil(chunkCount(one) / 16))
  }
})

test('the same content gives the same bytes; other content never meets the same nonce', () => {
  assert.deepEqual(sealChunk(file, 0, chunk(0)), sealedAt(0))
  const other = sealChunk(file, 0, flipped(chunk(0), 7))
  assert.notDeepEqual(other.subarray(0, 24), sealedAt(0).subarray(0, 24))
  const twice = sealChunk(file, 1, chunk(0))
  assert.notDeepEqual(twice.subarray(0, 24), sealedAt(0).subarray(0, 24), 'nor another place')
})

test('the hash of the content does not depend on how it was cut', () => {
  const whole = contentHash()
  whole.add(content)
  const pieces = contentHash()
  for (const at of [0, 1, 70_000])
    pieces.add(content.subarray(at, at === 0 ? 1 : at === 1 ? 70_000 : SIZE))
  assert.deepEqual(pieces.end(), whole.end())
  assert.notDeepEqual(contentHash().end(), hash('file-content'))
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
