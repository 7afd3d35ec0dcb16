import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { addPeople, removePeople } from '../../client/channels.ts'
import type { Core } from '../../client/core.ts'
import { invite, revoke } from '../../client/people.ts'
import { pull } from '../../client/pull.ts'
import { toHex } from '../../protocol/bytes.ts'
import { decodeEntry, type EntryOf, signEntry } from '../../protocol/entry.ts'
import { announceEpoch } from '../../protocol/epoch-keys.ts'
import { splitFrames } from '../../protocol/frames.ts'
import { asId, type DeviceId, type LogId, type MessageId } from '../../protocol/ids.ts'
import { KIND, type MessageKind } from '../../protocol/kinds.ts'
import { sealMessage } from '../../protocol/message-keys.ts'
import { signReceipt } from '../../protocol/receipt.ts'
import { randomBytes } from '../../protocol/sodium.ts'
import {
  call,
  catchUp,
  joinAs,
  inviteOne,
  joinWith,
  openGroup,
  sealedText,
  startTestBox,
  type TestBox,
} from './kit.ts'

const bare = (entry: Uint8Array) => ({ entry, card: new Uint8Array(0), wraps: [] as Uint8Array[] })

async function submitted(box: TestBox, by: Core, ...entries: Uint8Array[]): Promise<string> {
  return (await call(box, by.signer, 'entries', { items: entries.map(bare) })).code
}

/** The logs of which a catch-up from nothing brings anything. */
async function logsShownTo(box: TestBox, core: Core): Promise<Set<string>> {
  const input = { have: [], wrapsSeen: 0, parcels: [] }
  const { bytes } = await call(box, core.signer, 'sync', input)
  const logs = splitFrames(bytes).flatMap((frame) => {
    if (frame.type === 'stub' || frame.type === 'wrap') return [toHex(frame.log)]
    if (frame.type !== 'entry' && frame.type !== 'header') return []
    const { kind, prefix, signed } = decodeEntry(frame.bytes)
    return [kind === KIND.create ? `create ${signed.length}` : toHex(prefix.log)]
  })
  return new Set(logs)
}

/** Olga and Milo share a channel; Nina is in the organisation and in no channel. */
async function stage(t: Parameters<typeof startTestBox>[0]) {
  const box = await startTestBox(t)
  const owner = await joinWith(box, box.card)
  const member = await joinAs(box, owner, 'Milo Member')
  const outsider = await joinAs(box, owner, 'Nina Neben')
  const log = await openGroup(owner, [member])
  await catchUp(outsider)
  return { box, owner, member, outsider, log }
}

function receiptOf(core: Core, log: LogId, upto: number, h: Uint8Array): Uint8Array {
  const { org, device } = core.replica.identity
  const value = { org, log, device, upto, h: h as never, gaps: [], t: Date.now() }
  return signReceipt(value, core.replica.pair.secretKey)
}

describe('somebody who is not in a channel', () => {
  test('learns nothing of it from a catch-up, also when they name it', async (t) => {
    const { box, owner, outsider, log } = await stage(t)
    assert.equal(await submitted(box, owner, sealedText(owner, log, 'for two')), '')
    assert.deepEqual([...(await logsShownTo(box, outsider))], [toHex(box.org)])
    const input = { have: [{ log, n: 0 }], wrapsSeen: 0, parcels: [] }
    const { bytes } = await call(box, outsider.signer, 'sync', input)
    const heads = splitFrames(bytes).filter(({ type }) => type === 'head')
    assert.equal(heads.length, 1, 'the head of the directory and no other')
  })

  test('finds no receipts, brings none and brings no wraps', async (t) => {
    const { box, owner, outsider, log } = await stage(t)
    const channel = owner.replica.channels.get(log)
    const epoch = channel?.currentEpoch(0)
    assert.ok(channel && epoch)
    const receipt = receiptOf(outsider, log, channel.head.n, channel.head.h)
    const wraps = { log, epoch: epoch.id, gen: 0, wraps: [new Uint8Array(1188)] }
    const replies = await Promise.all([
      call(box, outsider.signer, 'receipts', { log }),
      call(box, outsider.signer, 'receipt', { receipts: [receipt] }),
      call(box, outsider.signer, 'wraps', wraps),
    ])
    assert.deepEqual(
      replies.map(({ status, code }) => [status, code]),
      replies.map(() => [404, 'not_found']),
    )
  })

  test('gets the same answer for what is there and what is not', async (t) => {
    const { box, outsider, log } = await stage(t)
    const there = await call(box, outsider.signer, 'receipts', { log })
    const nowhere = asId<LogId>(randomBytes(16))
    const missing = await call(box, outsider.signer, 'receipts', { log: nowhere })
    assert.deepEqual(there.bytes, missing.bytes)
    assert.deepEqual(
      [there.status, Object.keys(there.headers).toSorted()],
      [missing.status, Object.keys(missing.headers).toSorted()],
    )
  })

  test('cannot write into it', async (t) => {
    const { box, owner, outsider, log } = await stage(t)
    const channel = owner.replica.channels.get(log)
    const epoch = channel?.currentEpoch(0)
    const ak = epoch ? owner.replica.epochKey(epoch.id, epoch.gen) : null
    assert.ok(channel && epoch && ak)
    const { org, device } = outsider.replica.identity
    const { n: refN, h: refH } = channel.head
    const context = { org, log, signer: device, refN, refH, t: Date.now() }
    const keys = [{ epoch: epoch.id, gen: epoch.gen, ak }]
    const mid = asId<MessageId>(randomBytes(16))
    const draft = { kind: KIND.text, context, seq: 1, mid, ttl: 0, keys, plain: randomBytes(9) }
    const forced = sealMessage(draft, outsider.replica.pair.secretKey)
    assert.equal(await submitted(box, outsider, forced), 'not_allowed')
  })
})

