// The release that this browser runs: the one that the guard of the app keeps (pwa/sw/kept-release.ts).
import { decodeRelease } from '../../protocol/release.ts'
import type { Hash } from '../../protocol/ids.ts'
import type { Running } from '../../protocol/profile.ts'
import { currentManifest } from '../sw/kept-release.ts'
import { sha256 } from '../sw/signed.ts'

/** Null: no guard has kept one, as in a private window or before the first one was installed. */
export async function ownRelease(): Promise<Running | null> {
  const manifest = await currentManifest().catch(() => null)
  if (manifest === null) return null
  const { version } = decodeRelease(manifest)
  return { version, manifest: Uint8Array.fromHex(await sha256(manifest)) as Hash }
}
