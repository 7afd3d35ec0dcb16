// Handing signed entries to the box. A box that was brought back takes none, and says so: that is kept, since every
// window, the command line and what goes out with the app closed are to know it.
import type { Item } from '../protocol/api.ts'
import type { Core } from './core.ts'
import { isRestoring } from './refusal.ts'
import { META } from './replica.ts'
import { drop, put } from './store.ts'

/** All or nothing. Throws what the box refuses. */
export async function append(core: Core, items: Item[]) {
  try {
    const taken = await core.line.call('entries', { items }, core.signer)
    await noteRestoring(core, false)
    return taken
  } catch (error) {
    if (isRestoring(error)) await noteRestoring(core, true)
    throw error
  }
}

async function noteRestoring(core: Core, restoring: boolean): Promise<void> {
  if (core.replica.restoring === restoring) return
  core.replica.restoring = restoring
  const row = META.restoring
  await core.commit([restoring ? put('meta', row, new Uint8Array(0)) : drop('meta', row)])
}