describe('an entry', () => {
  test('of another device is brought by nobody else', async (t) => {
    const { box, owner, member, log } = await stage(t)
    const text = sealedText(member, log, 'mine')
    assert.equal(await submitted(box, owner, text), 'not_allowed')
    assert.equal(await submitted(box, member, text), '')
    assert.equal(await submitted(box, owner, text), 'not_allowed', 'not even when it stands')
  })

  test('signed with another key than it names is refused', async (t) => {
    const { box, owner, member, log } = await stage(t)
    const channel = owner.replica.channels.get(log)
    const epoch = channel?.currentEpoch(0)
    const ak = epoch ? owner.replica.epochKey(epoch.id, epoch.gen) : null
    assert.ok(epoch && ak)
    const keys = [{ epoch: epoch.id, gen: epoch.gen, ak }]
    const mid = asId<MessageId>(randomBytes(16))
    const context = owner.context(log)
    const draft = { kind: KIND.text, context, seq: 1, mid, ttl: 0, keys, plain: randomBytes(9) }
    const forged = sealMessage(draft, member.replica.pair.secretKey)
    assert.equal(await submitted(box, owner, forged), 'bad_signature')
  })

  test('that enrols or founds comes only by the way of cards', async (t) => {
    const { box, owner } = await stage(t)
    const rows = [...box.box.context.orgs.values()][0]?.store.logs.all(owner.replica.directory.log)
    const kinds = [KIND.found, KIND.device] as number[]
    const early = (rows ?? []).filter(({ stub }) => kinds.includes(stub.kind))
    assert.ok(early.length >= 2)
    for (const { header } of early) assert.equal(await submitted(box, owner, header), 'not_allowed')
  })

  test('of another organisation is refused', async (t) => {
    const { box, owner } = await stage(t)
    const context = { ...owner.context(owner.replica.directory.log), org: asId(randomBytes(16)) }
    const tick = signEntry(KIND.tick, context as never, {}, owner.replica.pair.secretKey)
    assert.equal(await submitted(box, owner, tick), 'wrong_organisation')
  })

  test('whose payload was trimmed or changed is refused', async (t) => {
    const { box, owner, log } = await stage(t)
    const whole = sealedText(owner, log, 'whole')
    const { header, payload } = decodeEntry(whole) as EntryOf<MessageKind>
    assert.ok(payload)
    const joined = (...parts: Uint8Array[]): Uint8Array => Buffer.concat(parts)
    const cases = {
      'without a body': header,
      'without its last byte': whole.subarray(0, -1),
      'with a byte more': joined(whole, new Uint8Array(1)),
      'without the wrap of its key': joined(header, payload.subarray(66)),
      'with another wrap': joined(header, randomBytes(66), payload.subarray(66)),
    }
    for (const [what, bytes] of Object.entries(cases))
      assert.equal(await submitted(box, owner, new Uint8Array(bytes)), 'malformed', what)
    assert.equal(await submitted(box, owner, whole), '')
  })

  test('under keys that a removed person holds is refused until there are new ones', async (t) => {
    const { box, owner, member, outsider, log } = await stage(t)
    await addPeople(owner, log, [outsider.replica.identity.person])
    await catchUp(outsider)
    await catchUp(member)
    const written = sealedText(member, log, 'written before the removal')
    // Removed without new keys: the owner's own client would send both in one batch.
    await pull(owner)
    const { directory, pair } = owner.replica
    const channel = owner.replica.channels.get(log)
    assert.ok(channel)
    const fields = {
      membN: channel.memb.n + 1,
      membPrev: channel.memb.head,
      dirN: directory.head.n,
      dirH: directory.head.h,
      role: 1 as const,
      subjects: [outsider.replica.identity.person],
      data: new Uint8Array(0),
    }
    const removal = signEntry(KIND.remove, owner.context(log), fields, pair.secretKey)
    assert.equal(await submitted(box, owner, removal), '')
    assert.equal(await submitted(box, member, written), 'epoch_stale')
    await catchUp(owner)
    assert.equal(await submitted(box, member, written), 'epoch_moved')
    await catchUp(member)
    assert.equal(await submitted(box, member, sealedText(member, log, 'again')), '')
  })

  test('is refused under keys that a removed device still holds', async (t) => {
    const { box, owner, member, outsider, log } = await stage(t)
    await addPeople(owner, log, [outsider.replica.identity.person])
    await catchUp(outsider)
    await catchUp(member)
    const written = sealedText(member, log, 'written before the loss')
    await pull(owner)
    const { directory, pair } = owner.replica
    const fields = {
      what: 2 as const,
      subject: outsider.replica.identity.device,
      voidFrom: 0,
      reason: 2 as const,
    }
    const loss = signEntry(KIND.revoke, owner.context(directory.log), fields, pair.secretKey)
    assert.equal(await submitted(box, owner, loss), '')
    assert.equal(await submitted(box, member, written), 'epoch_stale')
  })
})

