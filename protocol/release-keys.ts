// Who may sign releases, and what they have signed: lines that people can read, each form written in one way.
import { fromHex, fromUtf8, toHex, utf8 } from './bytes.ts'
import { ensure } from './errors.ts'
import { sign, verify } from './labels.ts'
import type { SignPair } from './sodium.ts'

export type ReleaseKeys = {
  /** How many of them have to sign: no single key, lost or stolen, makes a release. */
  needed: number
  /** Ed25519 public keys, ascending, each once. */
  keys: Uint8Array[]
}
export type ReleaseSignature = { key: Uint8Array; signature: Uint8Array }

const MAX_KEYS = 16
/** Sixteen lines of either form and their first two. */
export const MAX_SIGNATURES = 4096
const KEYS_LINE = 'holdfast release keys 1'
const SIGNATURES_LINE = 'holdfast signatures 1'
const KEY = /^key ([0-9a-f]{64})$/
const NEEDED = /^needed ([1-9]\d?)$/
const SIGNATURE = /^signature ([0-9a-f]{64}) ([0-9a-f]{128})$/

export function encodeReleaseKeys({ needed, keys }: ReleaseKeys): Uint8Array {
  const bytes = lines([KEYS_LINE, `needed ${needed}`, ...keys.map((key) => `key ${toHex(key)}`)])
  decodeReleaseKeys(bytes)
  return bytes
}

/** Throws `malformed`, also where fewer keys are listed than have to sign. */
export function decodeReleaseKeys(bytes: Uint8Array): ReleaseKeys {
  const [head, ...rest] = read(bytes, KEYS_LINE)
  const needed = Number(NEEDED.exec(head ?? '')?.[1] ?? 0)
  const keys = rest.map((line) => part(KEY.exec(line), 1, line))
  ensureAscending(keys)
  ensure(needed >= 1 && needed <= keys.length, 'malformed', 'release keys: needed')
  return { needed, keys }
}

/** The signature of one key, added to those that are there; its own of before is replaced. */
export function signRelease(
  manifest: Uint8Array,
  pair: SignPair,
  others: readonly ReleaseSignature[],
): Uint8Array {
  const own = { key: pair.publicKey, signature: sign('release', manifest, pair.secretKey) }
  const rest = others.filter(({ key }) => toHex(key) !== toHex(own.key))
  const all = [...rest, own].toSorted((a, b) => (toHex(a.key) < toHex(b.key) ? -1 : 1))
  const bytes = lines([
    SIGNATURES_LINE,
    ...all.map(({ key, signature }) => `signature ${toHex(key)} ${toHex(signature)}`),
  ])
  decodeSignatures(bytes)
  return bytes
}

/** Throws `malformed`. What they are worth is `ensureSigned`'s matter. */
export function decodeSignatures(bytes: Uint8Array): ReleaseSignature[] {
  const found = read(bytes, SIGNATURES_LINE).map((line) => {
    const match = SIGNATURE.exec(line)
    return { key: part(match, 1, line), signature: part(match, 2, line) }
  })
  ensureAscending(found.map(({ key }) => key))
  return found
}

/** Throws `release_unsigned` unless enough of the keys have signed just these bytes; others do not count. */
export function ensureSigned(
  manifest: Uint8Array,
  signatures: readonly ReleaseSignature[],
  { needed, keys }: ReleaseKeys,
): void {
  const good = keys.filter((known) =>
    signatures.some(
      ({ key, signature }) =>
        toHex(key) === toHex(known) && verify('release', signature, manifest, known),
    ),
  )
  const said = `${good.length} of the ${needed} signatures that it takes`
  ensure(good.length >= needed, 'release_unsigned', said)
}

const lines = (text: readonly string[]): Uint8Array => utf8(`${text.join('\n')}\n`)

function read(bytes: Uint8Array, first: string): string[] {
  ensure(bytes.length <= MAX_SIGNATURES, 'too_large', first)
  const [head, ...rest] = fromUtf8(bytes).split('\n')
  ensure(head === first, 'unknown_version', first)
  ensure(rest.pop() === '' && rest.length <= MAX_KEYS + 1, 'malformed', first)
  return rest
}

function part(match: RegExpExecArray | null, group: number, line: string): Uint8Array {
  ensure(match !== null, 'malformed', line.slice(0, 80))
  return fromHex(match[group] ?? '')
}

function ensureAscending(keys: readonly Uint8Array[]): void {
  const texts = keys.map(toHex)
  const ordered = texts.every((text, at) => at === 0 || text > (texts[at - 1] ?? ''))
  ensure(ordered, 'malformed', 'keys in order, each once')
}
