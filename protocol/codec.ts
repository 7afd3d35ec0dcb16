// The one codec: a decoder is made together with its encoder, so that the two cannot drift apart.
// Big-endian, fixed layouts, no optional parts; a decoder must end exactly where the bytes end.
import { fromUtf8, utf8 } from './bytes.ts'
import { ensure } from './errors.ts'

export class Writer {
  #buffer = new Uint8Array(256)
  #length = 0

  #room(n: number): DataView {
    if (this.#length + n > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(this.#buffer.length * 2, this.#length + n))
      grown.set(this.#buffer.subarray(0, this.#length))
      this.#buffer = grown
    }
    const view = new DataView(this.#buffer.buffer, this.#length, n)
    this.#length += n
    return view
  }

  uint(value: number, size: 1 | 2 | 4 | 8): void {
    ensure(
      Number.isSafeInteger(value) && value >= 0 && value < 2 ** (8 * size),
      'malformed',
      `${value} in ${size} bytes`,
    )
    const view = this.#room(size)
    if (size === 8) view.setBigUint64(0, BigInt(value))
    else if (size === 4) view.setUint32(0, value)
    else if (size === 2) view.setUint16(0, value)
    else view.setUint8(0, value)
  }

  bytes(value: Uint8Array): void {
    const at = this.#length
    this.#room(value.length)
    this.#buffer.set(value, at)
  }

  take(): Uint8Array {
    return this.#buffer.slice(0, this.#length)
  }
}

export class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  get at(): number {
    return this.#at
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  #step(n: number): number {
    ensure(n <= this.left, 'malformed', 'too short')
    const at = this.#at
    this.#at += n
    return at
  }

  uint(size: 1 | 2 | 4 | 8): number {
    const at = this.#step(size)
    if (size === 1) return this.#view.getUint8(at)
    if (size === 2) return this.#view.getUint16(at)
    if (size === 4) return this.#view.getUint32(at)
    const value = this.#view.getBigUint64(at)
    ensure(value <= BigInt(Number.MAX_SAFE_INTEGER), 'malformed', 'number too large')
    return Number(value)
  }

  /** A view, not a copy: entries are decoded once and never written to. */
  bytes(n: number): Uint8Array {
    const at = this.#step(n)
    return this.#bytes.subarray(at, at + n)
  }

  rest(): Uint8Array {
    return this.bytes(this.left)
  }

  end(): void {
    ensure(this.left === 0, 'malformed', 'trailing bytes')
  }
}

export type Codec<T> = { write(w: Writer, value: T): void; read(r: Reader): T }
export type Decoded<C> = C extends Codec<infer T> ? T : never

export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  const writer = new Writer()
  codec.write(writer, value)
  return writer.take()
}

/** Throws `too_large` before looking at the bytes, `malformed` for short, long or non-canonical ones. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array, max: number): T {
  ensure(bytes.length <= max, 'too_large', `${bytes.length} bytes, at most ${max}`)
  const reader = new Reader(bytes)
  const value = codec.read(reader)
  reader.end()
  return value
}

function uint(size: 1 | 2 | 4 | 8): Codec<number> {
  return { write: (w, v) => w.uint(v, size), read: (r) => r.uint(size) }
}
export const u8 = uint(1)
export const u16 = uint(2)
export const u32 = uint(4)
export const u64 = uint(8)

/** Exactly `n` bytes. The type parameter brands ids. */
export function fixed<T extends Uint8Array = Uint8Array>(n: number): Codec<T> {
  return {
    write(w, v) {
      ensure(v.length === n, 'malformed', `${v.length} bytes instead of ${n}`)
      w.bytes(v)
    },
    read: (r) => r.bytes(n) as T,
  }
}

/** A length of `size` bytes, then as many bytes, at most `max`. */
export function blob(size: 1 | 2 | 4, max: number): Codec<Uint8Array> {
  return {
    write(w, v) {
      ensure(v.length <= max, 'too_large', `${v.length} bytes, at most ${max}`)
      w.uint(v.length, size)
      w.bytes(v)
    },
    read(r) {
      const length = r.uint(size)
      ensure(length <= max, 'too_large', `${length} bytes, at most ${max}`)
      return r.bytes(length)
    },
  }
}

/** Text of at most `max` bytes of UTF-8. */
export function text(size: 1 | 2, max: number): Codec<string> {
  const bytes = blob(size, max)
  return { write: (w, v) => bytes.write(w, utf8(v)), read: (r) => fromUtf8(bytes.read(r)) }
}

/** A count of `size` bytes, then as many items, at most `max`. */
export function list<T>(size: 1 | 2 | 4, max: number, item: Codec<T>): Codec<T[]> {
  return {
    write(w, values) {
      ensure(values.length <= max, 'too_large', `${values.length} items, at most ${max}`)
      w.uint(values.length, size)
      for (const value of values) item.write(w, value)
    },
    read(r) {
      const count = r.uint(size)
      ensure(count <= max, 'too_large', `${count} items, at most ${max}`)
      // One by one: an array of the claimed length would be there before the first item is missed.
      const values: T[] = []
      for (let i = 0; i < count; i++) values.push(item.read(r))
      return values
    },
  }
}

type Shape = Record<string, Codec<unknown>>

/** Fields in the order they are written. */
export function struct<S extends Shape>(shape: S): Codec<{ [K in keyof S]: Decoded<S[K]> }> {
  const fields = Object.entries(shape)
  return {
    write(w, value) {
      for (const [name, codec] of fields) codec.write(w, (value as Record<string, unknown>)[name])
    },
    read(r) {
      const value: Record<string, unknown> = {}
      for (const [name, codec] of fields) value[name] = codec.read(r)
      return value as { [K in keyof S]: Decoded<S[K]> }
    },
  }
}

/** A number from `least` to `most`; anything else is `malformed`. */
export function between(size: 1 | 2 | 4, least: number, most: number): Codec<number> {
  const checked = (value: number): number => {
    ensure(value >= least && value <= most, 'malformed', `value ${value}`)
    return value
  }
  return { write: (w, v) => w.uint(checked(v), size), read: (r) => checked(r.uint(size)) }
}

/** A number that must be one of `allowed`; anything else is refused with `code`. */
export function oneOf<const T extends number>(
  size: 1 | 2,
  allowed: readonly T[],
  code: 'malformed' | 'unknown_version' | 'unknown_suite' = 'malformed',
): Codec<T> {
  const known = (value: number): value is T => allowed.includes(value as T)
  return {
    write(w, v) {
      ensure(known(v), code, `value ${v}`)
      w.uint(v, size)
    },
    read(r) {
      const value = r.uint(size)
      ensure(known(value), code, `value ${value}`)
      return value
    },
  }
}