describe('wraps', () => {
  test('for a device that is not in the channel are refused, with the announce they came with', async (t) => {
    const { box, owner, outsider, log } = await stage(t)
    const channel = owner.replica.channels.get(log)
    const epoch = channel?.currentEpoch(0)
    assert.ok(channel && epoch)
    const { directory, pair } = owner.replica
    const fields = {
      seg: 0 as const,
      prevEpoch: epoch.id,
      membN: channel.memb.n,
      membHead: channel.memb.head,
      dirN: directory.head.n,
      dirH: directory.head.h,
      notAfter: Date.now() + 1000,
      nwraps: 1,
    }
    const context = owner.context(log)
    const { entry } = announceEpoch({ context, fields, records: null }, pair.secretKey)
    const wrapFor = (device: DeviceId): Uint8Array => {
      const wrap = randomBytes(1188)
      wrap.set(device)
      return wrap
    }
    const announced = async (wraps: Uint8Array[]): Promise<string> => {
      const items = [{ entry, card: new Uint8Array(0), wraps }]
      return (await call(box, owner.signer, 'entries', { items })).code
    }
    assert.equal(await announced([wrapFor(outsider.signer.device)]), 'not_member')
    assert.equal(await announced([wrapFor(asId(randomBytes(16)))]), 'not_member')
    assert.equal(await announced([wrapFor(owner.signer.device)]), '', 'the place is still free')
  })

  test('of an epoch that somebody else announced are refused', async (t) => {
    const { box, owner, member, log } = await stage(t)
    const epoch = owner.replica.channels.get(log)?.currentEpoch(0)
    assert.ok(epoch)
    const wrap = randomBytes(1188)
    wrap.set(owner.signer.device)
    const sent = { log, epoch: epoch.id, gen: epoch.gen, wraps: [wrap] }
    assert.equal((await call(box, member.signer, 'wraps', sent)).code, 'not_allowed')
    const unknown = { ...sent, epoch: asId<typeof epoch.id>(randomBytes(16)) }
    assert.notEqual((await call(box, owner.signer, 'wraps', unknown)).code, '')
  })
})

