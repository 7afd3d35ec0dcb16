// What the single executable carries inside: the app. Run from its sources or from a folder, it carries nothing.
import { getAssetKeys, getRawAsset, isSea } from 'node:sea'

/** Bytes by name, without `prefix`. Nothing is copied: the bytes lie in the program itself. */
export function builtIn(prefix: string): ReadonlyMap<string, Uint8Array> {
  if (!isSea()) return new Map()
  const names = getAssetKeys().filter((name) => name.startsWith(prefix))
  return new Map(
    names.map((name) => [name.slice(prefix.length), new Uint8Array(getRawAsset(name))]),
  )
}
