// How protocol values look in a vector file: bytes as lower-case hex, numbers as numbers, maps as lists.
import assert from 'node:assert/strict'
import { fromHex, toHex } from '../../protocol/bytes.ts'

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json }
export type JsonObject = { [name: string]: Json }

/** A file of vectors: how it is made anew, and how what is checked in is held against protocol/. */
export type VectorFile = {
  name: string
  /** One sentence for whoever implements from it. */
  about: string
  make: () => JsonObject
  /** Throws unless protocol/ reads, verifies and opens everything as the file says. */
  check: (file: JsonObject) => void
}

export function toJson(value: unknown): Json {
  if (value instanceof Uint8Array) return toHex(value)
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return value
  if (Array.isArray(value)) return value.map(toJson)
  if (value instanceof Map) return [...value.entries()].map((pair) => toJson(pair))
  if (typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, toJson(part)]))
  }
  throw new TypeError(`a ${typeof value} in a vector`)
}

export function object(value: Json | undefined): JsonObject {
  assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value), 'an object')
  return value
}

/** The list under `name`, which must not be empty: an empty list would check nothing. */
export function list(parent: JsonObject, name: string): JsonObject[] {
  const value = parent[name]
  assert.ok(Array.isArray(value) && value.length > 0, `${name}: a list`)
  return value.map(object)
}

export function bytes(parent: JsonObject, name: string): Uint8Array {
  const value = parent[name]
  assert.ok(typeof value === 'string', `${name}: hex`)
  return fromHex(value)
}

export function number(parent: JsonObject, name: string): number {
  const value = parent[name]
  assert.ok(typeof value === 'number', `${name}: a number`)
  return value
}

export function text(parent: JsonObject, name: string): string {
  const value = parent[name]
  assert.ok(typeof value === 'string', `${name}: a text`)
  return value
}

/** What protocol/ says must be what the file says. */
export function same(actual: unknown, expected: Json | undefined, what: string): void {
  assert.deepEqual(toJson(actual), expected, what)
}
