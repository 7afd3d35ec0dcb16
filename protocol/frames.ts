// What the box sends to a device, in a catch-up (one after the other, each with its length) and live
// (one a WebSocket message).
import { type Decoded, fixed, Reader, struct, u16, u64, Writer } from './codec.ts'
import { BOX_HEAD_BYTES } from './box-report.ts'
import { stub } from './chain.ts'
import { ensure, ProtocolError } from './errors.ts'
import { epochId, logId } from './ids.ts'
import { EPOCH_WRAP_BYTES, MAX_REQUEST } from './limits.ts'

const FRAME = {
  entry: 1,
  header: 2,
  stub: 3,
  head: 4,
  wrap: 5,
  parcel: 6,
  more: 7,
  alive: 8,
} as const

const stubFrame = struct({ log: logId, n: u64, stub })
const wrapFrame = struct({
  id: u64,
  log: logId,
  epoch: epochId,
  gen: u16,
  wrap: fixed(EPOCH_WRAP_BYTES),
})
const aliveFrame = struct({ t: u64 })

export type Frame =
  /** An entry at index n, its payload whole or trimmed to the reader's segment. */
  | { type: 'entry'; n: number; bytes: Uint8Array }
  /** An entry whose payload has expired or was never for this reader. */
  | { type: 'header'; n: number; bytes: Uint8Array }
  /** An entry from before the reader's admission. */
  | ({ type: 'stub' } & Decoded<typeof stubFrame>)
  | { type: 'head'; bytes: Uint8Array }
  | ({ type: 'wrap' } & Decoded<typeof wrapFrame>)
  /** Something that another device left for this one; acknowledged by id. */
  | { type: 'parcel'; id: number; bytes: Uint8Array }
  /** There is more than one page: ask again. */
  | { type: 'more' }
  /** The connection lives; t is the box's clock. */
  | ({ type: 'alive' } & Decoded<typeof aliveFrame>)

export function encodeFrame(frame: Frame): Uint8Array {
  const w = new Writer()
  w.uint(FRAME[frame.type], 1)
  switch (frame.type) {
    case 'entry':
    case 'header':
      w.uint(frame.n, 8)
      w.bytes(frame.bytes)
      break
    case 'stub':
      stubFrame.write(w, frame)
      break
    case 'head':
      w.bytes(frame.bytes)
      break
    case 'wrap':
      wrapFrame.write(w, frame)
      break
    case 'parcel':
      w.uint(frame.id, 8)
      w.bytes(frame.bytes)
      break
    case 'alive':
      aliveFrame.write(w, frame)
      break
    case 'more':
  }
  return w.take()
}

export function decodeFrame(bytes: Uint8Array): Frame {
  ensure(bytes.length <= MAX_REQUEST, 'too_large', 'frame')
  const r = new Reader(bytes)
  const frame = readFrame(r)
  r.end()
  return frame
}

function readFrame(r: Reader): Frame {
  switch (r.uint(1)) {
    case FRAME.entry:
      return { type: 'entry', n: r.uint(8), bytes: r.rest() }
    case FRAME.header:
      return { type: 'header', n: r.uint(8), bytes: r.rest() }
    case FRAME.stub:
      return { type: 'stub', ...stubFrame.read(r) }
    case FRAME.head:
      return { type: 'head', bytes: r.bytes(BOX_HEAD_BYTES) }
    case FRAME.wrap:
      return { type: 'wrap', ...wrapFrame.read(r) }
    case FRAME.parcel:
      return { type: 'parcel', id: r.uint(8), bytes: r.rest() }
    case FRAME.more:
      return { type: 'more' }
    case FRAME.alive:
      return { type: 'alive', ...aliveFrame.read(r) }
    default:
      throw new ProtocolError('malformed', 'unknown frame')
  }
}

/** Frames of one answer, each behind its length of four bytes. */
export function joinFrames(frames: Uint8Array[]): Uint8Array {
  const w = new Writer()
  for (const frame of frames) {
    w.uint(frame.length, 4)
    w.bytes(frame)
  }
  return w.take()
}

export function splitFrames(bytes: Uint8Array): Frame[] {
  const r = new Reader(bytes)
  const frames: Frame[] = []
  while (r.left > 0) frames.push(decodeFrame(r.bytes(r.uint(4))))
  return frames
}
