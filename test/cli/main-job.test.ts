// The main job once through the command line, every verb as a script would call it.
import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { suiteCleaner } from '../helpers/cleanup.ts'
import {
  holdfast,
  json,
  newcomer,
  one,
  onlyJson,
  ORG,
  OWNER,
  refusal,
  serve,
  town,
  type Town,
} from '../helpers/cli.ts'

const ID = /^[0-9a-f]{32}$/
const CARD = /^(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}$/

describe('the main job', { concurrency: false }, () => {
  const cleaner = suiteCleaner()
  let stage: Town
  let anna: { state: string; person: string; device: string }
  let bert: { state: string; person: string; device: string }
  let crisis = ''
  let alertId = ''
  let audience = ''

  before(async () => {
    stage = await town(cleaner)
  })

  test('init makes a card that is shown once', async () => {
    const data = join(stage.folder, 'second')
    const made = await one(['init', '--data', data, '--org', ORG, '--owner', OWNER])
    assert.match(String(made['org']), ID)
    assert.match(String(made['card']), CARD)
    assert.equal(statSync(data).mode & 0o777, 0o700)
  })

  test('whoami works for the owner, and without the box being asked', async () => {
    const me = await one(['whoami', '--state', stage.owner])
    assert.match(String(me['person']), ID)
    assert.match(String(me['device']), ID)
    assert.deepEqual([me['role'], me['name']], ['owner', OWNER])
  })

  test('invite and join let people in', async () => {
    const args = ['invite', '--name', 'Ina Igel', '--role', 'coordinator', '--state', stage.owner]
    const invited = await one(args)
    assert.match(String(invited['card']), CARD)
    assert.match(String(invited['person']), ID)
    anna = await newcomer(stage, 'Anna Amsel', 'coordinator')
    bert = await newcomer(stage, 'Bert Buche')
    assert.equal((await one(['whoami', '--state', bert.state]))['role'], 'member')
  })

  test('a typed card is forgiven case, spaces and look-alike letters', async () => {
    const invited = await one([
      'invite',
      '--name',
      'Gast Ginster',
      '--role',
      'guest',
      '--state',
      stage.owner,
    ])
    const typed = String(invited['card']).toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o')
    const state = join(stage.folder, 'guest')
    const joined = await one(['join', typed, '--box', stage.box.url, '--state', state])
    assert.equal(joined['person'], invited['person'])
  })

  test('people lists the directory', async () => {
    await json(['sync', '--state', stage.owner])
    const lines = await json(['people', '--state', stage.owner])
    const names = lines.map(({ name }) => name)
    for (const name of [OWNER, 'Anna Amsel', 'Bert Buche']) assert.ok(names.includes(name), name)
    const found = lines.find(({ person }) => person === bert.person)
    assert.deepEqual([found?.['role'], found?.['devices']], ['member', [bert.device]])
  })

  test('channel create, add, list', async () => {
    const made = await one([
      'channel',
      'create',
      'Crisis team',
      anna.person,
      '--state',
      stage.owner,
    ])
    crisis = String(made['channel'])
    assert.match(crisis, ID)
    assert.equal(made['name'], 'Crisis team')
    assert.equal((made['members'] as string[]).length, 2)
    const added = await one(['channel', 'add', crisis, bert.person, '--state', stage.owner])
    assert.equal((added['members'] as string[]).length, 3)
    await json(['sync', '--state', bert.state])
    const listed = await json(['channel', 'list', '--state', bert.state])
    assert.deepEqual(
      listed.map(({ channel, name }) => [channel, name]),
      [[crisis, 'Crisis team']],
    )
  })

  test('send is done when the box has it; sync brings it once', async () => {
    const sent = await one(['send', 'crisis TEAM', 'We meet at 7', '--state', stage.owner])
    assert.match(String(sent['id']), ID)
    assert.deepEqual([sent['channel'], typeof sent['n']], [crisis, 'number'])
    const [line] = await json(['sync', '--state', anna.state])
    const { id, channel, n, kind, text, at, fromName } = line ?? {}
    assert.deepEqual(
      { id, channel, n, kind, text, fromName },
      { ...sent, kind: 'text', text: 'We meet at 7', fromName: OWNER },
    )
    assert.match(String(at), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    assert.deepEqual(await json(['sync', '--state', anna.state]), [])
  })

  test('send reads standard input and finds a person’s direct channel', async () => {
    const sent = await one(['send', 'Bert Buche', '--state', stage.owner], {
      input: 'line 1\nline 2\n',
    })
    const lines = await json(['sync', '--state', bert.state])
    const found = lines.find(({ id }) => id === sent['id'])
    assert.equal(found?.['text'], 'line 1\nline 2')
  })

  test('alert, answer and rollcall', async () => {
    const create = ['channel', 'create', 'All staff', '--audience', '--all', '--state', stage.owner]
    audience = String((await one(create))['channel'])
    const sent = await one([
      'alert',
      'All staff',
      'Fire in the control room',
      '--state',
      stage.owner,
    ])
    alertId = String(sent['id'])
    assert.deepEqual([sent['channel'], sent['audience']], [audience, 4])
    const lines = await json(['sync', '--state', bert.state])
    const rung = lines.find(({ id }) => id === alertId)
    assert.deepEqual([rung?.['kind'], rung?.['text']], ['alert', 'Fire in the control room'])
    const answered = await one(['answer', alertId, 'safe', '--state', bert.state])
    assert.equal(answered['alert'], alertId)
    const rows = await json(['rollcall', alertId, '--state', stage.owner])
    const row = rows.find(({ person }) => person === bert.person)
    assert.deepEqual(
      [row?.['state'], row?.['answer'], row?.['channel']],
      ['answered', 'safe', 'app'],
    )
    const states = Object.fromEntries(rows.map(({ name, state }) => [name, state]))
    assert.equal(states['Anna Amsel'], 'waiting')
    await json(['sync', '--state', anna.state])
    const later = await json(['rollcall', alertId, '--state', stage.owner])
    assert.equal(later.find(({ person }) => person === anna.person)?.['state'], 'received')
  })

  test('an exercise is told apart from an alert', async () => {
    const args = ['alert', 'All staff', 'Quarterly test', '--exercise', '--answers', 'read, absent']
    const sent = await one([...args, '--state', stage.owner])
    const lines = await json(['sync', '--state', bert.state])
    const found = lines.find(({ id }) => id === sent['id'])
    assert.deepEqual([found?.['kind'], found?.['answers']], ['exercise', ['read', 'absent']])
  })

  test('for people: text on standard output, the same facts', async () => {
    const { out, status } = await holdfast(['channel', 'list', '--state', stage.owner])
    assert.equal(status, 0)
    assert.match(out, /Crisis team/)
    assert.match(out, /3 people/)
    const me = await holdfast(['whoami', '--state', stage.owner])
    assert.match(me.out, new RegExp(`${OWNER}, owner of ${ORG}`))
  })

  test('a file goes to a channel and is saved by its readers, under its own name and never over another', async () => {
    const path = join(stage.folder, 'Lageplan.txt')
    const content = 'north gate\n'.repeat(200_000)
    writeFileSync(path, content)
    const args = ['send', crisis, 'the plan', '--file', path, '--state', stage.owner]
    const sent = await one(args)
    const lines = await json(['sync', '--state', bert.state])
    const found = lines.find(({ id }) => id === sent['id'])
    assert.equal(found?.['text'], 'the plan')
    const facts = { name: 'Lageplan.txt', size: content.length, mime: 'text/plain' }
    assert.deepEqual(found?.['file'], facts)
    for (const name of ['Lageplan.txt', 'Lageplan (2).txt']) {
      const saved = await one([
        'save',
        String(sent['id']),
        '--to',
        bert.state,
        '--state',
        bert.state,
      ])
      assert.equal(saved['path'], join(bert.state, name))
      assert.equal(readFileSync(saved['path'], 'utf8'), content)
    }
    const other = await holdfast(['save', alertId, '--state', bert.state])
    refusal(other, 2, /carries no file/)
    const none = await holdfast(['send', crisis, '--file', `${path}.gone`, '--state', stage.owner])
    refusal(none, 1, /is gone or has changed/, /Choose it again/)
  })

  test('what is left goes on without the box: whoami, people, channel list', async () => {
    await stage.box.end('SIGTERM')
    for (const args of [['whoami'], ['people'], ['channel', 'list']])
      await json([...args, '--state', bert.state])
  })

  test('and after a restart on the same address nothing is missing', async (t) => {
    const { data, box } = stage
    const again = await serve(t, data, { port: box.port })
    assert.equal(again.url, box.url)
    const removed = await one(['revoke', anna.person, '--reason', 'left', '--state', stage.owner])
    assert.deepEqual(removed['revoked'], anna.person)
    assert.ok(Number(removed['rekeyed']) >= 2, 'every channel they shared')
    const refused = await holdfast(['sync', '--state', anna.state])
    assert.equal(refused.status, 1)
    assert.match(refused.err, /removed from the organisation/)
    const sent = await one(['send', crisis, 'Without Anna', '--state', stage.owner])
    const lines = await json(['sync', '--state', bert.state])
    assert.ok(lines.some(({ id }) => id === sent['id']))
    const gone = await one(['channel', 'remove', crisis, bert.person, '--state', stage.owner])
    assert.ok(!(gone['members'] as string[]).includes(bert.person))
  })

  test('whoever was revoked is no member of a channel any more', async () => {
    const lines = await json(['channel', 'list', '--state', stage.owner])
    assert.ok(lines.length > 0)
    for (const { members } of lines) assert.ok(!(members as string[]).includes(anna.person))
  })

  test('with --json nothing but JSON is on standard output, whatever is said beside it', async (t) => {
    const { data, box } = stage
    await serve(t, data, { port: box.port })
    for (const args of [
      ['sync'],
      ['people'],
      ['invite', '--name', 'Nora Nelke'],
      ['send', crisis, 'beside'],
      ['send', 'nowhere', 'lost'],
      ['rollcall', alertId],
    ])
      onlyJson(await holdfast([...args, '--state', stage.owner, '--json']))
  })
})
