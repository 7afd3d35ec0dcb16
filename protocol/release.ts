// What a release consists of: every file with its size and its SHA-256, as lines that people can read. What is
// signed are these bytes, so that there is one way to write a release and every other one is refused.
import { fromHex, fromUtf8, toHex, utf8 } from './bytes.ts'
import { ensure } from './errors.ts'

export type ReleaseFile = {
  /** Below the folder of the release, with slashes. */
  path: string
  /** Bytes. */
  size: number
  /** 32 bytes. */
  sha256: Uint8Array
}
export type Release = {
  /** Three numbers with dots, each release higher than the one before. */
  version: string
  /** SHA-256 of the manifest before this one; 32 zeros: there is none. */
  previous: Uint8Array
  /** By path, each once. */
  files: ReleaseFile[]
}

/** Where a box hands out what it consists of, and who has signed it: for the app, and for whoever checks it from outside. */
export const RELEASE_PATH = {
  manifest: '/release/manifest',
  signatures: '/release/signatures',
} as const
/** A release has some forty files. */
export const MAX_MANIFEST = 64 * 1024
const FIRST_LINE = 'holdfast release 1'
const VERSION = /^(?:0|[1-9]\d{0,5})(?:\.(?:0|[1-9]\d{0,5})){2}$/
/** No part of a path may begin with a dot: none leads out of the folder, none hides. */
const PATH = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/
const FILE = /^file ([0-9a-f]{64}) (0|[1-9]\d{0,11}) (\S{1,200})$/

export function encodeRelease({ version, previous, files }: Release): Uint8Array {
  const lines = files.map(({ path, size, sha256 }) => `file ${toHex(sha256)} ${size} ${path}`)
  const head = [FIRST_LINE, `version ${version}`, `previous ${toHex(previous)}`]
  const bytes = utf8(`${[...head, ...lines].join('\n')}\n`)
  decodeRelease(bytes)
  return bytes
}

/** Throws `malformed` for whatever `encodeRelease` would not have written, `too_large` before reading it. */
export function decodeRelease(bytes: Uint8Array): Release {
  ensure(bytes.length <= MAX_MANIFEST, 'too_large', 'manifest')
  const [first, version, previous, ...rest] = fromUtf8(bytes).split('\n')
  ensure(first === FIRST_LINE, 'unknown_version', 'manifest')
  ensure(rest.pop() === '', 'malformed', 'the manifest does not end with its last line')
  const files = rest.map(readFile)
  const unordered = files.findIndex(({ path }, at) => at > 0 && path <= (files[at - 1]?.path ?? ''))
  ensure(unordered < 0, 'malformed', files[unordered]?.path ?? '')
  return {
    version: word(version, 'version', VERSION),
    previous: fromHex(word(previous, 'previous', /^[0-9a-f]{64}$/)),
    files,
  }
}

function word(line: string | undefined, name: string, form: RegExp): string {
  const value = line?.startsWith(`${name} `) ? line.slice(name.length + 1) : ''
  ensure(form.test(value), 'malformed', `manifest: ${name}`)
  return value
}

function readFile(line: string): ReleaseFile {
  const [, sha256 = '', size = '', path = ''] = FILE.exec(line) ?? []
  ensure(PATH.test(path), 'malformed', `manifest: ${line.slice(0, 80)}`)
  return { path, size: Number(size), sha256: fromHex(sha256) }
}

/** Below zero: `a` is the older one. Both as a manifest carries them. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)]
  const at = left.findIndex((number, place) => number !== right[place])
  return at < 0 ? 0 : (left[at] ?? 0) - (right[at] ?? 0)
}
