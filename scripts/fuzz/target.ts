// What is fuzzed: a function from bytes to nothing, which throws when a property does not hold.
import { equal, toHex } from '../../protocol/bytes.ts'
import { ProtocolError } from '../../protocol/errors.ts'

export type Target = {
  name: string
  /** One line for people. */
  about: string
  /** Files and folders of the repository whose code is meant to be reached. */
  sources: readonly string[]
  /** Longest input in bytes. */
  longest: number
  /** Inputs between two looks at the coverage: looking costs about 1.5 ms. */
  batch: number
  /** How many of a batch run side by side; one unless told. */
  width?: number
  /** Inputs of fast-check in `npm test`. */
  runs: number
  open(): Fuzzed | Promise<Fuzzed>
}

/** A target that is ready to take inputs. */
export type Fuzzed = {
  /** Where mutations start from. */
  samples: readonly Uint8Array[]
  /** Whatever it throws is a finding: refusals it expects, it catches itself. */
  run(input: Uint8Array): void | Promise<void>
  /** What must hold after many inputs. */
  settle?(): Promise<void>
  /** Figures for the report, as of now. */
  facts?(): Record<string, number>
  close?(): Promise<void>
}

/** A property that does not hold. */
export class Broken extends Error {
  override readonly name = 'Broken'
}

export function must(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Broken(what)
}

/** The value, or null where it was refused as it should be: with an error of the table. */
export function attempt<T>(work: () => T): { value: T } | null {
  try {
    return { value: work() }
  } catch (error) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}

/** Whatever is read has exactly one form: written again it is the very same bytes. */
export function roundTrip<T>(
  what: string,
  input: Uint8Array,
  read: (bytes: Uint8Array) => T,
  write: (value: T) => Uint8Array,
): void {
  const held = attempt(() => read(input))
  if (held === null) return
  const written = attempt(() => write(held.value))
  must(written !== null, `${what}: read, but cannot be written`)
  const same = equal(written.value, input)
  must(
    same,
    `${what}: a second form of the same value, ${input.length} for ${written.value.length} bytes: ${toHex(written.value).slice(0, 200)}`,
  )
}

/** Several readers behind one target: the first byte chooses, so that samples of one reach the others. */
export function choosing(
  readers: readonly ((input: Uint8Array) => void)[],
): (input: Uint8Array) => void {
  return (input) => {
    const reader = readers[(input[0] ?? 0) % readers.length]
    reader?.(input.subarray(1))
  }
}

export function chosen(which: number, input: Uint8Array): Uint8Array {
  const whole = new Uint8Array(1 + input.length)
  whole[0] = which
  whole.set(input, 1)
  return whole
}
