// Whoever signs in a test world, with all the keys that life would keep apart.
import type { CardKeys } from '../../protocol/card-secret.ts'
import { cardKeys } from '../../protocol/card-secret.ts'
import type { CardId, DeviceId, OrgId, PersonId, RootId } from '../../protocol/ids.ts'
import { hashId } from '../../protocol/labels.ts'
import { PREKEY_LIFE } from '../../protocol/limits.ts'
import { decodePrekey, type Prekey, signPrekey } from '../../protocol/prekey.ts'
import { type SignPair, xwingPublic } from '../../protocol/sodium.ts'
import { seed, seededPair, START } from './seed.ts'

/** Whoever can sign an entry: a device, a card or the root on paper. */
export type TestSigner = { id: DeviceId | CardId | RootId; pair: SignPair }
export type TestDevice = TestSigner & {
  id: DeviceId
  person: PersonId
  name: string
  prekeySeed: Uint8Array
  prekey: Prekey
}
export type TestCard = TestSigner & {
  id: CardId
  person: PersonId
  secret: Uint8Array
  keys: CardKeys
}

export function cardFrom(label: string, person: PersonId): TestCard {
  const secret = seed(label).slice(0, 16)
  const keys = cardKeys(secret)
  return { id: keys.id, pair: keys.pair, person, secret, keys }
}

export function deviceFrom(label: string, org: OrgId, person: PersonId, name: string): TestDevice {
  const pair = seededPair(`${label} device ${name}`)
  const id = hashId<DeviceId>('dev', pair.publicKey)
  const prekeySeed = seed(`${label} prekey ${name}`)
  return { id, pair, person, name, prekeySeed, prekey: prekeyFor(org, { id, pair }, prekeySeed) }
}

export function prekeyFor(
  org: OrgId,
  device: { id: DeviceId; pair: SignPair },
  prekeySeed: Uint8Array,
  pkid = 1,
): Prekey {
  const publicKey = xwingPublic(prekeySeed)
  const validity = { notBefore: START, notAfter: START + PREKEY_LIFE }
  const value = { org, device: device.id, pkid, ...validity, publicKey }
  return decodePrekey(signPrekey(value, device.pair.secretKey))
}
