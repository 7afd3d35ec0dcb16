import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { toPaper } from '../../protocol/card-text.ts'
import { holdfast, refusal, tempFolder } from '../helpers/cli.ts'

/** Each verb with options that people rely on (DESIGN.md section 8). */
const VERBS: Record<string, string[]> = {
  init: ['data', 'org', 'owner'],
  serve: ['data', 'listen', 'origin', 'log', 'first-run'],
  join: ['box', 'state'],
  whoami: ['state'],
  invite: ['name', 'role', 'person', 'state'],
  cosign: ['state'],
  role: ['state', 'root'],
  approve: ['state'],
  import: ['state', 'apply', 'revoke-gone', 'role'],
  people: ['state'],
  channel: ['state', 'audience', 'all', 'department', 'site', 'as'],
  send: ['state', 'queue'],
  sync: ['state'],
  listen: ['state'],
  alert: ['state', 'exercise', 'answers', 'queue'],
  answer: ['state', 'eta'],
  rollcall: ['state'],
  gateway: ['config'],
  revoke: ['state', 'reason', 'void-from', 'root'],
}

describe('help', { concurrency: 4 }, () => {
  for (const [verb, options] of Object.entries(VERBS)) {
    test(`${verb} --help teaches its options and ends with 0`, async () => {
      const { status, out, err } = await holdfast([verb, '--help'])
      assert.equal(status, 0)
      assert.equal(err, '')
      for (const option of [...options, 'json', 'help'])
        assert.match(out, new RegExp(`^  --${option}\\b`, 'm'), option)
      assert.match(out, new RegExp(`^holdfast ${verb}`))
      const longest = Math.max(...out.split('\n').map((line) => line.length))
      assert.ok(longest <= 120, `${longest} characters in a line`)
    })
  }

  test('lists every verb once, and the exit codes', async () => {
    for (const args of [['--help'], ['help']]) {
      const { status, out } = await holdfast(args)
      assert.equal(status, 0)
      const listed = [...out.matchAll(/^  (\w+)\s{2,}\S/gm)].map((match) => match[1])
      assert.deepEqual(listed, [...new Set(listed)])
      for (const verb of Object.keys(VERBS)) assert.ok(listed.includes(verb), verb)
      assert.match(out, /Exit codes: 0 .*, 1 .*, 2 /)
    }
  })

  test('every option of the box says its environment variable', async () => {
    const { out } = await holdfast(['serve', '--help'])
    for (const name of ['HOLDFAST_DATA', 'HOLDFAST_LISTEN', 'HOLDFAST_ORIGIN', 'HOLDFAST_LOG'])
      assert.match(out, new RegExp(name))
  })
})

describe('wrong usage ends with 2 and says so on standard error alone', { concurrency: 4 }, () => {
  const cases: Record<string, [args: string[], sentence: RegExp]> = {
    'an unknown verb': [['chanel', 'list'], /There is no verb "chanel"/],
    'a property of every object': [['toString'], /There is no verb "toString"/],
    'an unknown option': [['send', 'X', 'Y', '--loud'], /--loud/],
    'an option without its value': [['whoami', '--state'], /--state/],
    'a missing argument': [['send', '--state', '/nowhere'], /holdfast send CHANNEL/],
    'too many arguments': [['whoami', 'me', '--state', '/nowhere'], /too many arguments/],
    'no device': [['whoami'], /which device\? --state DIR/],
    'no box': [['join', 'ABCD', '--state', '/nowhere'], /which box\? --box URL/],
    'a box that is no address': [
      ['join', 'ABCD', '--state', '/nowhere', '--box', '127.0.0.1:8470'],
      /which box\? --box URL/,
    ],
    'no name of an organisation': [['init', '--data', '/nowhere', '--owner', 'Olga'], /--org/],
    'no owner': [['init', '--data', '/nowhere', '--org', 'Stadtwerke'], /--owner/],
    'a listening address without a port': [
      ['serve', '--data', '/nowhere', '--listen', 'localhost'],
      /--listen wants HOST:PORT/,
    ],
    'a port that is none': [['serve', '--listen', '127.0.0.1:99999'], /--listen wants HOST:PORT/],
    'an origin with a path': [['serve', '--origin', 'http://a.example/x'], /--origin wants/],
    'an unknown log level': [['serve', '--log', 'loud'], /log level "loud"/],
    'an answer with minutes that are none': [
      ['answer', '00', 'safe', '--eta', 'soon', '--state', '/nowhere'],
      /--eta wants minutes/,
    ],
    'no configuration of the gateway': [['gateway'], /--config/],
  }
  for (const [what, [args, sentence]] of Object.entries(cases)) {
    test(what, async () => {
      const outcome = await holdfast([...args, '--json'])
      refusal(outcome, 2, sentence)
      assert.equal(outcome.out, '')
    })
  }

  test('no verb at all', async () => {
    const outcome = await holdfast([])
    refusal(outcome, 2, /holdfast VERB/)
    assert.equal(outcome.out, '')
  })

  test('a box named without http:// is wrong usage, not a crash', async (t) => {
    const state = tempFolder(t)
    const card = toPaper(new Uint8Array(16))
    const args = ['join', card, '--state', state, '--box', 'localhost:8470']
    refusal(await holdfast(args), 2, /--box/)
  })
})
