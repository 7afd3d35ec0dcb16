// The encoded backlog of channels, shared between those who catch up: after an outage a whole company asks for
// the same entries within seconds. Entries never change, so a frame is built once for each segment.
import { toHex } from '../../protocol/bytes.ts'
import type { LogId } from '../../protocol/ids.ts'
import { MAX_BACKLOG } from '../limits.ts'

export class Backlog {
  readonly #frames = new Map<string, Uint8Array[]>()
  #size = 0

  /** The frames of a log as one segment's readers get them, by index; what is missing is filled in by the caller. */
  of(log: LogId, seg: number): Uint8Array[] {
    const slot = `${toHex(log)}/${seg}`
    const known = this.#frames.get(slot) ?? []
    this.#frames.set(slot, known)
    return known
  }

  /** Keeps a frame that was just built. A full backlog starts anew: storms are short. */
  keep(frames: Uint8Array[], n: number, frame: Uint8Array): void {
    if (this.#size + frame.length > MAX_BACKLOG) {
      this.#frames.clear()
      this.#size = 0
    }
    frames[n] = frame
    this.#size += frame.length
  }
}
