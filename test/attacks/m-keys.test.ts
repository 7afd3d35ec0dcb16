// A member who takes part, with valid keys, and lies about keys: those of records, of an epoch, of newcomers, of
// answers.
import assert from 'node:assert/strict'
import { after, mock } from 'node:test'
import { bareItem } from '../../protocol/api.ts'
import { fromPaper } from '../../protocol/card-text.ts'
import { type Content, SEVERITY } from '../../protocol/content.ts'
import { rootId } from '../../protocol/directory-rights.ts'
import { signEntry } from '../../protocol/entry.ts'
import {
  checkRecordsWrap,
  responsePublic,
  responseSeed,
  sealEpochKey,
  sealToRecords,
} from '../../protocol/epoch-keys.ts'
import type { EpochId, Hash, LogId, MessageId } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'
import { hashId } from '../../protocol/labels.ts'
import { encodeOperationData } from '../../protocol/operation-data.ts'
import { signPairFromSeed, xwingPublic } from '../../protocol/sodium.ts'
import { ForgingBox } from '../helpers/forging-box.ts'
import {
  announcement,
  captive,
  caughtUp,
  entryFrame,
  extension,
  type ForgedEpoch,
  headOf,
  known,
  message,
  operation,
  post,
  prekeyOf,
  shown,
  Siege,
  toldBy,
  wrapFrame,
} from '../helpers/hostile.ts'
import { flipped, seed, seededBytes, seededId } from '../helpers/seed.ts'
import { alert, answer, DAY, type Phone, read, rollCall, say, sync } from '../helpers/town.ts'
import { attack, thwarted, tries } from './attack.ts'
import { Spy } from './spy.ts'

const siege = await Siege.lay()
after(() => siege.end())
const { town, olga, anna, malte, team, all } = siege
const FALSE = seed('a key of the attacker')
const ourPrekey = await prekeyOf(malte, anna)

const FALSE_WRAPS: [string, (epoch: ForgedEpoch) => Uint8Array][] = [
  ['a key that was not announced', (one) => sealEpochKey(FALSE, one.core, 0, ourPrekey)],
  [
    'the key of another device',
    (one) => sealEpochKey(one.ak, one.core, 0, { ...ourPrekey, device: malte.device }),
  ],
  [
    'a key for a prekey that was never made',
    (one) => sealEpochKey(one.ak, one.core, 0, { ...ourPrekey, pkid: 99 }),
  ],
  ['a key of the next generation', (one) => sealEpochKey(one.ak, one.core, 1, ourPrekey)],
  ['a key of another epoch', (one) => sealEpochKey(one.ak, seed('core') as Hash, 0, ourPrekey)],
  ['noise', () => seededBytes('noise', 1_188)],
]

attack('M4', 'A key that was not announced to all is taken by nobody', async () => {
  for (const [what, wrap] of FALSE_WRAPS) {
    const victim = await siege.victim()
    const epoch = announcement(malte, team)
    const n = headOf(victim, team) + 1
    await shown(victim, entryFrame(n, epoch.entry), wrapFrame(team, epoch, wrap(epoch)))
    const held = victim.core.replica.epochKey(epoch.epoch, 0)
    thwarted(held !== null, `the phone takes ${what}`)
    assert.equal((await toldBy(victim)).codes.length, 1)
    await shown(victim, wrapFrame(team, epoch, sealEpochKey(epoch.ak, epoch.core, 0, ourPrekey)))
    assert.deepEqual(victim.core.replica.epochKey(epoch.epoch, 0), epoch.ak, 'the true one is')
  }
  return { wraps: FALSE_WRAPS.length }
})

attack('M9', 'Nobody writes under keys that newcomers were told a lie about', async () => {
  await post(malte, extension(malte, team, FALSE))
  const victim = await siege.victim()
  const before = known(victim, team).currentEpoch(0)
  await say(victim, team, 'under sound keys')
  const now = known(victim, team).currentEpoch(0)
  thwarted(now?.id.join() === before?.id.join(), 'newcomers cannot read what is written')
  await sync(olga)
  assert.equal((await read(olga, team)).at(-1), 'under sound keys')
  return { lies: 1 }
})

