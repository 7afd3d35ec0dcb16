// The key of backups: its secret half exists on a printed page alone, its public half lies on the box.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensure } from '../../protocol/errors.ts'
import { toPaper } from '../../protocol/card-text.ts'
import {
  randomBytes,
  SEED_BYTES,
  wipe,
  XWING_PUBLIC_BYTES,
  xwingPublic,
} from '../../protocol/sodium.ts'
import { writeWhole } from '../whole-file.ts'

const FILE = 'backup.pub'

/**
 * Makes the key; the secret is returned once. Throws `backup_page_exists` where there is one already, unless `again`:
 * backups of before open with the page of before, those from now on with the new one alone.
 */
export function newBackupKey(data: string, again = false): string {
  ensure(again || !existsSync(join(data, FILE)), 'backup_page_exists')
  const seed = randomBytes(SEED_BYTES)
  writeWhole(join(data, FILE), `${xwingPublic(seed).toHex()}\n`, 0o600)
  const secret = toPaper(seed)
  wipe(seed)
  return secret
}

/** Throws `backup_no_page`. */
export function backupKey(data: string): Uint8Array {
  const path = join(data, FILE)
  ensure(existsSync(path), 'backup_no_page')
  const text = readFileSync(path, 'utf8').trim()
  ensure(
    /^[0-9a-f]+$/.test(text) && text.length === 2 * XWING_PUBLIC_BYTES,
    'database_damaged',
    path,
  )
  return Uint8Array.fromHex(text)
}

/** What to print. `address`: under which devices know the box. `drawn`: the secret as a code to scan. */
export function pageText(secret: string, address: string, drawn: string): string {
  return `
  HOLDFAST BACKUP PAGE                                   keep it with the root key, apart from the box

  With this page and a backup file anybody can bring the box back. Without it nobody can.

    ${secret}

${drawn}

  When the box is lost, broken or stolen:

  1. Take any machine with Linux (x64 or arm64), the file "holdfast", and the newest file
     "holdfast-….backup" from the stick or folder. Put both into one folder and go there.
  2. Type:    ./holdfast restore holdfast-….backup --data box
     It asks for the characters above. It says when it is done, and what it has brought back.
  3. Type:    ./holdfast serve --data box --origin ${address}
     with the certificate as before (./holdfast serve --help); or install it as a service.
  4. Let the name in ${address} lead to this machine. Phones find it by themselves.
  5. Open the app on the phones of those who wrote last: they bring back what came after the
     backup. Then administrators confirm it:  holdfast restored  ("After a restore" in RUNBOOK.md).
  6. If the box was stolen: everything on it is sealed, but its keys are in other hands.
     Follow "stolen box" in RUNBOOK.md before anybody relies on it.
`
}
