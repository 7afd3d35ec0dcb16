// Files as they lie on the box: chunks of 64 KiB, each sealed under the file's own key, which travels in a
// message body (PROTOCOL.md, "Files"). Index, "is last" and the total bind each chunk to its place: swap,
// truncation and splice fail.
import { concat, isZero, u64be } from './bytes.ts'
import { ensure } from './errors.ts'
import type { Hash } from './ids.ts'
import { hash, kdf } from './labels.ts'
import { FILE_CHUNK, FILE_PART_CHUNKS, MAX_FILE, SEALED_CHUNK_BYTES } from './limits.ts'
import { messageBucket } from './padding.ts'
import {
  AEAD_NONCE_BYTES,
  AEAD_TAG_BYTES,
  aeadOpen,
  aeadSeal,
  HashStream,
  KEY_BYTES,
  randomBytes,
} from './sodium.ts'

/** What a message tells about a file so that its reader can fetch and open it. Size in bytes, without padding. */
export type FileKey = { key: Uint8Array; size: number }

/** Throws `too_large` for more than 2 GiB. */
export function newFileKey(size: number): FileKey {
  ensure(Number.isSafeInteger(size) && size >= 0 && size <= MAX_FILE, 'too_large', 'file')
  return { key: randomBytes(KEY_BYTES), size }
}

/** The name that the box knows the file by: says nothing about its content, and commits to its key. */
export function fileId(file: FileKey): Hash {
  return hash('file-id', kdf(file.key, 'file-commit', u64be(file.size)))
}

/** Sizes tell what a file is: the box sees the padded one. */
export function paddedSize(size: number): number {
  return messageBucket(Math.max(size, 1))
}

export function chunkCount({ size }: FileKey): number {
  return Math.ceil(paddedSize(size) / FILE_CHUNK)
}

/** Bytes that the box stores for a file of `size` bytes. */
export function sealedSize(size: number): number {
  const padded = paddedSize(size)
  return padded + Math.ceil(padded / FILE_CHUNK) * (SEALED_CHUNK_BYTES - FILE_CHUNK)
}

/** Chunks travel sixteen at a time. */
export function partCount(file: FileKey): number {
  return Math.ceil(chunkCount(file) / FILE_PART_CHUNKS)
}

/** Bytes of the file itself in chunk `index`; 0 where a chunk is all padding. */
export function plainLength({ size }: FileKey, index: number): number {
  return Math.max(0, Math.min(FILE_CHUNK, size - index * FILE_CHUNK))
}

function paddedLength({ size }: FileKey, index: number): number {
  return Math.min(FILE_CHUNK, paddedSize(size) - index * FILE_CHUNK)
}

function context(file: FileKey, index: number): { key: Uint8Array; aad: Uint8Array } {
  const total = chunkCount(file)
  ensure(Number.isSafeInteger(index) && index >= 0 && index < total, 'malformed', 'chunk index')
  const last = Uint8Array.of(index === total - 1 ? 1 : 0)
  return {
    key: kdf(file.key, 'file-key', u64be(file.size)),
    aad: concat(fileId(file), u64be(index), last, u64be(total)),
  }
}

/**
 * The nonce follows from the content: whoever goes on with an upload after the file has changed must not meet
 * one nonce with two contents, and the same content gives the same bytes, which the box takes twice.
 */
export function sealChunk(file: FileKey, index: number, plain: Uint8Array): Uint8Array {
  const { key, aad } = context(file, index)
  ensure(plain.length === plainLength(file, index), 'malformed', 'chunk length')
  const padded = new Uint8Array(paddedLength(file, index))
  padded.set(plain)
  const nonce = kdf(file.key, 'file-nonce', u64be(index), padded).slice(0, AEAD_NONCE_BYTES)
  return concat(nonce, aeadSeal(key, aad, padded, nonce))
}

/** Throws `cannot_open` for any chunk that does not belong at this index of this file. */
export function openChunk(file: FileKey, index: number, sealed: Uint8Array): Uint8Array {
  const { key, aad } = context(file, index)
  const length = paddedLength(file, index)
  const expected = AEAD_NONCE_BYTES + length + AEAD_TAG_BYTES
  ensure(sealed.length === expected, 'cannot_open', 'chunk length')
  const nonce = sealed.subarray(0, AEAD_NONCE_BYTES)
  const padded = aeadOpen(key, aad, sealed.subarray(AEAD_NONCE_BYTES), nonce)
  const plain = padded.subarray(0, plainLength(file, index))
  ensure(isZero(padded.subarray(plain.length)), 'cannot_open', 'chunk padding')
  return plain
}

/** The hash of the whole content, which the message names beside the key; fed piece by piece. */
export function contentHash(): { add(bytes: Uint8Array): void; end(): Hash } {
  const stream = new HashStream()
  return {
    add: (bytes) => stream.add(bytes),
    end: () => hash('file-content', stream.end()),
  }
}
