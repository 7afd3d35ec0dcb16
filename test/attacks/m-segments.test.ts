// An audience of two segments: a member of one reaches into the other, and a publisher tells the two different
// things.
import assert from 'node:assert/strict'
import { decodeEntry, type EntryOf, signEntry } from '../../protocol/entry.ts'
import { keyCommitment } from '../../protocol/epoch-keys.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { MessageId } from '../../protocol/ids.ts'
import { KIND, type MessageKind } from '../../protocol/kinds.ts'
import { kdf } from '../../protocol/labels.ts'
import { SEGMENT_PERSONS } from '../../protocol/limits.ts'
import { openMessage } from '../../protocol/message-keys.ts'
import { trimEntry } from '../../protocol/payload.ts'
import type { TestChannel } from '../helpers/channel-world.ts'
import { addCrowd, crowd, openChannel } from '../helpers/channels.ts'
import { seed, seededId } from '../helpers/seed.ts'
import { staffedWorld } from '../helpers/world.ts'
import { attack, thwarted } from './attack.ts'
import { sealByHand } from './reseal.ts'
import { endsAlike, twoKeyBody } from './two-key-body.ts'

const { world, coordinator, member, guest } = staffedWorld()
/** The member stands in the first segment, the guest in the second; the coordinator publishes to both. */
const audience: TestChannel = openChannel(world, coordinator, 'audience', {
  people: [member.person],
})
addCrowd(audience, coordinator, crowd(world, SEGMENT_PERSONS - 2))
audience.add(coordinator, [guest.person])
for (const seg of [0, 1]) audience.announce(coordinator, { seg })
assert.equal(audience.state.segments.length, 2)

function accepted(bytes: Uint8Array): boolean {
  try {
    audience.state.check(decodeEntry(bytes))
    return true
  } catch (error) {
    if (error instanceof ProtocolError) return false
    throw error
  }
}

/** The next generation of a segment's keys, as somebody would have it. */
function nextKeys(seg: number, by: typeof member, ak: Uint8Array): Uint8Array {
  const epoch = audience.state.currentEpoch(seg) ?? assert.fail()
  const { memb } = audience.state
  const { n: dirN, h: dirH } = world.directory.head
  const gen = epoch.gen + 1
  const akgCommit = keyCommitment(ak, epoch.core, gen)
  const heads = { membN: memb.n, membHead: memb.head, dirN, dirH }
  const fields = { epoch: epoch.id, gen, ...heads, akgCommit, nwraps: 0 }
  return signEntry(KIND.extension, audience.context(by), fields, by.pair.secretKey)
}

attack('M7', 'A member of one segment makes no keys for another', () => {
  const own = audience.state.currentEpoch(0) ?? assert.fail()
  assert.ok(accepted(nextKeys(0, member, audience.keyAt(own.id, 1))), 'for their own they may')
  const stolen = nextKeys(1, member, seed('a key of the attacker'))
  thwarted(accepted(stolen), 'newcomers of the other segment get a key of the attacker')
  return { segments: 2 }
})

attack('M7', 'No segment is left out of a message, or told under the keys of another', () => {
  const [first, second] = audience.sendingKeys()
  assert.ok(first !== undefined && second !== undefined)
  assert.ok(accepted(audience.message(coordinator, 'to both')))
  const cases: [string, (typeof first)[]][] = [
    ['only one segment', [first]],
    ['the other way round', [second, first]],
    ['one segment twice', [first, first]],
    ['a third segment', [first, second, second]],
  ]
  for (const [what, keys] of cases)
    thwarted(
      accepted(audience.message(coordinator, 'x', { keys })),
      `a message to ${what} is taken`,
    )
  return { cases: cases.length }
})

const SIZE = 256

/** A second message key under which the same body opens; found by trying, as an attacker would. */
function pairOfKeys(head0: Uint8Array): [Uint8Array, Uint8Array, Uint8Array] {
  const first = seed('first message key')
  const body = (key: Uint8Array): Uint8Array => kdf(key, 'body', head0)
  for (let i = 0; i < 10_000; i++) {
    const second = seed(`second message key ${i}`)
    if (endsAlike(body(first), body(second), SIZE))
      return [first, second, twoKeyBody([body(first), body(second)], head0, SIZE)]
  }
  throw new Error('no such key')
}

/** One signed message whose two wraps hold two keys. */
function twofold(): Uint8Array {
  const draft = {
    kind: KIND.text,
    context: audience.context(coordinator),
    seq: 90,
    mid: seededId<MessageId>('twofold'),
    ttl: 0,
    keys: audience.sendingKeys(),
    plain: new Uint8Array(0),
  }
  let messageKeys = [seed('first message key')]
  const body = (head0: Uint8Array): Uint8Array => {
    const [first, second, sealed] = pairOfKeys(head0)
    messageKeys = [first, second]
    return sealed
  }
  // The header depends on the first key alone: once to learn the second, once with both.
  sealByHand({ ...draft, messageKeys, body }, coordinator.pair.secretKey)
  return sealByHand({ ...draft, messageKeys, body }, coordinator.pair.secretKey)
}

function opensFor(seg: number, bytes: Uint8Array): string | null {
  const whole = decodeEntry(bytes) as EntryOf<MessageKind>
  const mine = decodeEntry(trimEntry(whole, seg)) as EntryOf<MessageKind>
  try {
    audience.state.check(mine)
    return openMessage(mine, (epoch, gen) => audience.keyAt(epoch, gen))?.toHex() ?? null
  } catch (error) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}

attack('M2', 'No message says one thing to one segment and something else to another', () => {
  const bytes = twofold()
  assert.ok(accepted(bytes), 'it is rightly signed, and both wraps are under the right keys')
  const [first, second] = [opensFor(0, bytes), opensFor(1, bytes)]
  thwarted(second !== null && second !== first, 'the segments read two different things')
  assert.notEqual(first, null, 'the first segment can open it')
  return { segments: 2 }
})