/** What a publisher says answers are to be sealed to: the right epoch, and a key of the attacker's. */
function falseResponseKey(by: Phone): Uint8Array {
  const { channel, epoch } = known(olga, all).respKeys.at(-1) ?? assert.fail()
  const publicKey = responsePublic(FALSE, all)
  const data = encodeOperationData({ kind: 'respkey', channel, epoch, publicKey })
  return operation(by, all, KIND.respkey, { data })
}

function listening(): Spy {
  const spy = new Spy()
  spy.responseSeeds.push(responseSeed(FALSE, all))
  return spy
}

attack('M10', 'No answer goes to a key that a publisher has made up', async () => {
  await caughtUp(olga)
  await caughtUp(anna)
  const box = await ForgingBox.like(olga, town.box.context.box)
  box.append(falseResponseKey(anna))
  const [author, member] = [await captive(olga, box), await captive(malte, box)]
  const { id } = await alert(author, all, 'Are you well?')
  await answer(member, id, 'need help')
  const bytes = listening().reads(box)
  thwarted(bytes > 0, 'a publisher reads an answer')
  const rows = await rollCall(author, id)
  assert.ok(
    rows.some(({ answer: said }) => said === 'need help'),
    'the coordinators read it',
  )
  return { bytes }
})

attack(
  'M10',
  'Nor to one that the box puts before an alert whose author has not seen it',
  async () => {
    await caughtUp(olga)
    await caughtUp(anna)
    const box = await ForgingBox.like(olga, town.box.context.box)
    const seen = box.headAt(all)
    const { channel: respChannel, epoch: respEpoch } =
      known(olga, all).respKeys.at(-1) ?? assert.fail()
    box.append(falseResponseKey(anna))
    const mid = seededId<MessageId>('an alert')
    const content: Content = {
      type: 'alert',
      severity: SEVERITY.critical,
      respChannel,
      respEpoch,
      answers: ['safe', 'need help'],
      text: 'Are you well?',
    }
    const context = { refN: seen.n, refH: seen.h }
    box.append(message(olga, all, content, { kind: KIND.alert, mid, context }))
    const member = await captive(malte, box)
    await answer(member, mid, 'need help')
    const bytes = listening().reads(box)
    thwarted(bytes > 0, 'a publisher reads an answer')
    const author = await captive(olga, box)
    const rows = await rollCall(author, mid)
    assert.ok(
      rows.some(({ answer: said }) => said === 'need help'),
      'the coordinators read it',
    )
    return { bytes }
  },
)

attack('M10', 'Nor to a channel of coordinators that a publisher has made up', async () => {
  await caughtUp(olga)
  await caughtUp(anna)
  const box = await ForgingBox.like(olga, town.box.context.box)
  const elsewhere = { channel: seededId<LogId>('a channel'), epoch: seededId<EpochId>('an epoch') }
  const publicKey = responsePublic(FALSE, all)
  const data = encodeOperationData({ kind: 'respkey', ...elsewhere, publicKey })
  box.append(operation(anna, all, KIND.respkey, { data }))
  const [author, member] = [await captive(olga, box), await captive(malte, box)]
  const { id } = await alert(author, all, 'Are you well?')
  await answer(member, id, 'need help')
  const bytes = listening().reads(box)
  thwarted(bytes > 0, 'a publisher reads an answer, and the coordinators do not')
  const rows = await rollCall(author, id)
  assert.ok(
    rows.some(({ answer: said }) => said === 'need help'),
    'the coordinators read it',
  )
  return { bytes }
})

/** The records key of two custodians, by the root key from paper; and the team keeps records. */
async function keepRecords(): Promise<void> {
  const { directory } = olga.core.replica
  const root = signPairFromSeed(fromPaper(olga.rootPaper ?? '', 32))
  const recPk = xwingPublic(seed('records'))
  const recKey = hashId('rec-key', recPk)
  const fields = { recKey, recPk, needed: 2, custodians: 3, names: new Uint8Array(0) }
  const context = { ...olga.core.context(directory.log), signer: rootId(root.publicKey) }
  const entry = signEntry(KIND.records, context, fields as never, root.secretKey)
  await olga.act((core) => core.line.call('entries', { items: [bareItem(entry)] }, core.signer))
  await caughtUp(olga)
  const data = encodeOperationData({ kind: 'policy', recorded: 1 })
  await post(olga, operation(olga, team, KIND.policy, { data }))
  await caughtUp(malte)
}

