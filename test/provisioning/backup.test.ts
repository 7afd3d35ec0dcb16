// The box is stolen, the stick and the page are there: what comes back, and what does not pass for a backup.
import assert from 'node:assert/strict'
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import Database from 'better-sqlite3'
import { fromPaper } from '../../protocol/card-text.ts'
import { makeBackup } from '../../provisioning/backup/backup.ts'
import { newBackupKey } from '../../provisioning/backup/page.ts'
import { restoreBackup } from '../../provisioning/backup/restore.ts'
import { isDue } from '../../provisioning/backup/chore.ts'
import { SealedReader, SealedWriter } from '../../provisioning/backup/sealed-file.ts'
import { writeState } from '../../provisioning/backup/state.ts'
import { scrubAll } from '../../server/store/scrub.ts'
import { mountSmall } from '../faults/small-disk.ts'
import { cleanUp } from '../helpers/cleanup.ts'
import { going, holdfast, json, one, ORG, OWNER, refusal, serve, town } from '../helpers/cli.ts'
import { seededBytes } from '../helpers/seed.ts'
import { foundIn, tempFolder } from '../server/kit.ts'

const CI = process.env['CI'] === 'true'
const NOW = Date.UTC(2026, 10, 27, 3)
const HOUR = 60 * 60_000

/** A founded box, a place for backups and the seed of the page. */
async function place(t: TestContext) {
  const folder = tempFolder(t)
  const data = join(folder, 'box')
  const to = join(folder, 'stick')
  await foundIn(data)
  mkdirSync(to)
  const seed = fromPaper(newBackupKey(data), 32)
  const make = (now = NOW, keep = 14) =>
    makeBackup({ data, tls: join(data, 'tls'), to, keep, now, progress() {} })
  const bring = (file: string, other = seed, into = join(folder, 'new')) =>
    restoreBackup({ file, seed: other, data: into, progress() {} })
  return { folder, data, to, seed, make, bring }
}

test('a box under traffic is backed up, stolen, and comes back from stick and page with everything as of then', async (t) => {
  const { folder, data, box, owner } = await town(t)
  const stick = join(folder, 'stick')
  mkdirSync(stick)
  const { secret } = await one([
    'backup',
    '--page',
    '--data',
    data,
    '--origin',
    'https://crisis.musterstadt.example',
  ])
  await one(['channel', 'create', 'Crisis team', '--state', owner])
  const plan = join(folder, 'plan.txt')
  writeFileSync(plan, seededBytes('plan', 3_000_000))
  const file = await one(['send', 'Crisis team', 'The plan', '--file', plan, '--state', owner])
  for (const text of ['one', 'two']) await one(['send', 'Crisis team', text, '--state', owner])
  const sending = holdfast(['send', 'Crisis team', 'meanwhile', '--state', owner])
  const made = await one(['backup', '--data', data, '--backup-to', stick])
  assert.equal(made['tested'], true)
  assert.deepEqual(
    readdirSync(data).filter((name) => /tmp|part/.test(name)),
    [],
  )
  assert.equal((await sending).status, 0)
  await box.end('SIGKILL')

  const sealed = readFileSync(String(made['file']))
  const db = readdirSync(data).find((name) => /^org-.*\.db$/.test(name)) ?? ''
  for (const secretPart of [
    'SQLite format',
    db.slice(4, 20),
    readFileSync(join(data, 'box.key'), 'utf8').slice(0, 20),
  ])
    assert.equal(sealed.includes(secretPart), false, `${secretPart} lies open in the backup`)

  const again = join(folder, 'new', 'box')
  const from = ['restore', String(made['file']), '--data', again]
  const [restored] = await json(from, { input: `${String(secret)}\n` })
  assert.ok(Number(restored?.['entries']) >= 8 && restored?.['files'] === 1)
  await serve(t, again, { port: box.port })
  const guest = join(folder, 'guest')
  await one(['save', String(file['id']), '--to', guest, '--state', owner])
  assert.deepEqual(readFileSync(guest), readFileSync(plan))
})

