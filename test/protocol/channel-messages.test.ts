import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Channel, type ChannelEntry } from '../../protocol/channel.ts'
import { concat } from '../../protocol/bytes.ts'
import { decodeEntry, decodeHeader, type EntryOf } from '../../protocol/entry.ts'
import type { MessageId } from '../../protocol/ids.ts'
import { CHANNEL_ROLE, type ChannelTypeName, KIND, type MessageKind } from '../../protocol/kinds.ts'
import { sign, SIGN_LABELS } from '../../protocol/labels.ts'
import { trimEntry } from '../../protocol/payload.ts'
import { openChannel, readyChannel, twoSegments } from '../helpers/channels.ts'
import { flipped, refused, seed, seededId } from '../helpers/seed.ts'
import type { TestDevice } from '../helpers/signers.ts'
import { staffedWorld } from '../helpers/world.ts'

const { world, owner, admin, coordinator, member, guest } = staffedWorld()
const MESSAGES = ['text', 'alert', 'exercise', 'control'] as const

describe('who may send what', () => {
  /** t text, a alerts of both kinds, c control; by type and by who. */
  const RIGHTS: Record<ChannelTypeName, Record<string, string>> = {
    group: { guest: 'tc', member: 'tc', publisher: 'tc', coordinator: 'tc', outsider: '' },
    response: { guest: 'tc', member: 'tc', publisher: 'tc', coordinator: 'tc', outsider: '' },
    direct: { member: 'tc', outsider: '' },
    audience: { guest: '', member: '', publisher: 'tac', coordinator: 'tac', outsider: '' },
  }
  const publisher = world.join('Paula Publisher', 'member')
  const senders: Record<string, TestDevice> = {
    guest,
    member,
    publisher,
    coordinator,
    outsider: admin,
  }

  for (const [type, rights] of Object.entries(RIGHTS)) {
    test(type, () => {
      const people =
        type === 'direct'
          ? [member.person]
          : [guest, member, publisher, coordinator].map((d) => d.person)
      const channel = openChannel(world, owner, type as ChannelTypeName, { people })
      if (type !== 'direct') channel.setRole(owner, publisher.person, CHANNEL_ROLE.publisher)
      channel.announce(owner)
      for (const [name, letters] of Object.entries(rights)) {
        for (const kind of MESSAGES) {
          const letter = kind === 'exercise' ? 'a' : kind.slice(0, 1)
          const send = () => channel.send(senders[name] as TestDevice, kind, { kind: KIND[kind] })
          if (letters.includes(letter)) send()
          else refused('not_allowed', send)
        }
      }
    })
  }

  test('by the role at the place of the directory that the channel has seen', () => {
    const other = world.copy()
    const channel = readyChannel(other, owner, 'audience', { people: [coordinator.person] })
    channel.send(coordinator, 'x', { kind: KIND.alert })
    const demoted = other.personFields(coordinator.person, 'Cora', 1)
    other.say(KIND.person, demoted, owner)
    channel.send(coordinator, 'not seen yet', { kind: KIND.alert })
    channel.announce(owner)
    refused('not_allowed', () => channel.send(coordinator, 'seen', { kind: KIND.alert }))
    refused('not_allowed', () => channel.send(coordinator, 'nor a text'))
  })

  test('whoever left the organisation sends nothing', () => {
    const other = world.copy()
    const channel = readyChannel(other, owner, 'group', { people: [member.person] })
    other.directory.persons.get(member.person)?.roles.push({ n: 1, role: null })
    refused('not_allowed', () => channel.send(member, 'x'))
  })
})

describe('a message', () => {
  const channel = readyChannel(world, owner, 'group', { people: [member.person] })

  test('is signed by a known device, as a message', () => {
    refused('device_unknown', () => channel.send({ ...member, id: seededId('nobody') }, 'x'))
    refused('bad_signature', () => channel.send({ ...member, pair: owner.pair }, 'x'))
    const whole = decodeEntry(channel.message(member, 'x'))
    const payload = whole.payload as Uint8Array
    for (const label of SIGN_LABELS.filter((l) => l !== 'msg')) {
      const sig = sign(label, whole.signed, member.pair.secretKey)
      refused('bad_signature', () => channel.put(concat(whole.signed, sig, payload)))
    }
  })

  test('counts up for its device; gaps are allowed', () => {
    channel.send(member, 'x', { seq: 5 })
    for (const seq of [0, 4, 5]) refused('seq_low', () => channel.send(member, 'x', { seq }))
    channel.send(member, 'x', { seq: 6 })
    channel.send(member, 'x', { seq: 100 })
    channel.send(owner, 'x', { seq: 1 })
    assert.equal(channel.state.seqs.get(member.id), 100)
    refused('seq_low', () => channel.send(owner, 'x', { seq: 0 }))
  })

  test('carries the payload that was signed', () => {
    const bytes = channel.message(member, 'x')
    refused('malformed', () => channel.put(flipped(bytes, bytes.length - 1)))
    refused('malformed', () => channel.put(flipped(bytes, 300)))
  })

  test('may come without payload, where that has expired', () => {
    const { header } = decodeEntry(channel.message(member, 'x'))
    const { head } = channel.state
    channel.state.accept(decodeHeader(header))
    assert.equal(channel.state.head.n, head.n + 1)
    channel.log.push(header)
  })
})

