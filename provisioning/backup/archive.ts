// The files of a box one after the other: path, size, bytes; an empty path ends them.
import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { concat, fromUtf8, u16be, u64be, utf8 } from '../../protocol/bytes.ts'
import { ensure } from '../../protocol/errors.ts'
import type { SealedReader, SealedWriter } from './sealed-file.ts'

const BLOCK = 1024 * 1024
/** Names that a box gives, and folders of them: no part begins with a dot, and none leads out. */
const PATH = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}){0,2}$/
const MAX_PATH = 300

export type Packed = {
  /** Where it lies now. */
  from: string
  /** Where it belongs, below the folder of the box. */
  path: string
}
type Progress = (bytes: number) => void

/** The size counts at which the file stands when its turn comes: what is written to it later is not there. */
export function pack(writer: SealedWriter, files: readonly Packed[], progress: Progress): void {
  for (const { from, path } of files) {
    const file = openIfThere(from)
    // A device may take a file back at any moment; its row goes when the backup is restored.
    if (file === null) continue
    try {
      const { size } = fstatSync(file)
      const name = utf8(path)
      writer.write(concat(u16be(name.length), name, u64be(size)))
      for (let at = 0; at < size;) {
        const block = new Uint8Array(Math.min(BLOCK, size - at))
        const read = readSync(file, block, 0, block.length, at)
        ensure(read > 0, 'backup_failed', `${path} became shorter`)
        writer.write(block.subarray(0, read))
        at += read
        progress(read)
      }
    } finally {
      closeSync(file)
    }
  }
  writer.write(u16be(0))
}

/**
 * Into a folder that is there and empty; what is not `wanted` is read and left out. Returns all paths. Throws
 * `backup_damaged`.
 */
export function unpack(
  reader: SealedReader,
  folder: string,
  progress: Progress,
  wanted: (path: string) => boolean = () => true,
): string[] {
  const paths: string[] = []
  for (;;) {
    const length = number(reader.read(2))
    if (length === 0) break
    ensure(length <= MAX_PATH, 'backup_damaged', 'path')
    const path = fromUtf8(reader.read(length))
    ensure(PATH.test(path), 'backup_damaged', 'path')
    const size = number(reader.read(8))
    if (wanted(path)) write(reader, join(folder, path), size, progress)
    else skip(reader, size, progress)
    paths.push(path)
  }
  reader.end()
  return paths
}

function skip(reader: SealedReader, size: number, progress: Progress): void {
  for (let at = 0; at < size;) {
    const { length } = reader.read(Math.min(BLOCK, size - at))
    at += length
    progress(length)
  }
}

function write(reader: SealedReader, to: string, size: number, progress: Progress): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 })
  const file = openSync(to, 'wx', 0o600)
  try {
    for (let at = 0; at < size;) {
      const block = reader.read(Math.min(BLOCK, size - at))
      for (let done = 0; done < block.length;) done += writeSync(file, block, done)
      at += block.length
      progress(block.length)
    }
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

const number = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => sum * 256 + byte, 0)

export const sizeOf = (files: readonly Packed[]): number =>
  files.reduce((sum, { from }) => sum + (statSync(from, { throwIfNoEntry: false })?.size ?? 0), 0)

function openIfThere(path: string): number | null {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
