// What people do wrong, and what goes wrong for them: a plain sentence, a thing to do, an exit code.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import Database from 'better-sqlite3'
import { SqliteStore } from '../../client/node/sqlite-store.ts'
import { suiteCleaner } from '../helpers/cleanup.ts'
import {
  holdfast,
  json,
  newcomer,
  one,
  ORG,
  OWNER,
  type Outcome,
  refusal,
  serve,
  tempFolder,
  town,
  type Town,
} from '../helpers/cli.ts'

async function outboxOf(state: string): Promise<number> {
  const store = new SqliteStore(state)
  const rows = await store.list('outbox')
  await store.close()
  return rows.length
}

const nothingListens = 'http://127.0.0.1:9'

describe('joining', { concurrency: false }, () => {
  const cleaner = suiteCleaner()
  let stage: Town
  before(async () => {
    stage = await town(cleaner)
  })
  let folders = 0
  const joinWith = (card: string, box = stage.box.url, state?: string): Promise<Outcome> => {
    const folder = state ?? join(stage.folder, `try-${(folders += 1)}`)
    return holdfast(['join', card, '--box', box, '--state', folder, '--json'])
  }
  const invited = async (name: string): Promise<string> =>
    String((await one(['invite', '--name', name, '--state', stage.owner]))['card'])

  test('with a mistyped card', async () => {
    const card = await invited('Vera Vertippt')
    const wrong = card.replace(/.$/, (last) => (last === '7' ? '8' : '7'))
    refusal(await joinWith(wrong), 1, /not a Holdfast card/, /Compare it with the paper/)
    refusal(await joinWith(card.slice(0, -1)), 1, /not a Holdfast card/, /27 characters/)
    refusal(await joinWith(`${card.slice(0, -1)}U`), 1, /not a Holdfast card/)
    refusal(await joinWith(''), 1, /not a Holdfast card/)
  })

  test('with a used card, and with one that was replaced', async () => {
    refusal(await joinWith(stage.card), 1, /already used/, /tell an administrator/)
    const first = await one(['invite', '--name', 'Rita Ersetzt', '--state', stage.owner])
    await one(['invite', '--person', String(first['person']), '--state', stage.owner])
    refusal(await joinWith(String(first['card'])), 1, /withdrawn or replaced/, /newest card/)
  })

  test('with a card of another box', async (t) => {
    const other = join(stage.folder, 'other-box')
    const made = await one(['init', '--data', other, '--org', ORG, '--owner', OWNER])
    refusal(
      await joinWith(String(made['card'])),
      1,
      /does not know this card/,
      /address of the box/,
    )
    await serve(t, other)
  })

  test('at an address where nothing listens', async () => {
    const card = await invited('Anna Amsel')
    const state = join(stage.folder, 'later')
    refusal(
      await joinWith(card, nothingListens, state),
      1,
      /cannot be reached/,
      /Check the address/,
    )
    const joined = await joinWith(card, stage.box.url, state)
    assert.equal(joined.status, 0, 'the same card and folder work at the right address')
  })

  test('at an address where something else answers', async (t) => {
    for (const status of [200, 404, 301]) {
      const other = createServer((_, response) => {
        response.writeHead(status, { Location: stage.box.url }).end('<html>It works!</html>')
      })
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
      t.after(() => other.close())
      const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
      const outcome = await joinWith(await invited(`Person ${status}`), url)
      if (status === 301) refusal(outcome, 1, /cannot be reached|not the box/)
      else refusal(outcome, 1, /not the box of this organisation/, /Check the address/)
    }
  })

  test('twice in one folder', async () => {
    const outcome = await joinWith(await invited('Zwei Zweimal'), stage.box.url, stage.owner)
    refusal(outcome, 1, /exists already/, /this folder holds a device/)
  })

  test('into a folder that cannot be one', async () => {
    const file = join(stage.folder, 'a-file')
    writeFileSync(file, '')
    const card = await invited('Otto Ordner')
    refusal(await joinWith(card, stage.box.url, file), 1, /cannot be written/, /permissions/)
  })

  test('with an expired card, by the clock of the box', async (t) => {
    const card = await invited('Emil Ewig')
    await stage.box.end('SIGTERM')
    const shift = join(stage.folder, 'later.mjs')
    const days = 91 * 24 * 3600 * 1000
    writeFileSync(shift, `const now = Date.now\nDate.now = () => now() + ${days}\n`)
    const node = [process.execPath, '--import', shift]
    const script = join(stage.folder, 'later.sh')
    writeFileSync(script, `#!/bin/sh\nshift\nexec ${node.join(' ')} "$@"\n`, { mode: 0o755 })
    const late = await serve(t, stage.data, { port: stage.box.port, command: [script] })
    refusal(await joinWith(card), 1, /expired/, /Ask an administrator for a new card/)

    // The device's own clock is right here and the box's is months ahead: that is said as well.
    const synced = await holdfast(['sync', '--state', stage.owner])
    assert.equal(synced.status, 0, synced.err)
    assert.match(synced.err, /clock of this device is 2184 hours behind/)
    await late.end('SIGTERM')
    stage.box = await serve(cleaner, stage.data, { port: stage.box.port })
  })

  test('with a clock that is off by a day works, and says so', async () => {
    const shift = join(stage.folder, 'tomorrow.mjs')
    writeFileSync(shift, 'const now = Date.now\nDate.now = () => now() + 86_400_000\n')
    const node = ['--import', shift]
    const state = join(stage.folder, 'tomorrow')
    const card = await invited('Frieda Frueh')
    const args = ['join', card, '--box', stage.box.url, '--state', state, '--json']
    const joined = await holdfast(args, { node })
    assert.equal(joined.status, 0, joined.err)
    const synced = await holdfast(['sync', '--state', state, '--json'], { node })
    assert.equal(synced.status, 0)
    assert.match(synced.err, /24 hours ahead of the clock of the box.*Set the clock/)
    const quiet = await holdfast(['sync', '--state', state, '--json'])
    assert.doesNotMatch(quiet.err, /clock/)
    await stage.box.end('SIGTERM')
  })
})

