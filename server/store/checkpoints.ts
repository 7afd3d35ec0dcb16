// Snapshots of the directory whose hash a checkpoint signs: where newcomers, and the box itself, begin.
import { equal } from '../../protocol/bytes.ts'
import { stateHash } from '../../protocol/directory-snapshot.ts'
import { decodeHeader } from '../../protocol/entry.ts'
import type { DeviceId } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'
import type { Db } from './database.ts'
import { plain, type Prepare, preparing } from './statements.ts'

const PUT = 'INSERT INTO checkpoints (n, signer, entry, snapshot) VALUES (?, ?, ?, ?)'
/** One older is kept: somebody may be in the middle of fetching it. */
const DROP_OLDER = `DELETE FROM checkpoints WHERE signer = ? AND n NOT IN
  (SELECT n FROM checkpoints WHERE signer = ? ORDER BY n DESC LIMIT 2)`
const NEWEST_OF = `SELECT n, entry, length(snapshot) AS total, substr(snapshot, ? + 1, ?) AS bytes
  FROM checkpoints WHERE signer = ? ORDER BY n DESC LIMIT 1`
const ALL = 'SELECT n, entry, snapshot FROM checkpoints ORDER BY n DESC'

export type CheckpointPiece = {
  n: number
  entry: Uint8Array
  total: number
  bytes: Uint8Array
}

type Stored = { n: number; entry: Uint8Array; snapshot: Uint8Array }

/** Whether a snapshot is the one that its checkpoint signs. */
export function isSound({ entry, snapshot }: Omit<Stored, 'n'>): boolean {
  try {
    const { kind, fields } = decodeHeader(plain(entry))
    return kind === KIND.checkpoint && equal(fields.stateHash, stateHash(plain(snapshot)))
  } catch {
    return false
  }
}

export class CheckpointTable {
  readonly #statement: Prepare

  constructor(db: Db) {
    this.#statement = preparing(db)
  }

  /** `snapshot` is the state before the entry at index `n`. */
  put(n: number, signer: DeviceId, entry: Uint8Array, snapshot: Uint8Array): void {
    this.#statement(PUT).run(n, signer, entry, snapshot)
    this.#statement(DROP_OLDER).run(signer, signer)
  }

  /** Of the newest of a device, `length` bytes from `at` on; null when it has none. */
  newestOf(signer: DeviceId, at: number, length: number): CheckpointPiece | null {
    const row = this.#statement(NEWEST_OF).get(at, length, signer) as CheckpointPiece | undefined
    if (row === undefined) return null
    return { ...row, entry: plain(row.entry), bytes: plain(row.bytes) }
  }

  /** That is what its checkpoint signs: one that the disk has changed is passed over, the log is there. */
  newest(): { n: number; snapshot: Uint8Array } | null {
    for (const row of this.#statement(ALL).iterate() as Iterable<Stored>)
      if (isSound(row)) return { n: row.n, snapshot: plain(row.snapshot) }
    return null
  }

  /** Places of those that are not what was signed. */
  damaged(): number[] {
    const rows = this.#statement(ALL).all() as Stored[]
    return rows.filter((row) => !isSound(row)).map(({ n }) => n)
  }
}
