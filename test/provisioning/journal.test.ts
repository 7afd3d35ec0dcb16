// The log of an installed box, kept by systemd's own journal with what is installed for it: it does not outgrow its room.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { filesOf } from '../../provisioning/appliance/files.ts'
import { type Appliance, LAYOUT } from '../../provisioning/appliance/layout.ts'
import { going, one, ORG, OWNER, tempFolder } from '../helpers/cli.ts'
import { canKeepJournals, Journal } from '../helpers/journal.ts'
import { until } from '../helpers/town-clock.ts'

const CI = process.env['CI'] === 'true'
const skip = CI || canKeepJournals() ? false : 'apt-get install systemd, as root'

const MAIN = join(import.meta.dirname, '../../cli/main.ts')
const MIB = 1024 * 1024
const ROOM = 200 * MIB
/** More than it has room for, also when it packs them. A line may have 48 KiB. */
const LINES = 9000
const LINE_BYTES = 30_000
const BOX: Appliance = {
  address: 'https://crisis.musterstadt.example',
  port: 443,
  trustPort: 80,
  acmePort: null,
  uplink: null,
  certificate: 'private',
  backupTo: null,
  resolver: null,
  timekeeper: null,
  operators: [],
}

/** As it is installed; the folder of systemd's settings. */
function settingsIn(root: string): string {
  const file = filesOf(BOX, {}).find(({ path }) => path === LAYOUT.journal)
  assert.ok(file, 'nothing is installed for the journal')
  const path = join(root, file.path)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, file.content)
  return join(root, 'etc/systemd')
}

/** Of which little can be packed. */
const FLOOD = `const { randomBytes } = require('node:crypto'), { writeSync } = require('node:fs')
for (let i = 1; i <= ${LINES}; i++) {
  const msg = randomBytes(${LINE_BYTES}).toString('base64')
  const line = Buffer.from(JSON.stringify({ level: 30, i, msg }) + '\\n')
  for (let at = 0; at < line.length;) at += writeSync(2, line, at)
}`

test(
  'the journal takes what the box says, and keeps the newest of more than it has room for',
  {
    skip,
  },
  async (t) => {
    const folder = tempFolder(t)
    const journal = await Journal.start(t, settingsIn(folder))
    assert.match(journal.run('journalctl', '--output=cat'), /System Journal .* max 200(?:\.0)?M/)
    assert.doesNotMatch(journal.said, /journald\.conf/)

    const data = join(folder, 'box')
    await one(['init', '--data', data, '--org', ORG, '--owner', OWNER])
    const program = journal.feeding(process.execPath, MAIN)
    const box = going(t, ['serve', '--data', data, '--listen', '127.0.0.1:0'], { program })
    const itsFirst = '--grep="msg":"listening"'
    await until(() => journal.lines(itsFirst).length === 1, 'the first words of the box')
    const [command = '', ...args] = journal.feeding(process.execPath, '-e', FLOOD)
    assert.equal(spawnSync(command, args).status, 0)
    journal.run('journalctl', '--sync')

    const [newest = ''] = journal.lines('--lines=1')
    assert.equal((JSON.parse(newest) as { i: number }).i, LINES)
    assert.deepEqual(journal.lines(itsFirst), [], 'the oldest made room')
    const held = Number(journal.run('du', '-s', '-B1', '/var/log/journal').split('\t')[0])
    t.diagnostic(`${(held / MIB).toFixed(1)} MiB are held`)
    assert.ok(held > ROOM / 2 && held <= ROOM + MIB, `${held} bytes are held`)
    assert.deepEqual([box.lines(), box.said()], [[], ''], 'it says nothing elsewhere')
  },
)