describe('sending', { concurrency: false }, () => {
  const cleaner = suiteCleaner()
  let stage: Town
  let anna: { state: string; person: string }
  before(async () => {
    stage = await town(cleaner)
    anna = await newcomer(stage, 'Anna Amsel')
    await json(['channel', 'create', 'Crisis team', anna.person, '--state', stage.owner])
    await json(['sync', '--state', anna.state])
  })
  const from = (state: string, ...args: string[]): Promise<Outcome> =>
    holdfast([...args, '--state', state, '--json'])

  test('an empty message', async () => {
    refusal(await from(stage.owner, 'send', 'Crisis team', ''), 2, /the message is empty/)
    refusal(await from(stage.owner, 'send', 'Crisis team'), 2, /the message is empty/)
    assert.equal(await outboxOf(stage.owner), 0)
  })

  test('more than a message holds', async () => {
    const outcome = await holdfast(['send', 'Crisis team', '--state', stage.owner], {
      input: 'x'.repeat(17 * 1024),
    })
    refusal(outcome, 1, /larger than Holdfast carries/, /Send less/)
    assert.equal(await outboxOf(stage.owner), 0)
  })

  test('to a channel that is not there', async () => {
    const outcome = await from(stage.owner, 'send', 'Krisenstab', 'hello')
    refusal(outcome, 1, /nothing here/, /called "Krisenstab"/)
    assert.equal(await outboxOf(stage.owner), 0)
  })

  test('to a name that several people or channels have', async () => {
    for (let i = 0; i < 2; i++)
      await one(['invite', '--name', 'Max Muster', '--state', stage.owner])
    refusal(await from(stage.owner, 'send', 'Max Muster', 'hello'), 2, /2 people are called/, /id/)
    for (let i = 0; i < 2; i++) await one(['channel', 'create', 'Twice', '--state', stage.owner])
    refusal(await from(stage.owner, 'send', 'Twice', 'hello'), 2, /2 channels are called/)
    assert.equal(await outboxOf(stage.owner), 0)
  })

  test('an alert to something that is no audience, an answer to nothing', async () => {
    refusal(await from(stage.owner, 'alert', 'Crisis team', 'fire'), 2, /alerts go to an audience/)
    const nobody = 'ab'.repeat(16)
    refusal(await from(stage.owner, 'answer', nobody, 'safe'), 1, /nothing here/)
    refusal(await from(stage.owner, 'answer', 'xyz', 'safe'), 1, /not an id/)
    refusal(await from(stage.owner, 'rollcall', nobody), 1, /nothing here/)
    assert.equal(await outboxOf(stage.owner), 0)
  })

  test('without the right to', async () => {
    const invite = await from(anna.state, 'invite', '--name', 'Eva Eigen')
    refusal(invite, 1, /role of this person does not allow/, /Ask an administrator/)
    const person = (await one(['whoami', '--state', stage.owner]))['person']
    const revoke = await from(anna.state, 'revoke', String(person))
    refusal(revoke, 1, /does not allow|two administrators|last owner/)
    const role = await from(stage.owner, 'invite', '--name', 'Eva Eigen', '--role', 'chief')
    refusal(role, 2, /role "chief": one of guest, member, coordinator, admin, owner/)
  })

  test('the last owner stays', async () => {
    const outcome = await from(stage.owner, 'revoke', OWNER)
    refusal(outcome, 1, /last owner/, /somebody else an owner/)
  })

  test('from a folder that has not joined', async () => {
    const empty = join(stage.folder, 'empty')
    for (const args of [['sync'], ['whoami'], ['people'], ['send', 'Crisis team', 'hello']])
      refusal(await from(empty, ...args), 1, /no enrolled device/, /holdfast join CARD/)
  })

  test('a message that was refused for good is told once, with its text, and given up', async () => {
    const create = ['channel', 'create']
    const [group] = await json([...create, 'Short-lived', anna.person, '--state', stage.owner])
    const channel = String(group?.['channel'])
    await json(['sync', '--state', anna.state])
    await stage.box.end('SIGTERM')
    const kept = await from(anna.state, 'send', channel, 'too late', '--queue')
    assert.equal(kept.status, 0, kept.err)
    stage.box = await serve(cleaner, stage.data, { port: stage.box.port })
    await json(['channel', 'remove', channel, anna.person, '--state', stage.owner])
    const told = await from(anna.state, 'sync')
    assert.match(told.err, /^Not sent: .*: too late$/m)
    assert.equal(await outboxOf(anna.state), 0)
    assert.doesNotMatch((await from(anna.state, 'sync')).err, /Not sent/)
  })

  test('a message that steers the terminal is shown without its power', async () => {
    const text = 'calm\u001b[2J\u202Egnihton\nsecond line'
    await one(['send', 'Crisis team', text, '--state', anna.state])
    const shown = await holdfast(['sync', '--state', stage.owner])
    assert.equal(shown.status, 0, shown.err)
    assert.match(shown.out, /: calm\uFFFD\[2J\uFFFDgnihton\n {4}second line$/m)
    assert.ok(!shown.out.includes('\u001b') && !shown.out.includes('\u202E'))
  })

  test('while the box is away: refused without --queue, and nothing is left behind', async () => {
    await stage.box.end('SIGTERM')
    const sent = await from(anna.state, 'send', 'Crisis team', 'not now')
    refusal(sent, 1, /cannot be reached/, /Check the address/)
    assert.equal(sent.out, '')
    assert.equal(await outboxOf(anna.state), 0)
    refusal(await from(anna.state, 'sync'), 1, /cannot be reached/)
    refusal(await from(stage.owner, 'invite', '--name', 'Eva Eigen'), 1, /cannot be reached/)
  })

  test('while the box is away: kept with --queue, sent in order by the next sync', async (t) => {
    const texts = ['first', 'second', 'third']
    const ids = []
    for (const text of texts) {
      const outcome = await from(anna.state, 'send', 'Crisis team', text, '--queue')
      assert.equal(outcome.status, 0, outcome.err)
      assert.equal(outcome.lines[0]?.['queued'], true)
      ids.push(outcome.lines[0]?.['id'])
    }
    assert.equal(await outboxOf(anna.state), 3)
    refusal(await from(anna.state, 'send', 'Nowhere', 'x', '--queue'), 1, /Nowhere/)
    await serve(t, stage.data, { port: stage.box.port })
    const synced = await from(anna.state, 'sync')
    assert.equal(synced.status, 0, synced.err)
    for (const id of ids) assert.match(synced.err, new RegExp(`Sent what waited: ${String(id)}`))
    assert.equal(await outboxOf(anna.state), 0)
    const lines = await json(['sync', '--state', stage.owner])
    assert.deepEqual(
      lines.map(({ id, text }) => [id, text]),
      ids.map((id, i) => [id, texts[i]]),
    )
  })
})

describe('the box', () => {
  const init = (data: string): Promise<Outcome> =>
    holdfast(['init', '--data', data, '--org', ORG, '--owner', OWNER])
  const start = (data: string, listen = '127.0.0.1:0'): Promise<Outcome> =>
    holdfast(['serve', '--data', data, '--listen', listen, '--log', 'silent', '--json'])

  const busyPort = async (t: Parameters<typeof tempFolder>[0]): Promise<number> => {
    const other = createServer(() => {})
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    t.after(() => void other.close())
    return (other.address() as AddressInfo).port
  }

  for (const [what, sentence, remedy, address] of [
    ['a port that is in use', /already listens/, /--listen HOST:PORT/, null],
    ['an address of another machine', /on this machine alone/, /--tls-cert/, '192.0.2.77:8470'],
  ] as const) {
    test(`on ${what}`, async (t) => {
      const data = join(tempFolder(t), 'box')
      await init(data)
      const listen = address ?? `127.0.0.1:${await busyPort(t)}`
      const outcome = await holdfast(['serve', '--data', data, '--listen', listen, '--json'], {
        patience: 10_000,
      })
      assert.match(outcome.err, sentence)
      assert.equal(outcome.out, '', 'no line says that it listens')
      refusal(outcome, 1, sentence, new RegExp(listen.replaceAll('.', '[.]')), remedy)
    })
  }

  test('on a folder that another box uses', async (t) => {
    const data = join(tempFolder(t), 'box')
    await init(data)
    await serve(t, data)
    refusal(await start(data), 1, /Another Holdfast process uses this folder/, /Stop it first/)
    refusal(await init(data), 1, /Another Holdfast process/)
  })

  test('on a folder without an organisation', async (t) => {
    const data = join(tempFolder(t), 'box')
    refusal(await start(data), 1, /no organisation in this folder/, /holdfast init --data/)
    mkdirSync(data, { recursive: true })
    writeFileSync(join(data, 'notes.txt'), 'not a database')
    refusal(await start(data), 1, /no organisation/)
  })

  test('on data that cannot be written', async (t) => {
    const file = join(tempFolder(t), 'file')
    writeFileSync(file, '')
    refusal(await init(file), 1, /data folder cannot be written/, /--data DIR/)
    refusal(await start(join(file, 'below')), 1, /cannot be written/)
    refusal(await init('/proc/holdfast/box'), 1, /data folder cannot be written/)
  })

  test('on a damaged and on a newer database', async (t) => {
    const folder = tempFolder(t)
    const databaseOf = async (data: string): Promise<string> => {
      const made = await one(['init', '--data', data, '--org', ORG, '--owner', OWNER])
      return join(data, `org-${String(made['org'])}.db`)
    }
    const damaged = join(folder, 'damaged')
    const path = await databaseOf(damaged)
    writeSync(openSync(path, 'r+'), Buffer.alloc(64, 0x5a), 0, 64, 0)
    refusal(await start(damaged), 1, /database is damaged/, /restore the latest backup/)
    const cut = join(folder, 'cut')
    truncateSync(await databaseOf(cut), 5000)
    refusal(await start(cut), 1, /database is damaged/)
    const newer = join(folder, 'newer')
    const db = new Database(await databaseOf(newer))
    db.pragma('user_version = 99')
    db.close()
    refusal(await start(newer), 1, /written by a newer Holdfast/, /Start the newer version/)
  })

  test('init and serve take the environment, and a flag wins over it', async (t) => {
    const folder = tempFolder(t)
    const env = { HOLDFAST_DATA: join(folder, 'from-env'), HOLDFAST_LISTEN: '127.0.0.1:99999' }
    const made = await holdfast(
      ['init', '--org', ORG, '--owner', OWNER, '--listen', '127.0.0.1:1'],
      {
        env,
      },
    )
    assert.equal(made.status, 0, made.err)
    assert.ok(existsSync(join(folder, 'from-env')))
    const listen = ['serve', '--json']
    refusal(await holdfast(listen, { env }), 2, /--listen wants/)
  })

  test('a first run founds an organisation and says what to do next', async (t) => {
    const data = join(tempFolder(t), 'box')
    const box = await serve(t, data, { more: ['--first-run', '--org', ORG, '--owner', OWNER] })
    const next = /holdfast join (?:[0-9A-Z]{4}-){6}[0-9A-Z]{4} --box/
    const deadline = performance.now() + 10_000
    while (!next.test(box.said()) && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 10))
    assert.match(box.said(), next)
    assert.equal(await box.end('SIGTERM'), 0)
    const again = await serve(t, data, { more: ['--first-run'] })
    while (!again.said().includes('Data:') && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 10))
    assert.equal(await again.end('SIGTERM'), 0)
    assert.doesNotMatch(again.said(), /holdfast join/)
  })
})
