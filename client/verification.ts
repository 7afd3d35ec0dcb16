// Does the person in front of me have the devices that mine knows? Both sides work out the same print and
// compare it by scanning or by reading it aloud (PROTOCOL.md, "Comparing a person").
import { concat, equal, fromHex, toHex } from '../protocol/bytes.ts'
import { compareBytes } from '../protocol/channel-operations.ts'
import { type Decoded, decode, encode, fixed, struct, u64 } from '../protocol/codec.ts'
import { idText, parseId, type PersonId } from '../protocol/ids.ts'
import { hash } from '../protocol/labels.ts'
import type { Replica } from './replica.ts'

/** What a code to scan begins with; a later form has another number. */
const CODE = 'HOLDFAST/PERSON/1/'
const CODE_FORM = new RegExp(`^${CODE}([0-9a-f]{32})/([0-9a-f]{64})$`)
const GROUPS = 12
const GROUP_DIGITS = 5
/** One of 256 things each: 96 bits. Enough against a second set of keys for one print, of which one side is honest. */
const WORDS = 12

/** 32 bytes over the root key, the person and their devices' keys in any order. */
export function personPrint(
  rootPk: Uint8Array,
  person: PersonId,
  signKeys: readonly Uint8Array[],
): Uint8Array {
  return hash('person-print', rootPk, person, concat(...signKeys.toSorted(compareBytes)))
}

/** As this device knows the person now; null: they have no device that is active. */
export function printOf({ directory, identity }: Replica, person: PersonId): Uint8Array | null {
  const keys = directory.activeDevices(person).map(({ signPk }) => signPk)
  return keys.length === 0 ? null : personPrint(identity.rootPk, person, keys)
}

/** Twelve numbers of things, 0 to 255 each; every language has a word for each of them. */
export const printThings = (print: Uint8Array): number[] => [...print.subarray(0, WORDS)]

/** Twelve groups of five digits: they are read aloud in every language. */
export function printNumbers(print: Uint8Array): string[] {
  const digits = GROUPS * GROUP_DIGITS
  const text = (BigInt(`0x${toHex(print)}`) % 10n ** BigInt(digits))
    .toString()
    .padStart(digits, '0')
  return Array.from({ length: GROUPS }, (_, i) =>
    text.slice(i * GROUP_DIGITS, (i + 1) * GROUP_DIGITS),
  )
}

export function printCode(person: PersonId, print: Uint8Array): string {
  return `${CODE}${idText(person)}/${toHex(print)}`
}

/**
 * `match`: the other device knows the same devices of this person. `other`: the code is of somebody else.
 * `foreign`: no such code at all.
 */
export type Comparison = 'match' | 'mismatch' | 'other' | 'foreign'

export function compareCode(scanned: string, person: PersonId, print: Uint8Array): Comparison {
  const [, who, what] = CODE_FORM.exec(scanned.trim()) ?? []
  if (who === undefined || what === undefined) return 'foreign'
  if (!equal(parseId<PersonId>(who), person)) return 'other'
  return equal(fromHex(what), print) ? 'match' : 'mismatch'
}

const compared = struct({ print: fixed(32), at: u64 })
/** What a device keeps of a comparison that matched, and when that was. */
export type Compared = Decoded<typeof compared>

export const encodeCompared = (value: Compared): Uint8Array => encode(compared, value)
/** Throws `malformed` or `too_large`. */
export const decodeCompared = (row: Uint8Array): Compared => decode(compared, row, 40)