test('the page says how, literally: its commands bring the box back', async (t) => {
  const folder = tempFolder(t)
  const data = join(folder, 'box')
  await one(['init', '--data', data, '--org', ORG, '--owner', OWNER])
  const page = await holdfast([
    'backup',
    '--page',
    '--data',
    data,
    '--origin',
    'https://crisis.musterstadt.example',
  ])
  const secret = /^ {4}([0-9A-Z]{4}(?:-[0-9A-Z]{2,4}){13})$/m.exec(page.out)?.[1]
  assert.ok(secret, page.out)
  assert.match(page.out, /--origin https:\/\/crisis\.musterstadt\.example/)
  const made = await one(['backup', '--data', data, '--backup-to', folder])
  copyFileSync(String(made['file']), join(folder, 'holdfast-20260101T000000Z.backup'))
  const command = /\.\/holdfast (restore .*)$/m.exec(page.out)?.[1] ?? ''
  const args = command.replace('holdfast-….backup', 'holdfast-20260101T000000Z.backup')
  const there = join(folder, 'there')
  mkdirSync(there)
  copyFileSync(String(made['file']), join(there, 'holdfast-20260101T000000Z.backup'))
  const outcome = await holdfast(args.split(' '), { cwd: there, input: secret })
  assert.equal(outcome.status, 0, outcome.err)
  assert.ok(existsSync(join(there, 'box/box.key')))
})

describe('what is no backup of this page changes nothing, and is told', () => {
  test('another page, a page that was mistyped', async (t) => {
    const { make, bring, folder } = await place(t)
    const { file } = await make()
    await assert.rejects(bring(file, seededBytes('other', 32)), { code: 'backup_foreign' })
    assert.deepEqual(readdirSync(folder).toSorted(), ['box', 'stick'])
    const args = ['restore', file, '--data', join(folder, 'new')]
    refusal(await holdfast(args, { input: 'ABCD-EFGH' }), 1, /characters instead of 54/)
  })

  test('any byte changed, anything cut or continued, chunks that change places', async (t) => {
    const { make, bring, folder, data } = await place(t)
    writeFileSync(join(data, 'push.key'), `${'ab'.repeat(32)}\n`)
    const { file } = await make()
    const good = readFileSync(file)
    const bad = join(folder, 'bad.backup')
    const refuse = async (bytes: Uint8Array, what: string): Promise<void> => {
      writeFileSync(bad, bytes)
      await assert.rejects(
        bring(bad),
        { name: 'ProtocolError', code: /^backup_(damaged|foreign)$/ },
        what,
      )
    }
    for (let at = 0; at < good.length; at += Math.ceil(good.length / 60)) {
      const changed = Uint8Array.from(good)
      changed[at] = (changed[at] ?? 0) ^ 1
      await refuse(changed, `byte ${at}`)
    }
    const chunk = 64 * 1024 + 16
    const begin = good.length - Math.floor(good.length / chunk) * chunk
    for (const length of [0, 10, 1000, begin, good.length - chunk, good.length - 1])
      await refuse(good.subarray(0, length), `cut to ${length}`)
    await refuse(Buffer.concat([good, good.subarray(-chunk)]), 'continued')
    const head = 18 + 8 + 1120 + 32
    const [first, second] = [
      good.subarray(head, head + chunk),
      good.subarray(head + chunk, head + 2 * chunk),
    ]
    await refuse(
      Buffer.concat([good.subarray(0, head), second, first, good.subarray(head + 2 * chunk)]),
      'swapped',
    )
    assert.equal((await bring(file)).organisations.length, 1, 'and the good one is good')
  })

  test('a file that is none, a folder that holds a box', async (t) => {
    const { make, bring, folder, data } = await place(t)
    const { file } = await make()
    const text = join(folder, 'text')
    writeFileSync(text, 'x'.repeat(5000))
    await assert.rejects(bring(text), { code: 'backup_foreign' })
    await assert.rejects(bring(file, undefined, data), { code: 'restore_occupied' })
  })

  test('a path in it that leads out, from somebody who knows the page', async (t) => {
    const { seed, bring, folder, data } = await place(t)
    const key = Uint8Array.fromHex(readFileSync(join(data, 'backup.pub'), 'utf8').trim())
    for (const path of ['../evil', '/tmp/evil', 'a/../../evil', '.hidden', 'a//b']) {
      const file = join(folder, `forged-${path.replaceAll(/\W/g, '')}-${path.length}`)
      const writer = new SealedWriter(file, key, NOW)
      const name = Buffer.from(path)
      writer.write(Buffer.concat([Uint8Array.of(0, name.length), name, new Uint8Array(8)]))
      writer.end()
      assert.ok(new SealedReader(file, { seed }).at === NOW)
      await assert.rejects(bring(file), { code: 'backup_damaged' })
    }
  })
})

