// Whether somebody changes the guard of this app (pwa/sw/sw.ts), which stays the same from release to release: this
// page, which is still the one that was signed, looks before anything else of the new one runs.
import { signal } from '@preact/signals'
import { MAX_MANIFEST, RELEASE_PATH } from '../../protocol/release.ts'
import { bytesOf, type GuardKeys, readSigned, sha256, type SignedRelease } from '../sw/signed.ts'
import { endEngine } from './engine-worker.ts'

/** Filled in by the build. */
declare const KEYS: GuardKeys

const GUARD = '/sw.js'
/** It has 8 KB. */
const MAX_GUARD = 64 * 1024

/** Another guard came that nobody has signed: the keys are out of this page's memory, and nothing else is done here. */
export const guardChanged = signal(false)

/** Call before the browser may find another one. */
export function watchGuard(registration: ServiceWorkerRegistration): void {
  registration.addEventListener('updatefound', () => {
    // The first one is installed by the page that came with it.
    if (registration.active !== null && KEYS !== null) void look(KEYS)
  })
}

async function look(keys: NonNullable<GuardKeys>): Promise<void> {
  try {
    if (await isSigned(keys)) return
  } catch {
    // What cannot be shown to be signed is not.
  }
  endEngine()
  guardChanged.value = true
}

/** Hash of the guard that runs, as a signed release names it; null: not known yet. */
let known: string | null = null

/**
 * A browser asks for a guard in its own way, so that what this page is given proves little. That a guard comes at all
 * proves much: one that the signed release still names as before does not change.
 */
async function isSigned(keys: NonNullable<GuardKeys>): Promise<boolean> {
  const { currentManifest } = await import('../sw/kept-release.ts')
  const kept = await currentManifest()
  if (kept !== null) known ??= guardIn(await readSigned(kept, '', null))
  const [manifest, signatures, guard] = await Promise.all(
    [RELEASE_PATH.manifest, RELEASE_PATH.signatures, GUARD].map(fresh),
  )
  const text = new TextDecoder().decode(signatures)
  const named = guardIn(await readSigned(manifest as Uint8Array, text, keys))
  if (named === null || named === known) return false
  known = named
  return named === (await sha256(guard as Uint8Array))
}

const guardIn = ({ files }: SignedRelease): string | null => files.get(`app${GUARD}`)?.hash ?? null

async function fresh(path: string): Promise<Uint8Array> {
  const answer = await fetch(path, { cache: 'no-store' })
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
  return bytesOf(answer, path === GUARD ? MAX_GUARD : MAX_MANIFEST)
}
