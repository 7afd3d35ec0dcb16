// A file by its parts: sixteen chunks that travel together, sealed or opened at once.
import { concat } from '../protocol/bytes.ts'
import { ensure } from '../protocol/errors.ts'
import { chunkCount, type FileKey, openChunk, plainLength, sealChunk } from '../protocol/file.ts'
import { FILE_CHUNK, FILE_PART_CHUNKS, SEALED_CHUNK_BYTES } from '../protocol/limits.ts'

/** Bytes of the file itself in a whole part. */
export const PART_BYTES = FILE_PART_CHUNKS * FILE_CHUNK

/** Where part `part` begins in the file, and how many of its bytes are in it: 0 where all is padding. */
export function partRange({ size }: FileKey, part: number): { at: number; length: number } {
  const at = part * PART_BYTES
  return { at, length: Math.max(0, Math.min(PART_BYTES, size - at)) }
}

/** The chunks of one part, by index. */
function chunksOf(file: FileKey, part: number): number[] {
  const first = part * FILE_PART_CHUNKS
  const count = Math.min(FILE_PART_CHUNKS, chunkCount(file) - first)
  return Array.from({ length: count }, (_, i) => first + i)
}

/** `plain`: the bytes of `partRange`. Throws `file_changed` when they are not as many. */
export function sealPart(file: FileKey, part: number, plain: Uint8Array): Uint8Array {
  const { at, length } = partRange(file, part)
  ensure(plain.length === length, 'file_changed')
  const sealed = chunksOf(file, part).map((index) => {
    const from = index * FILE_CHUNK - at
    return sealChunk(file, index, plain.subarray(from, from + plainLength(file, index)))
  })
  return concat(...sealed)
}

/** Throws `cannot_open` for anything but this part of this file. */
export function openPart(file: FileKey, part: number, sealed: Uint8Array): Uint8Array {
  const chunks = chunksOf(file, part)
  const opened = chunks.map((index, i) => {
    const from = i * SEALED_CHUNK_BYTES
    const to = i === chunks.length - 1 ? sealed.length : from + SEALED_CHUNK_BYTES
    return openChunk(file, index, sealed.subarray(from, to))
  })
  return concat(...opened)
}
