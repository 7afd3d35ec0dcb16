// What the box keeps for cards: a hash of the lookup and a blob that only the card opens. A stolen
// database cannot enrol anybody.
import { asId, type CardId } from '../../protocol/ids.ts'
import type { Db } from './database.ts'
import { plain, type Prepare, preparing } from './statements.ts'

const INSERT = `INSERT INTO cards (lookup_hash, card, blob, founding_pk) VALUES (?, ?, ?, ?)
  ON CONFLICT (lookup_hash) DO NOTHING`
const BY_LOOKUP = 'SELECT card, blob, founding_pk AS foundingPk FROM cards WHERE lookup_hash = ?'
const FOUNDING =
  'SELECT card, blob, founding_pk AS foundingPk FROM cards WHERE founding_pk IS NOT NULL'
const DROP_BLOB = 'UPDATE cards SET blob = NULL WHERE card = ?'

export type CardRow = { card: CardId; blob: Uint8Array | null; foundingPk: Uint8Array | null }
type Raw = { card: Uint8Array; blob: Uint8Array | null; foundingPk: Uint8Array | null }

export class CardTable {
  readonly #statement: Prepare

  constructor(db: Db) {
    this.#statement = preparing(db)
  }

  add(lookupHash: Uint8Array, card: CardId, blob: Uint8Array, foundingPk: Uint8Array | null): void {
    this.#statement(INSERT).run(lookupHash, card, blob, foundingPk)
  }

  byLookup(lookupHash: Uint8Array): CardRow | null {
    return toRow(this.#statement(BY_LOOKUP).get(lookupHash) as Raw | undefined)
  }

  founding(): CardRow | null {
    return toRow(this.#statement(FOUNDING).get() as Raw | undefined)
  }

  /** A used card tells nobody anything any more. */
  dropBlob(card: CardId): void {
    this.#statement(DROP_BLOB).run(card)
  }
}

function toRow(raw: Raw | undefined): CardRow | null {
  if (raw === undefined) return null
  return {
    card: asId<CardId>(plain(raw.card)),
    blob: raw.blob === null ? null : plain(raw.blob),
    foundingPk: raw.foundingPk === null ? null : plain(raw.foundingPk),
  }
}
