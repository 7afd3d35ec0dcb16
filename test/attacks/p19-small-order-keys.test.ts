// Keys and ciphertexts that agree with everybody, or with nobody, in every place where one can be planted.
import assert from 'node:assert/strict'
import { after } from 'node:test'
import { sealAnswer } from '../../protocol/answer-keys.ts'
import { bareItem } from '../../protocol/api.ts'
import { concat } from '../../protocol/bytes.ts'
import { decodeEntry, PREFIX_BYTES, signEntry } from '../../protocol/entry.ts'
import { sealEpochKey } from '../../protocol/epoch-keys.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { sealHistory } from '../../protocol/history-keys.ts'
import type { DeviceId, MessageId } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'
import { type Content, SEVERITY } from '../../protocol/content.ts'
import { hash, hashId, sign, SIGN_LABELS, verify } from '../../protocol/labels.ts'
import { encodeOperationData } from '../../protocol/operation-data.ts'
import { type Prekey, signPrekey } from '../../protocol/prekey.ts'
import { ForgingBox } from '../helpers/forging-box.ts'
import {
  announcement,
  captive,
  entryFrame,
  headOf,
  known,
  message,
  operation,
  prekeyOf,
  shown,
  Siege,
  wrapFrame,
} from '../helpers/hostile.ts'
import {
  add,
  answer,
  invite,
  type Phone,
  read,
  remove,
  rollCall,
  say,
  sync,
} from '../helpers/town.ts'
import { seededId } from '../helpers/seed.ts'
import { staffedWorld, type World } from '../helpers/world.ts'
import { attack, survives, thwarted } from './attack.ts'
import {
  ED25519_SMALL,
  withLargeCoefficient,
  withSmallCiphertext,
  withSmallPublic,
  X25519_SMALL,
} from './small-order.ts'

const siege = await Siege.lay()
after(() => siege.end())
const { town, olga, anna, malte, team, all } = siege
const { person: nils } = await invite(olga, 'Nils Beispiel')
await add(olga, team, nils)
for (const phone of [anna, malte, olga]) await sync(phone)
const honest = await ForgingBox.like(olga, town.box.context.box)

/** Without the secret of a key: for some pair of small points the bare equation holds with S = 0. */
const forgeries = ED25519_SMALL.map((r) => concat(r, new Uint8Array(32)))

function joins(world: World, signPk: Uint8Array, pop: Uint8Array): boolean {
  const member = world.devices.find(({ name }) => name === 'Milo Member') ?? assert.fail()
  const card = world.card(member.person, member)
  const fields = { person: member.person, issuer: 0, signPk, pop } as const
  try {
    world.put(world.entry(KIND.device, fields, card))
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
  }
  return world.directory.devices.has(hashId<DeviceId>('dev', signPk))
}

attack('P19', 'A key that anybody can sign with never becomes a device', () => {
  const { world } = staffedWorld()
  for (const signPk of ED25519_SMALL) {
    for (const pop of forgeries)
      thwarted(joins(world, signPk, pop), 'a key of small order became a device')
  }
  for (const label of SIGN_LABELS) {
    for (const key of ED25519_SMALL) {
      for (const sig of forgeries)
        thwarted(verify(label, sig, new Uint8Array(8), key), 'a forged signature verified')
    }
  }
  const pairs = ED25519_SMALL.length * forgeries.length
  return { points: ED25519_SMALL.length, forgeries: pairs + SIGN_LABELS.length * pairs }
})

/** Public keys that cannot be sealed to: small points, and coefficients that ML-KEM does not know. */
const poisons = (publicKey: Uint8Array): Uint8Array[] => [
  ...X25519_SMALL.map((u) => withSmallPublic(publicKey, u)),
  ...[0, 1, 766, 767].map((index) => withLargeCoefficient(publicKey, index)),
  new Uint8Array(1216),
  new Uint8Array(1216).fill(0xff),
]

/** Malte's own key has signed it, so that only what it says is wrong. */
function poisoned(prekey: Prekey, publicKey: Uint8Array): Uint8Array {
  const { ver: _ver, suite: _suite, sig: _sig, ...value } = prekey
  return signPrekey({ ...value, pkid: 7, publicKey }, malte.core.replica.pair.secretKey)
}

attack(
  'P19',
  'A member with a bad key does not keep the others from getting new keys',
  async () => {
    const prekey = await prekeyOf(olga, malte)
    const keys = poisons(prekey.publicKey)
    for (const publicKey of keys) {
      const box = honest.fork()
      box.prekeys.set(malte.device, poisoned(prekey, publicKey))
      const [manager, reader] = [await captive(olga, box), await captive(anna, box)]
      const removing = survives('one bad key stops everybody', () => remove(manager, team, nils))
      await removing.catch((error: unknown) =>
        thwarted(true, `one bad key stops the others (${String(error)})`),
      )
      await say(manager, team, 'under new keys')
      await sync(reader)
      assert.equal((await read(reader, team)).at(-1), 'under new keys')
    }
    return { keys: keys.length }
  },
)

attack('P19', 'The box takes no key from a member that nobody could seal to', async () => {
  const keys = poisons((await prekeyOf(olga, malte)).publicKey)
  for (const publicKey of keys) {
    const prekey = poisoned(await prekeyOf(olga, malte), publicKey)
    const { line, signer } = malte.core
    const putting = line.call('prekey', { prekey }, signer)
    await assert.rejects(putting, { code: 'malformed' })
    assert.notEqual((await prekeyOf(olga, malte)).pkid, 7)
  }
  return { keys: keys.length }
})