describe('a place for backups', () => {
  test('that is not there, or has no page yet, is told', async (t) => {
    const { folder, data } = await place(t)
    const nowhere = {
      data,
      to: join(folder, 'nowhere'),
      keep: 1,
      now: NOW,
      tls: join(data, 'tls'),
      progress() {},
    }
    await assert.rejects(makeBackup(nowhere), { code: 'backup_place' })
    const other = join(folder, 'other')
    await foundIn(other)
    await assert.rejects(makeBackup({ ...nowhere, data: other }), { code: 'backup_no_page' })
  })

  test('has one page, until somebody asks for another: then that one opens what is made from then on', async (t) => {
    const { data, make, bring, seed, folder } = await place(t)
    const { file: before } = await make()
    refusal(
      await holdfast([
        'backup',
        '--page',
        '--data',
        data,
        '--origin',
        'https://crisis.musterstadt.example',
      ]),
      1,
      /a backup page already/,
    )
    const { secret } = await one([
      'backup',
      '--page',
      '--again',
      '--data',
      data,
      '--origin',
      'https://crisis.musterstadt.example',
    ])
    const { file: after } = await make(NOW + HOUR)
    await assert.rejects(bring(after, seed), { code: 'backup_foreign' })
    await bring(after, fromPaper(String(secret), 32))
    await bring(before, seed, join(folder, 'older'))
  })

  test('keeps the newest, and nothing else of its own', async (t) => {
    const { make, to } = await place(t)
    writeFileSync(join(to, 'holiday.jpg'), 'x')
    for (let day = 0; day < 4; day++) await make(NOW + day * 24 * HOUR, 2)
    assert.deepEqual(readdirSync(to).toSorted(), [
      'holdfast-20261129T030000Z.backup',
      'holdfast-20261130T030000Z.backup',
      'holiday.jpg',
    ])
  })

  test('gets none of a box whose database does not hold against itself', async (t) => {
    const { folder, data, box } = await town(t)
    await box.end('SIGTERM')
    newBackupKey(data)
    const name = readdirSync(data).find((one) => /^org-.*\.db$/.test(one)) ?? ''
    const db = new Database(join(data, name))
    db.prepare('UPDATE entries SET subject = randomblob(16) WHERE n = 2').run()
    db.close()
    const making = { data, to: folder, keep: 1, now: NOW, tls: join(data, 'tls'), progress() {} }
    await assert.rejects(makeBackup(making), { code: 'backup_failed', message: /entry 2/ })
    assert.deepEqual(
      readdirSync(folder).filter((one) => /backup/.test(one)),
      [],
    )
  })

  test('that is full keeps what it has', async (t) => {
    const { data, folder } = await place(t)
    const disk = mountSmall(join(folder, 'small'), 4 * 1024 * 1024)
    if (disk === null && !CI) return t.skip('mounting takes root')
    assert.ok(disk)
    cleanUp(t, () => disk.unmount())
    writeFileSync(join(disk.folder, 'holiday.jpg'), 'x')
    disk.fill(500_000)
    const making = {
      data,
      to: disk.folder,
      keep: 1,
      now: NOW,
      tls: join(data, 'tls'),
      progress() {},
    }
    await assert.rejects(makeBackup(making), { code: 'backup_full' })
    disk.empty()
    assert.deepEqual(readdirSync(disk.folder), ['holiday.jpg'])
    await makeBackup(making)
  })

  test('where the machine died in the middle of one gets the next one, and nothing half', async (t) => {
    const { make, data, to } = await place(t)
    writeFileSync(join(to, 'holdfast-20261127T030000Z.backup.part'), 'half')
    mkdirSync(join(data, 'backup.tmp'))
    await make()
    assert.deepEqual(readdirSync(to), ['holdfast-20261127T030000Z.backup'])
  })

  test('one at a time', async (t) => {
    const { make } = await place(t)
    const both = await Promise.allSettled([make(), make()])
    assert.equal(both.filter(({ status }) => status === 'fulfilled').length, 1)
  })
})

