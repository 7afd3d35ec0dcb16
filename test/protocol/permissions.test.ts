// The tables once more, written by hand: a changed right has to be changed in two places.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  CHANNEL_ROLE,
  CHANNEL_TYPE,
  type ChannelRole,
  type ChannelTypeName,
  ROLE,
  type Role,
} from '../../protocol/kinds.ts'
import {
  CHANNEL_RULES,
  type ChannelAct,
  CREATE_RULES,
  DIRECTORY_RULES,
  type DirectoryAct,
  mayInChannel,
} from '../../protocol/permissions.ts'

/** Least role, "2" where a second signature is needed, "root" where the root may. */
const DIRECTORY: Record<DirectoryAct, string> = {
  'person.staff': 'admin',
  'person.trusted': 'admin 2 root',
  'card.staff': 'admin',
  'card.trusted': 'admin 2 root',
  'card.own': 'guest',
  'approve.own': 'guest',
  'approve.other': 'admin 2 root',
  'revoke.own': 'guest',
  'revoke.device': 'admin root',
  'revoke.staff': 'admin',
  'revoke.trusted': 'admin 2 root',
  tick: 'admin',
  checkpoint: 'admin',
  box: 'admin 2 root',
  'absence.own': 'member',
  'absence.other': 'admin',
  restore: 'admin 2 root',
  running: 'member',
}

test('the table of the directory', () => {
  assert.deepEqual(Object.keys(DIRECTORY_RULES), Object.keys(DIRECTORY))
  for (const [act, { least, second, root }] of Object.entries(DIRECTORY_RULES)) {
    const name = Object.entries(ROLE).find(([, role]) => role === least)?.[0]
    const words = [name, ...(second ? ['2'] : []), ...(root ? ['root'] : [])]
    assert.equal(words.join(' '), DIRECTORY[act as DirectoryAct], act)
  }
})

test('whatever takes two signatures can be done with the root as well', () => {
  for (const rule of Object.values(DIRECTORY_RULES)) if (rule.second) assert.equal(rule.root, true)
})

/** Who may: e everyone in the channel, p publishers and directory coordinators, m managers, a managers and administrators, - nobody. */
const ACTS: ChannelAct[] = [
  'add',
  'remove',
  'leave',
  'role',
  'policy',
  'title',
  'respkey',
  'announce',
  'extension',
  'text',
  'alert',
  'control',
]
const CHANNELS: Record<ChannelTypeName, string> = {
  group: 'mmemmm-eee-e',
  response: 'aaemmm-eee-e',
  direct: '-------eee-e',
  audience: 'mmemmmppeppp',
}

describe('the tables of channels', () => {
  for (const [name, line] of Object.entries(CHANNELS)) {
    for (const [i, act] of ACTS.entries()) {
      test(`${act} in ${name}: ${line[i]}`, () => {
        for (const channelRole of Object.values(CHANNEL_ROLE)) {
          for (const role of Object.values(ROLE)) {
            const type = CHANNEL_TYPE[name as ChannelTypeName]
            const may = allowed(line[i] as string, channelRole, role)
            assert.equal(mayInChannel(type, act, channelRole, role), may, `${channelRole} ${role}`)
          }
        }
      })
    }
  }

  test('name every act', () => {
    for (const rules of Object.values(CHANNEL_RULES)) {
      assert.deepEqual(Object.keys(rules).toSorted(), ACTS.toSorted())
    }
  })
})

function allowed(letter: string, channelRole: ChannelRole, role: Role): boolean {
  if (letter === '-') return false
  if (letter === 'e') return true
  const manages = channelRole === CHANNEL_ROLE.manager
  if (letter === 'm') return manages
  if (letter === 'a') return manages || role >= ROLE.admin
  return channelRole !== CHANNEL_ROLE.member || role >= ROLE.coordinator
}

test('who may open a channel', () => {
  const { group, direct, audience, response } = CHANNEL_TYPE
  assert.equal(CREATE_RULES[group], ROLE.member)
  assert.equal(CREATE_RULES[direct], ROLE.member)
  assert.equal(CREATE_RULES[audience], ROLE.coordinator)
  assert.equal(CREATE_RULES[response], ROLE.coordinator)
})