attack('P19', 'A bad seal on a key does not keep a phone from catching up', async () => {
  const prekey = await prekeyOf(malte, anna)
  for (const u of X25519_SMALL) {
    const victim = await siege.victim()
    const epoch = announcement(malte, team)
    const good = sealEpochKey(epoch.ak, epoch.core, 0, prekey)
    const bad = concat(
      good.subarray(0, 20),
      withSmallCiphertext(good.subarray(20, 1140), u),
      good.subarray(1140),
    )
    const frames = [
      entryFrame(headOf(victim, team) + 1, epoch.entry),
      wrapFrame(team, epoch, bad),
    ] as const
    await survives('the phone cannot read what the box sends', () => shown(victim, ...frames))
    assert.equal(victim.core.replica.epochKey(epoch.epoch, 0), null)
    await shown(victim, wrapFrame(team, epoch, good))
    assert.deepEqual(victim.core.replica.epochKey(epoch.epoch, 0), epoch.ak)
  }
  return { ciphertexts: X25519_SMALL.length }
})

attack('P19', 'A bad bundle of keys does not keep a phone from catching up', async () => {
  const prekey = await prekeyOf(malte, anna)
  const { identity, pair } = anna.core.replica
  const heading = { org: identity.org, from: anna.device, t: town.clock.now(), to: prekey }
  for (const u of X25519_SMALL) {
    const victim = await siege.victim()
    const good = sealHistory(heading, [], pair.secretKey)
    const unsigned = concat(
      good.subarray(0, 66),
      withSmallCiphertext(good.subarray(66, 1186), u),
      good.subarray(1186, -64),
    )
    const bytes = concat(unsigned, sign('hist', unsigned, pair.secretKey))
    await survives('the phone cannot read what the box sends', () =>
      shown(victim, { type: 'parcel', id: 1, bytes }),
    )
  }
  return { ciphertexts: X25519_SMALL.length }
})

/** Signed by Malte, with a payload that does not open for anybody. */
function badAnswer(u: Uint8Array, seq: number): Uint8Array {
  const { identity, pair } = malte.core.replica
  const key = known(olga, all).respKeys[0] ?? assert.fail()
  const sending = {
    context: { org: identity.org, signer: identity.device, t: town.clock.now() },
    alert: siege.alert,
    person: identity.person,
    seq,
    respEpoch: key.epoch,
    respPk: key.publicKey,
  }
  const good = sealAnswer(sending, { choice: 0, etaMinutes: 0, text: '' }, pair.secretKey)
  const { payload, signed } = decodeEntry(good)
  assert.ok(payload !== null)
  const bad = concat(withSmallCiphertext(payload.subarray(0, 1120), u), payload.subarray(1120))
  const head = signed.subarray(0, PREFIX_BYTES + 36)
  const unsigned = concat(head, hash('body-hash', bad))
  return concat(unsigned, sign('answer', unsigned, pair.secretKey), bad)
}

attack('P19', 'A bad answer of one person does not hide the answers of the others', async () => {
  await answer(anna, siege.alert, 'safe')
  let seq = 2_000_000_000
  for (const u of X25519_SMALL) {
    const bad = badAnswer(u, (seq += 1))
    await malte.act((core) => core.line.call('entries', { items: [bareItem(bad)] }, core.signer))
    const rows = await survives('there is no roll call any more', () => rollCall(olga, siege.alert))
    const states = rows.map(({ state, answer: said }) => `${state} ${said}`)
    assert.ok(states.includes('answered safe'), states.join())
  }
  return { answers: X25519_SMALL.length }
})

/** An operation of a publisher: the key that answers to the next alert are to be sealed to. */
function badResponseKey(by: Phone, publicKey: Uint8Array): Uint8Array {
  const current = known(olga, all).respKeys[0] ?? assert.fail()
  const { channel, epoch } = current
  const data = encodeOperationData({ kind: 'respkey', channel, epoch, publicKey })
  return operation(by, all, KIND.respkey, { data })
}

attack('P19', 'A bad key for answers keeps nobody from answering and writing', async () => {
  const [current] = known(olga, all).respKeys
  assert.ok(current !== undefined)
  const content: Content = {
    type: 'alert',
    severity: SEVERITY.critical,
    respChannel: current.channel,
    respEpoch: current.epoch,
    answers: ['safe'],
    text: 'Gather at gate 3',
  }
  const keys = poisons(current.publicKey)
  for (const publicKey of keys) {
    const box = honest.fork()
    box.append(badResponseKey(anna, publicKey))
    const mid = seededId<MessageId>('the next alert')
    // Its author has seen the key and, without the keys of the coordinators, cannot check it.
    const { n: refN, h: refH } = box.headAt(all)
    box.append(message(olga, all, content, { kind: KIND.alert, mid, context: { refN, refH } }))
    const member = await captive(malte, box)
    await answer(member, mid, 'safe').catch((error: unknown) =>
      thwarted(true, `nobody can answer (${String(error)})`),
    )
    await say(member, team, 'and now this').catch((error: unknown) =>
      thwarted(true, `the outbox is stuck (${String(error)})`),
    )
  }
  return { keys: keys.length }
})

attack('P19', 'A records key that nobody could seal to is none', () => {
  const { world } = staffedWorld()
  const { publicKey } = world.keepRecords('good')
  const keys = poisons(publicKey)
  for (const recPk of keys) {
    const recKey = hashId('rec-key', recPk)
    const fields = { recKey, recPk, needed: 2, custodians: 3, names: new Uint8Array(0) }
    const context = {
      org: world.org,
      log: world.directory.log,
      signer: world.root.id,
      t: world.now,
    }
    const { n: refN, h: refH } = world.directory.head
    const bytes = signEntry(
      KIND.records,
      { ...context, refN, refH },
      fields,
      world.root.pair.secretKey,
    )
    assert.throws(() => world.put(bytes), { code: 'malformed' })
  }
  return { keys: keys.length }
})
