// What a card's 128 random bits unfold into. The box never sees the secret: it stores a hash of the
// lookup and a blob that only the card opens (PROTOCOL.md, "Cards").
import { concat } from './bytes.ts'
import { type Decoded, decode, encode, fixed, list, struct, text, u16, u64 } from './codec.ts'
import { ensure } from './errors.ts'
import { type CardId, hash32, type OrgId, personId } from './ids.ts'
import { hashId, kdf } from './labels.ts'
import { pad, unpad } from './padding.ts'
import {
  AEAD_NONCE_BYTES,
  aeadOpen,
  aeadSeal,
  randomBytes,
  type SignPair,
  signPairFromSeed,
  wipe,
} from './sodium.ts'

export const CARD_SECRET_BYTES = 16
export const BLOB_PLAIN_BYTES = 512
/** Bytes of a person's name on a card; the whole blob has one size. */
export const MAX_CARD_NAME = 120
export const BLOB_BYTES = AEAD_NONCE_BYTES + BLOB_PLAIN_BYTES + 16

export type CardKeys = { id: CardId; lookup: Uint8Array; pair: SignPair; blobKey: Uint8Array }

/** `secret` is 16 random bytes, as read from the paper. */
export function cardKeys(secret: Uint8Array): CardKeys {
  ensure(secret.length === CARD_SECRET_BYTES, 'card_mistyped')
  const key = concat(secret, new Uint8Array(32 - CARD_SECRET_BYTES))
  const seed = kdf(key, 'card-sign')
  const pair = signPairFromSeed(seed)
  const keys = {
    id: hashId<CardId>('card-id', pair.publicKey),
    lookup: kdf(key, 'card-lookup').slice(0, 16),
    pair,
    blobKey: kdf(key, 'card-blob'),
  }
  wipe(seed)
  wipe(key)
  return keys
}

/** The organisation's id follows from its founding card, so it is known before anything is signed. */
export function organisationOf(foundingCardPk: Uint8Array): OrgId {
  return hashId<OrgId>('org', foundingCardPk)
}

/** What the new device learns from the card alone: whom to trust, and how to read names. */
const blobFields = struct({
  rootPk: fixed(32),
  boxPk: fixed(32),
  /** Zero on the founding card: the first owner's device makes its own. */
  person: personId,
  dkVer: u16,
  dk: fixed(32),
  dirN: u64,
  dirH: hash32,
  /** Key of the device that made the card: its checkpoints are as good as the card itself. Zero on the founding card. */
  makerPk: fixed(32),
  org: text(1, 120),
  name: text(1, MAX_CARD_NAME),
  endpoints: list(1, 4, text(1, 60)),
})
const oneSize = () => BLOB_PLAIN_BYTES
export type CardBlob = Decoded<typeof blobFields>

export function sealBlob(blob: CardBlob, keys: CardKeys): Uint8Array {
  const plain = encode(blobFields, blob)
  ensure(plain.length < BLOB_PLAIN_BYTES, 'too_large', 'names and addresses on a card')
  const padded = pad(plain, oneSize)
  const nonce = randomBytes(AEAD_NONCE_BYTES)
  return concat(nonce, aeadSeal(keys.blobKey, keys.id, padded, nonce))
}

/** Throws `cannot_open` when the blob is not this card's. */
export function openBlob(sealed: Uint8Array, keys: CardKeys): CardBlob {
  ensure(sealed.length === BLOB_BYTES, 'cannot_open', 'blob length')
  const nonce = sealed.subarray(0, AEAD_NONCE_BYTES)
  const padded = aeadOpen(keys.blobKey, keys.id, sealed.subarray(AEAD_NONCE_BYTES), nonce)
  return decode(blobFields, unpad(padded, oneSize), BLOB_PLAIN_BYTES)
}
