// The word of administrators that the box was brought back from a backup, and is to be believed from here on.
import { bareItem } from '../protocol/api.ts'
import { rootId } from '../protocol/directory-rights.ts'
import { cosignEntry, FLAG_COSIGNED, signEntry } from '../protocol/entry.ts'
import { KIND } from '../protocol/kinds.ts'
import { append } from './append.ts'
import type { Core } from './core.ts'
import type { Signing } from './people.ts'
import { proposalText } from './proposals.ts'
import { pull } from './pull.ts'

/**
 * Signs it for the directory as it stands now. Call when the devices that hold more have brought it back. Returns
 * what the second administrator has to sign, or null where it is done.
 */
export async function sayRestored(core: Core, { root }: Signing = {}): Promise<string | null> {
  const { directory, pair } = core.replica
  const { log, head } = directory
  const second = directory.trustedCount() >= 2
  const fields = { log, cutN: head.n, cutH: head.h }
  const flags = second ? FLAG_COSIGNED : 0
  const signed = signEntry(KIND.restore, core.context(log), fields, pair.secretKey, flags)
  if (second && root === undefined) return proposalText([bareItem(signed)])
  const entry =
    second && root !== undefined
      ? cosignEntry(signed, rootId(root.publicKey), root.secretKey)
      : signed
  await append(core, [bareItem(entry)])
  await pull(core)
  return null
}
