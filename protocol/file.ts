// Chunks of a file: 64 KiB each, sealed under the file's own key, which travels in a message body.
// Index, "is last" and the total bind each chunk to its place: swap, truncation and splice fail.
import { concat, u64be } from './bytes.ts'
import { ensure } from './errors.ts'
import type { Hash } from './ids.ts'
import { hash, kdf } from './labels.ts'
import { FILE_CHUNK, MAX_FILE } from './limits.ts'
import { aeadOpen, aeadSeal, KEY_BYTES, randomBytes } from './sodium.ts'

/** What a message tells about a file so that its reader can fetch, check and open it. */
export type FileKey = { key: Uint8Array; size: number }

export function newFileKey(size: number): FileKey {
  ensure(Number.isSafeInteger(size) && size >= 0 && size <= MAX_FILE, 'too_large', 'file')
  return { key: randomBytes(KEY_BYTES), size }
}

/** The name that the box knows the file by: says nothing about its content, and commits to its key. */
export function fileId(file: FileKey): Hash {
  return hash('file-id', kdf(file.key, 'file-commit', u64be(file.size)))
}

export function chunkCount(file: FileKey): number {
  return Math.max(1, Math.ceil(file.size / FILE_CHUNK))
}

function context(
  file: FileKey,
  index: number,
): { key: Uint8Array; aad: Uint8Array; nonce: Uint8Array } {
  const total = chunkCount(file)
  ensure(Number.isSafeInteger(index) && index >= 0 && index < total, 'malformed', 'chunk index')
  const last = Uint8Array.of(index === total - 1 ? 1 : 0)
  const aad = concat(fileId(file), u64be(index), last, u64be(total))
  return {
    key: kdf(file.key, 'file-key', u64be(file.size)),
    aad,
    nonce: concat(new Uint8Array(16), u64be(index)),
  }
}

function lengthOf(file: FileKey, index: number): number {
  return index === chunkCount(file) - 1 ? file.size - index * FILE_CHUNK : FILE_CHUNK
}

export function sealChunk(file: FileKey, index: number, plain: Uint8Array): Uint8Array {
  const { key, aad, nonce } = context(file, index)
  ensure(plain.length === lengthOf(file, index), 'malformed', 'chunk length')
  return aeadSeal(key, aad, plain, nonce)
}

/** Throws `cannot_open` for any chunk that does not belong at this index of this file. */
export function openChunk(file: FileKey, index: number, sealed: Uint8Array): Uint8Array {
  const { key, aad, nonce } = context(file, index)
  const plain = aeadOpen(key, aad, sealed, nonce)
  ensure(plain.length === lengthOf(file, index), 'cannot_open', 'chunk length')
  return plain
}