describe('receipts', () => {
  test('count only with the signature of the device that brings them', async (t) => {
    const { box, owner, member, log } = await stage(t)
    const channel = owner.replica.channels.get(log)
    assert.ok(channel)
    const { n, h } = channel.head
    const put = async (by: Core, bytes: Uint8Array): Promise<string> =>
      (await call(box, by.signer, 'receipt', { receipts: [bytes] })).code
    assert.equal(await put(owner, receiptOf(member, log, n, h)), 'bad_signature')
    const forged = receiptOf(owner, log, n, h)
    forged[forged.length - 1] = (forged.at(-1) as number) ^ 1
    assert.equal(await put(owner, forged), 'bad_signature')
    assert.equal(await put(owner, receiptOf(owner, log, n + 1, h)), 'unknown_head')
    assert.equal(await put(owner, receiptOf(owner, log, n, randomBytes(32))), 'unknown_head')
    assert.equal(await put(owner, receiptOf(owner, log, n, h)), '')
  })

  test('never go back', async (t) => {
    const { box, owner, member, log } = await stage(t)
    await catchUp(owner)
    const before = await call(box, owner.signer, 'receipts', { log })
    const hash = owner.replica.hashes.get(log)?.[1]
    assert.ok(hash)
    await call(box, member.signer, 'receipt', { receipts: [receiptOf(member, log, 1, hash)] })
    const after = await call(box, owner.signer, 'receipts', { log })
    assert.deepEqual(after.bytes, before.bytes)
  })
})

describe('parcels', () => {
  test('go to the person’s own devices and to those of whom they share a channel with', async (t) => {
    const { box, owner, member } = await stage(t)
    const bytes = randomBytes(40)
    const put = async (to: DeviceId): Promise<string> =>
      (await call(box, owner.signer, 'parcel', { to, bytes })).code
    assert.equal(await put(member.signer.device), '')
    assert.equal(await put(asId(randomBytes(16))), 'not_found')
    await pull(owner)
    const stranger = await joinWith(box, (await inviteOne(owner, 'Nina Neu')).card)
    assert.equal(await put(stranger.signer.device), 'not_found')
    await pull(owner)
    const { card } = await invite(owner, { person: owner.replica.identity.person })
    const second = await joinWith(box, card)
    assert.equal(await put(second.signer.device), '')
  })

  test('stay until the device has acknowledged them, and no stranger can drop them', async (t) => {
    const { box, owner, member } = await stage(t)
    await pull(owner)
    const { card } = await invite(owner, { person: owner.replica.identity.person })
    const second = await joinWith(box, card)
    await call(box, owner.signer, 'parcel', { to: second.signer.device, bytes: randomBytes(40) })
    const ids = async (by: Core, parcels: number[]): Promise<number[]> => {
      const input = { have: [], wrapsSeen: 0, parcels }
      const { bytes } = await call(box, by.signer, 'sync', input)
      return splitFrames(bytes).flatMap((frame) => (frame.type === 'parcel' ? [frame.id] : []))
    }
    const [id] = await ids(second, [])
    assert.ok(id !== undefined)
    assert.deepEqual(await ids(member, [id]), [])
    assert.deepEqual(await ids(second, []), [id])
    assert.deepEqual(await ids(second, [id]), [])
    assert.deepEqual(await ids(second, []), [])
  })
})

describe('a person who was removed from a channel', () => {
  test('still reads it up to the removal, and nothing after', async (t) => {
    const { box, owner, member, log } = await stage(t)
    await pull(owner)
    assert.equal(await submitted(box, owner, sealedText(owner, log, 'before')), '')
    await catchUp(owner)
    await removePeople(owner, log, [member.replica.identity.person])
    const last = owner.replica.channels.get(log)?.head.n ?? 0
    assert.equal(await submitted(box, owner, sealedText(owner, log, 'after')), '')
    const input = { have: [], wrapsSeen: 0, parcels: [] }
    const { bytes } = await call(box, member.signer, 'sync', input)
    const shown = splitFrames(bytes).flatMap((frame) => {
      if (frame.type !== 'entry') return []
      const entry = decodeEntry(frame.bytes)
      return toHex(entry.prefix.log) === toHex(log) ? [{ n: frame.n, kind: entry.kind }] : []
    })
    assert.equal(shown.at(-1)?.kind, KIND.remove)
    assert.ok((shown.at(-1)?.n ?? 0) < last, 'the new epoch is not for them')
    assert.equal((await call(box, member.signer, 'receipts', { log })).code, 'not_found')
    assert.equal(await submitted(box, member, sealedText(member, log, 'still here')), 'not_allowed')
  })

  test('a removed person’s device neither reads nor writes', async (t) => {
    const { box, owner, member, log } = await stage(t)
    await pull(owner)
    await revoke(owner, { what: 'person', subject: member.replica.identity.person })
    const text = sealedText(member, log, 'still here')
    assert.equal(await submitted(box, member, text), 'device_revoked')
  })
})
