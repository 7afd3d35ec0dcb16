// What takes two administrators: the entries of the first, handed to the second, who sees what they say before signing.
import type { Item } from '../protocol/api.ts'
import { fromBase64Url, toBase64Url } from '../protocol/bytes.ts'
import { blob, decode, encode, list, struct } from '../protocol/codec.ts'
import { cosignEntry, decodeEntry, type Entry, verifyEntry } from '../protocol/entry.ts'
import { REVOKE } from '../protocol/entry-fields.ts'
import { ensure, ProtocolError } from '../protocol/errors.ts'
import { asId, type DeviceId, IdMap, type PersonId } from '../protocol/ids.ts'
import { KIND, type Role } from '../protocol/kinds.ts'
import { MAX_ENTRY } from '../protocol/limits.ts'
import { openProfile } from '../protocol/profile.ts'
import type { Core } from './core.ts'
import { submit } from './submit.ts'
import { nameOf } from './views.ts'

const proposal = list(1, 16, struct({ entry: blob(4, MAX_ENTRY), card: blob(2, 1024) }))

/** What the first administrator hands to the second: the entries themselves, still without effect. */
export function proposalText(items: Item[]): string {
  return toBase64Url(encode(proposal, items))
}

/** The entries with the second signature. */
function cosigned(core: Core, text: string): Item[] {
  const { identity, pair } = core.replica
  const items = decode(proposal, fromBase64Url(text.trim()), 16 * MAX_ENTRY)
  return items.map(({ entry, card }) => ({
    entry: cosignEntry(entry, identity.device, pair.secretKey),
    card,
    wraps: [],
  }))
}

/** Adds the second signature to a proposal and sends it. */
export async function cosign(core: Core, text: string): Promise<{ entries: number }> {
  const items = cosigned(core, text)
  await submit(core, async () => items)
  return { entries: items.length }
}

/** `name`: of whom it is about; `fresh`: somebody who is not in the directory yet. */
export type Proposed = { by: PersonId; name: string } & (
  | { act: 'person'; role: Role; fresh: boolean }
  | { act: 'card' | 'approve' | 'restore' }
  | { act: 'revoke'; what: keyof typeof REVOKE }
)

/** What a proposal would do, with nothing sent. Throws what is wrong with it. */
export function readProposal(core: Core, text: string): Proposed[] {
  // Whoever comes with the proposal is called as it says.
  const fresh = new IdMap<PersonId, string>()
  return cosigned(core, text).map(({ entry }) => readAct(core, decodeEntry(entry), fresh))
}

function readAct(core: Core, entry: Entry, fresh: IdMap<PersonId, string>): Proposed {
  const { directory } = core.replica
  const signer = directory.devices.get(asId<DeviceId>(entry.prefix.signer))
  ensure(signer !== undefined, 'not_found', 'the first signature')
  verifyEntry(entry, signer.signPk)
  const by = signer.person
  const named = (person: PersonId): string => fresh.get(person) ?? nameOf(core.replica, person)
  switch (entry.kind) {
    case KIND.person: {
      const { person, role, sealed } = entry.fields
      const { name } = openProfile(core.replica.identity.dk, person, sealed)
      if (!directory.persons.has(person)) fresh.set(person, name)
      return { by, act: 'person', name, role, fresh: !directory.persons.has(person) }
    }
    case KIND.card:
      return { by, act: 'card', name: named(entry.fields.person) }
    case KIND.approve: {
      const device = directory.devices.get(entry.fields.device)
      ensure(device !== undefined, 'not_found', 'device')
      return { by, act: 'approve', name: named(device.person) }
    }
    case KIND.restore:
      return { by, act: 'restore', name: '' }
    case KIND.revoke: {
      const { what, subject } = entry.fields
      const { devices, cards } = directory
      const of =
        what === REVOKE.person
          ? asId<PersonId>(subject)
          : (what === REVOKE.device ? devices.get(asId(subject)) : cards.get(asId(subject)))?.person
      ensure(of !== undefined, 'not_found', 'whom it is about')
      const named_ = (['person', 'device', 'card'] as const).find((one) => REVOKE[one] === what)
      return { by, act: 'revoke', what: named_ ?? 'card', name: named(of) }
    }
    default:
      throw new ProtocolError('malformed', 'no proposal')
  }
}
