// Preparing an organisation on the box: an empty database and the founding card. The only place of the
// box that ever holds a card's secret, and it forgets it with this call.
import { join } from 'node:path'
import { cardKeys, CARD_SECRET_BYTES, organisationOf, sealBlob } from '../protocol/card-secret.ts'
import { toPaper } from '../protocol/card-text.ts'
import { emptyHead } from '../protocol/chain.ts'
import { asId, type LogId, NO_ID, type OrgId } from '../protocol/ids.ts'
import { hash } from '../protocol/labels.ts'
import { randomBytes, wipe } from '../protocol/sodium.ts'
import { orgFile } from './context.ts'
import { loadBoxKeys } from './store/box-keys.ts'
import { OrgStore } from './store/org-store.ts'

export type Founding = { org: OrgId; card: string }

/** The typed card of the first owner. `data` exists and is locked by the caller. */
export async function foundOrganisation(
  data: string,
  name: string,
  owner: string,
  endpoint: string,
): Promise<Founding> {
  const secret = randomBytes(CARD_SECRET_BYTES)
  const keys = cardKeys(secret)
  const org = organisationOf(keys.pair.publicKey)
  const blob = sealBlob(
    {
      rootPk: new Uint8Array(32),
      boxPk: loadBoxKeys(data).publicKey,
      person: asId(NO_ID),
      dkVer: 0,
      dk: new Uint8Array(32),
      dirN: 0,
      dirH: emptyHead(asId<LogId>(org)).h,
      makerPk: new Uint8Array(32),
      org: name,
      name: owner,
      endpoints: [endpoint],
    },
    keys,
  )
  const store = new OrgStore(join(data, orgFile(org)), { lost: rethrow }, false)
  await store.group.run(
    () => store.cards.add(hash('card-stored', keys.lookup), keys.id, blob, keys.pair.publicKey),
    () => {},
  )
  await store.close()
  const card = toPaper(secret)
  wipe(secret)
  return { org, card }
}

function rethrow(error: unknown): never {
  throw error
}