test('the scrub finds a changed header, body, place, head and part of a file', async (t) => {
  const { folder, data, box, owner } = await town(t)
  await one(['channel', 'create', 'Crisis team', '--state', owner])
  const plan = join(folder, 'plan.txt')
  writeFileSync(plan, seededBytes('plan', 200_000))
  await one(['send', 'Crisis team', 'The plan', '--file', plan, '--state', owner])
  await box.end('SIGTERM')
  const name = readdirSync(data).find((one) => /^org-.*\.db$/.test(one)) ?? ''
  const path = join(data, name)
  const good = readFileSync(path)
  assert.deepEqual((await scrubAll(path)).damage, [])
  const damages = {
    header: 'UPDATE entries SET header = CAST(header || x"00" AS BLOB) WHERE n = 1',
    'sealed body':
      'UPDATE entries SET payload = CAST(payload || x"00" AS BLOB) WHERE payload IS NOT NULL',
    place: 'UPDATE entries SET n = n + 1000 WHERE n = 3',
    gone: 'DELETE FROM entries WHERE n = 2',
    head: 'UPDATE logs SET head_h = randomblob(32)',
    id: 'UPDATE entries SET id = randomblob(32) WHERE n = 1',
  }
  for (const [what, sql] of Object.entries(damages)) {
    const db = new Database(path)
    db.exec(sql.replaceAll('"', "'"))
    db.close()
    assert.notEqual((await scrubAll(path)).damage.length, 0, what)
    writeFileSync(path, good)
  }
  const blob = join(`${path}.files`, '1')
  const bytes = readFileSync(blob)
  bytes[1000] = (bytes[1000] ?? 0) ^ 1
  writeFileSync(blob, bytes)
  assert.deepEqual((await scrubAll(path)).damage, [{ place: 'file 1, part 0', what: 'changed' }])
  truncateSync(blob, 500)
  assert.deepEqual((await scrubAll(path)).damage, [{ place: 'file 1, part 0', what: 'missing' }])
})

describe('serve makes backups', () => {
  test('by itself, where it is told a place', async (t) => {
    const { data, to } = await place(t)
    const where = ['--data', data, '--listen', '127.0.0.1:0', '--backup-to', to]
    const box = going(t, ['serve', ...where])
    for (let tries = 0; tries < 200 && !/chore done/.test(box.said()); tries++)
      await new Promise((resolve) => setTimeout(resolve, 50))
    assert.match(box.said(), /chore done/)
    assert.equal(readdirSync(to).length, 1)
  })

  test('when one is due: a day after the last good one, an hour after a failure', async (t) => {
    const { data } = await place(t)
    const due = (now: number): boolean => isDue({ data, every: 24 * HOUR, now: () => now })
    assert.equal(due(NOW), true)
    const good = { at: NOW, file: 'x', bytes: 1, entries: 1 }
    writeState(data, { tried: NOW, error: null, good })
    assert.deepEqual(
      [23, 24].map((hours) => due(NOW + hours * HOUR)),
      [false, true],
    )
    const later = NOW + 24 * HOUR
    writeState(data, { tried: later, error: 'the stick is not there', good })
    assert.deepEqual([later + HOUR / 2, later + HOUR].map(due), [false, true])
    appendFileSync(join(data, 'backup.json'), 'damaged')
    assert.equal(due(NOW), true)
  })
})
