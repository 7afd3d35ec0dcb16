// Backups of the box, and the box from a backup.
import { statSync } from 'node:fs'
import { fromPaper } from '../protocol/card-text.ts'
import { ensure, ProtocolError } from '../protocol/errors.ts'
import { makeBackup } from '../provisioning/backup/backup.ts'
import { newBackupKey, pageText } from '../provisioning/backup/page.ts'
import { restoreBackup } from '../provisioning/backup/restore.ts'
import { readBackups } from '../provisioning/backup/settings.ts'
import { readState, writeState } from '../provisioning/backup/state.ts'
import { askSecret } from './ask.ts'
import { given, optionsOf } from './box-options.ts'
import { ensureFounded, settingsOf, tlsFolder } from './box-settings.ts'
import { qr } from './paper.ts'
import type { Arguments, Verb } from './verb.ts'

const MIB = 1024 * 1024

export const backup: Verb = {
  usage: 'backup --data DIR (--backup-to DIR | --page)',
  summary: 'Makes a sealed backup while the box serves, and reads it back.',
  help: `
Once, and with --again whenever a page may be lost or in wrong hands:
  holdfast backup --page --data DIR --origin https://crisis.musterstadt.example | lp
Then by hand, from a timer, or by serve itself with --backup-to:
  holdfast backup --data DIR --backup-to /media/stick
The box cannot open what it has written: only the page can.`,
  options: {
    ...optionsOf('data', 'origin', 'backupTo', 'backupKeep', 'tlsDir'),
    page: { type: 'boolean', help: 'make the key of backups and print its page, shown once' },
    again: { type: 'boolean', help: 'with --page: another one, for the backups from now on' },
  },
  positionals: [0, 0],
  async run(args) {
    const { box } = settingsOf(args)
    ensureFounded(box.data)
    if (args.flag('page')) {
      ensure(box.origin !== null, 'usage', 'where do phones find the box? --origin URL')
      return printPage(args, box.data, box.origin)
    }
    const settings = readBackups(given(args), process.env)
    ensure(settings !== null, 'usage', 'where to? --backup-to DIR')
    const tls = tlsFolder(args, box.data)
    await makeOne(args, { data: box.data, tls, ...settings })
  },
}

function printPage(args: Arguments, data: string, address: string): void {
  const secret = newBackupKey(data, args.flag('again'))
  args.out.result({ secret }, pageText(secret, address, qr(secret)))
}

async function makeOne(
  args: Arguments,
  { data, tls, to, keep }: { data: string; tls: string; to: string; keep: number },
): Promise<void> {
  const now = Date.now()
  const progress = (done: number, total: number): void =>
    args.out.progress(Math.round(done / MIB), Math.round(total / MIB), 'MiB')
  try {
    const made = await makeBackup({ data, tls, to, keep, now, progress })
    const { file, bytes, entries } = made
    writeState(data, { tried: now, error: null, good: { at: now, file, bytes, entries } })
    if (statSync(to).dev === statSync(data).dev)
      args.out.note(`${to} is on the disk of the box: what takes the box takes the backup.`)
    args.out.result(
      { ...made, tested: true },
      `${file}: ${(bytes / MIB).toFixed(1)} MiB, read back with ${entries} entries`,
    )
  } catch (error) {
    const good = readState(data)?.good ?? null
    if (!(error instanceof ProtocolError && error.code === 'data_in_use'))
      writeState(data, { tried: now, error: error instanceof Error ? error.message : '', good })
    throw error
  }
}

export const restore: Verb = {
  usage: 'restore FILE --data DIR',
  summary: 'Brings the box back from a backup and its printed page.',
  help: `
  ./holdfast restore holdfast-20261127T030000Z.backup --data box
It asks for the characters of the page; a script gives them on standard input. The folder must hold no box.`,
  options: { ...optionsOf('data') },
  positionals: [1, 1],
  async run(args) {
    const { box } = settingsOf(args)
    const seed = fromPaper(await askSecret(args, 'The characters of the backup page: '), 32)
    const began = performance.now()
    let done = 0
    const restored = await restoreBackup({
      file: args.at(0),
      seed,
      data: box.data,
      progress: (bytes) => args.out.progress(Math.round((done += bytes) / MIB), null, 'MiB'),
    })
    const made = new Date(restored.at).toISOString()
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    for (const { org, logs, entries, files } of restored.organisations)
      args.out.result(
        { org, backup: made, logs, entries, files },
        `Organisation ${org}: ${entries} entries in ${logs} logs, ${files} files, as of ${made}`,
      )
    args.out.note(
      `Everything was held against its chains; ${seconds} s. Next: holdfast serve --data ${box.data}`,
    )
  },
}
