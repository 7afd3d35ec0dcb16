// The journal of shim.c: what a process did to its files, in order, with times of the monotonic clock.
import { readFileSync } from 'node:fs'

type Times = { began: bigint; ended: bigint }
export type Change =
  | { kind: 'write'; inode: bigint; at: number; data: Buffer }
  | { kind: 'cut'; inode: bigint; size: number }
export type Happening = Times &
  (
    | Change
    | { kind: 'open'; inode: bigint; path: string; created: boolean }
    | { kind: 'sync'; inode: bigint }
    | { kind: 'unlink'; path: string }
    | { kind: 'rename'; path: string; to: string }
    | { kind: 'mkdir'; path: string }
    | { kind: 'sync folder'; path: string }
  )

const HEADER = 48

export function readJournal(path: string): Happening[] {
  const bytes = readFileSync(path)
  const found: Happening[] = []
  for (let at = 0; at < bytes.length;) {
    const pathBytes = bytes.readUInt32LE(at + 4)
    const dataBytes = bytes.readUInt32LE(at + 8)
    const body = at + HEADER
    const name = bytes.toString('utf8', body, body + pathBytes)
    const data = bytes.subarray(body + pathBytes, body + pathBytes + dataBytes)
    found.push(happening(bytes.subarray(at, body), name, data))
    at = body + pathBytes + dataBytes
  }
  return found
}

function happening(header: Buffer, path: string, data: Buffer): Happening {
  const times = { began: header.readBigUInt64LE(16), ended: header.readBigUInt64LE(24) }
  const inode = header.readBigUInt64LE(32)
  const at = Number(header.readBigUInt64LE(40))
  const kind = header.readUInt32LE(0)
  switch (kind) {
    case 1:
      return { kind: 'open', inode, path, created: header.readUInt32LE(12) === 1, ...times }
    case 2:
      return { kind: 'write', inode, at, data, ...times }
    case 3:
      return { kind: 'cut', inode, size: at, ...times }
    case 4:
      return { kind: 'sync', inode, ...times }
    case 5:
      return { kind: 'unlink', path, ...times }
    case 6:
      return { kind: 'rename', path, to: data.toString('utf8'), ...times }
    case 7:
      return { kind: 'mkdir', path, ...times }
    case 8:
      return { kind: 'sync folder', path, ...times }
    default:
      throw new TypeError(`journal: kind ${kind}`)
  }
}
