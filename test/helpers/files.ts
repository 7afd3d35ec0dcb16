// Files of a test: made up as they are read, so that large ones take no room, and sinks that can be cut.
import type { Sink, Source } from '../../client/files.ts'

/** Byte i is a function of i and the label: any part can be had without the rest. */
export function madeUp(size: number, label = 1): Source {
  return {
    size,
    read: (offset, length) => {
      const end = Math.min(size, offset + length)
      const bytes = new Uint8Array(Math.max(0, end - offset))
      for (let i = 0; i < bytes.length; i++) bytes[i] = ((offset + i) * 31 + label * 7) % 251
      return Promise.resolve(bytes)
    },
    close: () => Promise.resolve(),
  }
}

/** What an earlier, cut attempt has left stays. */
export class MemorySink implements Sink {
  bytes: Uint8Array = new Uint8Array(0)

  get size(): number {
    return this.bytes.length
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    return Promise.resolve(this.bytes.subarray(offset, offset + length))
  }

  write(offset: number, bytes: Uint8Array): Promise<void> {
    const grown = new Uint8Array(Math.max(this.bytes.length, offset + bytes.length))
    grown.set(this.bytes)
    grown.set(bytes, offset)
    this.bytes = grown
    return Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
