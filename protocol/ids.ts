// Ids are bytes with a brand: a person's id cannot be passed where a device's is wanted.
import { fixed } from './codec.ts'
import { fromHex, isZero, toHex } from './bytes.ts'
import { ensure } from './errors.ts'

declare const brand: unique symbol
type Id<B extends string> = Uint8Array & { readonly [brand]: B }

export type OrgId = Id<'org'>
export type PersonId = Id<'person'>
export type DeviceId = Id<'device'>
export type CardId = Id<'card'>
export type RootId = Id<'root'>
export type LogId = Id<'log'>
export type EpochId = Id<'epoch'>
export type MessageId = Id<'message'>
export type EntryId = Id<'entry'>
export type Hash = Id<'hash'>
/** Whoever may sign an entry: a device, a card (its own enrolment) or the root. */
export type SignerId = DeviceId | CardId | RootId
export type AnyId = OrgId | PersonId | DeviceId | CardId | RootId | LogId | EpochId | MessageId

export const ID_BYTES = 16

export const orgId = fixed<OrgId>(ID_BYTES)
export const personId = fixed<PersonId>(ID_BYTES)
export const deviceId = fixed<DeviceId>(ID_BYTES)
export const cardId = fixed<CardId>(ID_BYTES)
export const logId = fixed<LogId>(ID_BYTES)
export const epochId = fixed<EpochId>(ID_BYTES)
export const messageId = fixed<MessageId>(ID_BYTES)
export const signerId = fixed<SignerId>(ID_BYTES)
export const hash32 = fixed<Hash>(32)
export const entryId = fixed<EntryId>(32)

/** The only way from plain bytes to an id: the length is checked here. */
export function asId<T extends AnyId>(bytes: Uint8Array): T {
  ensure(bytes.length === ID_BYTES, 'malformed', `an id of ${bytes.length} bytes`)
  return bytes as T
}

/** Ids as people and scripts see them: 32 lower-case hexadecimal digits. */
export function idText(id: Uint8Array): string {
  return toHex(id)
}

export function parseId<T extends AnyId>(text: string): T {
  ensure(
    /^[0-9a-f]{32}$/.test(text),
    'malformed',
    `"${text.slice(0, 40)}" is not an id of 32 hexadecimal digits`,
  )
  return asId<T>(fromHex(text))
}

/** Zeros stand for "none": the log of a `create`, the epoch before the first. */
export const NO_ID = new Uint8Array(ID_BYTES)
export const isNoId = isZero
export const NO_HASH = new Uint8Array(32) as Uint8Array as Hash

/** A map keyed by the value of an id, not by the identity of its array. */
export class IdMap<K extends Uint8Array, V> {
  readonly #map = new Map<string, { key: K; value: V }>()

  get size(): number {
    return this.#map.size
  }
  get(key: K): V | undefined {
    return this.#map.get(toHex(key))?.value
  }
  has(key: K): boolean {
    return this.#map.has(toHex(key))
  }
  set(key: K, value: V): void {
    this.#map.set(toHex(key), { key, value })
  }
  delete(key: K): void {
    this.#map.delete(toHex(key))
  }
  *keys(): IterableIterator<K> {
    for (const slot of this.#map.values()) yield slot.key
  }
  *values(): IterableIterator<V> {
    for (const slot of this.#map.values()) yield slot.value
  }
  *entries(): IterableIterator<[K, V]> {
    for (const slot of this.#map.values()) yield [slot.key, slot.value]
  }
}
