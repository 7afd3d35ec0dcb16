// A release in a folder, as it comes from those who make it or lies on a box: what it says, and whether that holds.
import { createHash } from 'node:crypto'
import {
  closeSync,
  constants,
  fsyncSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { equal } from '../../protocol/bytes.ts'
import { ensure, ProtocolError } from '../../protocol/errors.ts'
import {
  decodeRelease,
  MAX_MANIFEST,
  type Release,
  type ReleaseFile,
} from '../../protocol/release.ts'
import {
  decodeSignatures,
  ensureSigned,
  MAX_SIGNATURES,
  type ReleaseKeys,
} from '../../protocol/release-keys.ts'
import { MANIFEST, SIGNATURES } from '../../server/release.ts'

export const PROGRAM = 'holdfast'

export type FoundRelease = {
  folder: string
  manifest: Uint8Array
  /** As they lie there; null: nobody has signed yet. */
  signatures: Uint8Array | null
  release: Release
}

/**
 * `keys`: of those who may release, and nothing of it is read before their signatures hold; null: whoever wrote it.
 * Throws `release_damaged`, `release_unsigned`, `malformed`.
 */
export function findRelease(folder: string, keys: ReleaseKeys | null): FoundRelease {
  const manifest = readSmall(join(folder, MANIFEST), MAX_MANIFEST)
  ensure(manifest !== null, 'release_damaged', `there is no ${MANIFEST} in ${folder}`)
  const signatures = readSmall(join(folder, SIGNATURES), MAX_SIGNATURES)
  if (keys !== null) {
    ensure(signatures !== null, 'release_unsigned', `there is no ${SIGNATURES} in ${folder}`)
    ensureSigned(manifest, decodeSignatures(signatures), keys)
  }
  return { folder, manifest, signatures, release: decodeRelease(manifest) }
}

export const hashOf = (manifest: Uint8Array): string =>
  createHash('sha256').update(manifest).digest('hex')

/** Reads every file. Throws `release_damaged` with the first that is not what the manifest says. */
export function ensureWhole(
  { folder, release }: FoundRelease,
  done: (bytes: number) => void,
): void {
  for (const file of release.files) pass(folder, file, null, done)
}

/**
 * Copies every file and judges what arrives, so that nothing changes in between. Throws `release_damaged` and
 * `release_full`.
 */
export function copyRelease(
  { folder, release }: FoundRelease,
  to: string,
  done: (bytes: number) => void,
): void {
  for (const file of release.files) pass(folder, file, to, done)
}

/** Manifest and signatures beside the files, as they came. */
export function writeSigned({ manifest, signatures }: FoundRelease, to: string): void {
  writeFileSync(join(to, MANIFEST), manifest, { flush: true })
  if (signatures !== null) writeFileSync(join(to, SIGNATURES), signatures, { flush: true })
}

export const sizeOf = ({ release }: FoundRelease): number =>
  release.files.reduce((sum, { size }) => sum + size, 0)

const CHUNK = 1024 * 1024
const EXECUTABLE = 0o755
const PLAIN = 0o644

/** Through one file, and into `to` where there is one. */
function pass(
  folder: string,
  { path, size, sha256 }: ReleaseFile,
  to: string | null,
  done: (bytes: number) => void,
): void {
  const from = openPlain(join(folder, path), path)
  const target = to === null ? null : createAt(join(to, path), path === PROGRAM)
  try {
    const hash = createHash('sha256')
    const buffer = Buffer.alloc(CHUNK)
    let left = size
    for (;;) {
      const count = readSync(from, buffer, 0, CHUNK, null)
      if (count === 0) break
      left -= count
      ensure(left >= 0, 'release_damaged', `${path} is longer than it should be`)
      hash.update(buffer.subarray(0, count))
      if (target !== null) writeAll(target, buffer.subarray(0, count))
      done(count)
    }
    ensure(left === 0, 'release_damaged', `${path} is cut short`)
    ensure(equal(hash.digest(), sha256), 'release_damaged', `${path} was changed`)
    if (target !== null) fsyncSync(target)
  } catch (error) {
    throw told(error, path)
  } finally {
    closeSync(from)
    if (target !== null) closeSync(target)
  }
}

/** A file and nothing else: a stick may hold links that lead elsewhere, and pipes that never end. */
function openPlain(path: string, name: string): number {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    if (fstatSync(file).isFile()) return file
    closeSync(file)
  } catch {
    // Said below.
  }
  throw new ProtocolError('release_damaged', `${name} is not there`)
}

function createAt(path: string, program: boolean): number {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
    return openSync(path, 'wx', program ? EXECUTABLE : PLAIN)
  } catch (error) {
    throw told(error, path)
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
}

function told(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new ProtocolError('release_full', path, { cause: error })
  // A stick that was pulled out, or that is worn out.
  if (code === 'EIO' || code === 'ENODEV')
    return new ProtocolError('release_damaged', `${path} cannot be read`, { cause: error })
  return error
}

/** Null: not there. Throws `too_large` before reading it. */
function readSmall(path: string, most: number): Uint8Array | null {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    return null
  }
  try {
    const stat = fstatSync(file)
    if (!stat.isFile()) return null
    ensure(stat.size <= most, 'too_large', path)
    const bytes = new Uint8Array(most + 1)
    let length = 0
    for (let count = -1; count !== 0 && length <= most; length += count)
      count = readSync(file, bytes, length, bytes.length - length, null)
    ensure(length <= most, 'too_large', path)
    return bytes.slice(0, length)
  } finally {
    closeSync(file)
  }
}