/** An epoch of Malte's whose records wrap is what he likes. */
function unrecorded(publicKey: Uint8Array): ForgedEpoch {
  const state = known(malte, team)
  const key = state.recordsKey(malte.core.replica.directory.head.n) ?? assert.fail()
  const faked = mock.method(state, 'recordsKey', () => ({ ...key, publicKey }))
  const forged = announcement(malte, team)
  faked.mock.restore()
  return forged
}

attack(
  'M3',
  'Records that the custodians could not open are noticed before a word is said',
  async () => {
    await keepRecords()
    const victim = await siege.victim()
    const forged = unrecorded(xwingPublic(seed('records of the attacker')))
    const wrap = wrapFrame(team, forged, sealEpochKey(forged.ak, forged.core, 0, ourPrekey))
    await shown(victim, entryFrame(headOf(victim, team) + 1, forged.entry), wrap)
    const held = victim.core.replica.epochKey(forged.epoch, 0)
    thwarted(held !== null, 'what is written under this key is in no record')
    assert.deepEqual((await toldBy(victim)).codes, ['records_mismatch'])
    const honest = await siege.victim()
    const good = announcement(malte, team)
    const key = wrapFrame(team, good, sealEpochKey(good.ak, good.core, 0, ourPrekey))
    await shown(honest, entryFrame(headOf(honest, team) + 1, good.entry), key)
    assert.deepEqual(honest.core.replica.epochKey(good.epoch, 0), good.ak, 'a sound one is taken')
    return { wraps: 1 }
  },
)

function matches(ak: Uint8Array, core: Hash, publicKey: Uint8Array, wrap: Uint8Array): boolean {
  try {
    checkRecordsWrap(ak, core, publicKey, wrap)
    return true
  } catch {
    return false
  }
}

attack('M3', 'Of a thousand false records wraps none passes', () => {
  const publicKey = xwingPublic(seed('records'))
  const [ak, core] = [seed('ak'), seed('core') as Hash]
  const wrap = sealToRecords(ak, core, publicKey)
  assert.ok(matches(ak, core, publicKey, wrap))
  const count = tries(1000, 60)
  for (let i = 0; i < count; i++) {
    const lies = [
      flipped(wrap, (i * 7) % wrap.length, 1 << (i % 8)),
      sealToRecords(seed(`another key ${i}`), core, publicKey),
      sealToRecords(ak, seed(`another epoch ${i}`) as Hash, publicKey),
    ]
    const lie = lies[i % lies.length] ?? assert.fail()
    thwarted(matches(ak, core, publicKey, lie), 'a false records wrap passes')
  }
  return { wraps: count }
})

attack(
  'M10',
  'A made-up channel does not keep new keys for answers from being published',
  async () => {
    await caughtUp(olga)
    await caughtUp(anna)
    const box = await ForgingBox.like(olga, town.box.context.box)
    const elsewhere = {
      channel: seededId<LogId>('a channel'),
      epoch: seededId<EpochId>('an epoch'),
    }
    const publicKey = responsePublic(FALSE, all)
    const data = encodeOperationData({ kind: 'respkey', ...elsewhere, publicKey })
    box.append(operation(anna, all, KIND.respkey, { data }))
    const author = await captive(olga, box)
    const before = known(author, all).respKeys.length
    town.clock.advance(8 * DAY)
    for (let pass = 0; pass < 4; pass++) await sync(author)
    const { respKeys } = known(author, all)
    const [newest] = respKeys.slice(-1)
    thwarted(respKeys.length === before + 1, 'answers go to the old key for ever')
    const response = [...author.core.replica.channels.values()].find(({ type }) => type === 4)
    assert.deepEqual(newest?.epoch, response?.currentEpoch(0)?.id)
    return { keys: respKeys.length - before }
  },
)