describe('wraps', () => {
  test('are for the newest epoch', () => {
    const channel = readyChannel(world, owner, 'group')
    const old = channel.sendingKeys()
    channel.announce(owner)
    refused('epoch_moved', () => channel.send(owner, 'x', { keys: old }))
    const unknown = [
      { epoch: seededId<(typeof old)[0]['epoch']>('unknown'), gen: 0, ak: seed('ak') },
    ]
    refused('epoch_moved', () => channel.send(owner, 'x', { keys: unknown }))
  })

  test('may be of an older generation, not of one that nobody announced', () => {
    const channel = readyChannel(world, owner, 'group')
    const [key] = channel.sendingKeys()
    channel.extend(owner)
    channel.send(owner, 'x', { keys: key === undefined ? [] : [key] })
    channel.send(owner, 'x')
    const next = channel.sendingKeys().map((k) => ({ ...k, gen: k.gen + 1 }))
    refused('epoch_moved', () => channel.send(owner, 'x', { keys: next }))
  })

  test('list each segment exactly once and in order', () => {
    const channel = twoSegments(world, coordinator, [member.person, guest.person])
    const keys = channel.sendingKeys()
    const [first, second] = keys as [(typeof keys)[0], (typeof keys)[0]]
    for (const wrong of [
      [first],
      [second],
      [second, first],
      [first, first],
      [first, second, second],
    ]) {
      refused('epoch_moved', () => channel.send(coordinator, 'x', { keys: wrong }))
    }
    channel.send(coordinator, 'x', { keys })
  })

  test('trimmed to the reader’s segment are accepted as they came', () => {
    const channel = twoSegments(world, coordinator, [member.person, guest.person])
    const bytes = channel.message(coordinator, 'x')
    const whole = decodeEntry(bytes) as EntryOf<MessageKind>
    for (const seg of [0, 1]) checkIn(channel.state, trimEntry(whole, seg))
    const before = channel.sendingKeys()
    channel.announce(coordinator, { seg: 1 })
    const stale = decodeEntry(
      channel.message(coordinator, 'x', { keys: before }),
    ) as EntryOf<MessageKind>
    refused('epoch_moved', () => channel.put(trimEntry(stale, 1)))
  })

  test('trimmed to one segment still say how many there are', () => {
    const channel = twoSegments(world, coordinator, [member.person, guest.person])
    const keys = channel.sendingKeys()
    const three = [...keys, ...keys.slice(0, 1)]
    const entry = decodeEntry(
      channel.message(coordinator, 'x', { keys: three }),
    ) as EntryOf<MessageKind>
    refused('epoch_moved', () => channel.state.accept(decodeEntry(trimEntry(entry, 1))))
  })
})

describe('every entry of a channel', () => {
  const channel = readyChannel(world, owner, 'group', { people: [member.person] })
  channel.send(owner, 'eins')
  channel.send(owner, 'zwei')
  const hashes = [new Channel(channel.id, world.directory, () => undefined).head.h]
  const again = new Channel(channel.id, world.directory, (n) => hashes[n])
  for (const bytes of channel.log) {
    again.accept(decodeEntry(bytes))
    hashes.push(again.head.h)
  }

  test('refers to something that its log holds', () => {
    for (const [refN, refH] of hashes.entries()) {
      checkIn(channel.state, channel.message(owner, 'x', { context: { refN, refH } }))
      const wrong = { refN, refH: hashes[(refN + 1) % hashes.length] as typeof refH }
      refused('unknown_head', () => channel.send(owner, 'x', { context: wrong }))
    }
    const { n, h } = channel.state.head
    refused('unknown_head', () => channel.send(owner, 'x', { context: { refN: n + 1, refH: h } }))
    refused('unknown_head', () =>
      channel.put(channel.announcement(owner, { context: { refN: n + 1 } }).entry),
    )
    refused('unknown_head', () =>
      channel.put(channel.extension(owner, { context: { refN: n + 1 } })),
    )
    const subjects = [guest.person]
    refused('unknown_head', () =>
      channel.put(channel.operation(KIND.add, owner, { subjects, context: { refN: n + 1 } })),
    )
  })

  test('refers to nothing that its store has forgotten, or holds from a time taken back', () => {
    const { n, h } = channel.state.head
    const forgetful = new Channel(channel.id, world.directory, () => undefined)
    const eager = new Channel(channel.id, world.directory, () => h)
    for (const bytes of channel.log) {
      forgetful.apply(decodeEntry(bytes) as ChannelEntry)
      eager.apply(decodeEntry(bytes) as ChannelEntry)
    }
    const past = channel.message(owner, 'x', { context: { refN: 1, refH: hashes[1] as typeof h } })
    const future = channel.message(owner, 'x', { context: { refN: n + 1, refH: h } })
    refused('unknown_head', () => checkIn(forgetful, past))
    refused('unknown_head', () => checkIn(eager, future))
  })

  test('is of this organisation and this log', () => {
    refused('wrong_organisation', () =>
      channel.send(owner, 'x', { context: { org: seededId('other') } }),
    )
    refused('not_found', () => channel.send(owner, 'x', { context: { log: seededId('other') } }))
  })

  test('is of a kind that channels have', () => {
    const tick = world.entry(KIND.tick, {}, owner, { log: channel.id, ref: channel.state.head })
    refused('malformed', () => channel.put(tick))
  })
})

function checkIn(channel: Channel, bytes: Uint8Array): void {
  channel.check(decodeEntry(bytes))
}

describe('the id of an alert', () => {
  const channel = readyChannel(world, owner, 'audience', { people: [coordinator.person] })
  const mid = seededId<MessageId>('an alert')
  channel.send(owner, 'the alert', { kind: KIND.alert, mid })

  test('carries no second alert, live or exercise, of whoever may alert', () => {
    for (const kind of [KIND.alert, KIND.exercise])
      refused('mid_conflict', () => channel.send(coordinator, 'mine', { kind, mid }))
  })

  test('may be the id of another device’s text, which nobody answers', () => {
    channel.send(coordinator, 'a text', { mid })
  })
})
