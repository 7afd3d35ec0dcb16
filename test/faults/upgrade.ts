// A later version of the schema, as the real code would run it: its steps stand behind the released ones.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { MIGRATIONS } from '../../server/store/migrations.ts'
import type { Removal } from '../../scripts/mutation/run-without.ts'
import { edit, edited } from './mutant.ts'

const CHILD = join(import.meta.dirname, 'upgrade-child.ts')

/** What later versions may do: a column and an index, a table rebuilt with all its rows, every row changed. */
const LATER = [
  `ALTER TABLE entries ADD COLUMN seen_at INTEGER;
   CREATE INDEX entries_by_kind ON entries (log, kind, n);`,
  `CREATE TABLE wraps_anew (
     id INTEGER PRIMARY KEY AUTOINCREMENT, device BLOB NOT NULL, log BLOB NOT NULL, epoch BLOB NOT NULL,
     gen INTEGER NOT NULL, sealer BLOB NOT NULL, bytes BLOB NOT NULL, taken INTEGER NOT NULL DEFAULT 0
   ) STRICT;
   INSERT INTO wraps_anew SELECT *, 0 FROM wraps;
   DROP TABLE wraps;
   ALTER TABLE wraps_anew RENAME TO wraps;
   CREATE UNIQUE INDEX wraps_by_place ON wraps (log, epoch, gen, device, sealer);
   CREATE INDEX wraps_by_device ON wraps (device, id);`,
  `UPDATE entries SET seen_at = n;`,
]
export const NEWER = MIGRATIONS.length + LATER.length

/** The end of the list of steps. */
const LAST = '\n]'

/** The environment of a process that is of the later version. */
export function later(...edits: Removal[]): Record<string, string> {
  const steps = LATER.map((sql) => `\`${sql}\`,\n`).join('')
  return edited(edit('server/store/migrations.ts', LAST, `\n${steps}]`), ...edits)
}

export type Opened = { version: number; integrity: string; content: string }

/** Opens databases in a process of its own. Null: the process was killed; throws when it failed. */
export function openIn(paths: string[], env: Record<string, string>): Opened[] | null {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [CHILD, ...paths], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  })
  if (signal === 'SIGKILL') return null
  if (status !== 0) throw new Error(stderr)
  const lines = stdout.trim().split('\n')
  return lines.map((line) => JSON.parse(line) as Opened)
}
