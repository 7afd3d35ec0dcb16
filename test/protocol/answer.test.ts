import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { AnswerLog } from '../../protocol/answer-log.ts'
import { openAnswer } from '../../protocol/answer-keys.ts'
import { ANSWER_PAYLOAD_BYTES, type AnswerEntry, checkAnswer } from '../../protocol/answer.ts'
import { concat, utf8 } from '../../protocol/bytes.ts'
import { emptyHead, nextHead, stubOf } from '../../protocol/chain.ts'
import {
  decodeEntry,
  decodeHeader,
  type Entry,
  PREFIX_BYTES,
  unsignedEntry,
} from '../../protocol/entry.ts'
import { ANSWER_HEAD0_BYTES, type FieldsOf } from '../../protocol/entry-fields.ts'
import { responseSeed } from '../../protocol/epoch-keys.ts'
import { asId, type LogId, type MessageId, NO_HASH } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'
import { hash, kdf, sign, SIGN_LABELS } from '../../protocol/labels.ts'
import { aeadSeal, xwingEncapsulate } from '../../protocol/sodium.ts'
import { alertedAudience, answerBy } from '../helpers/every-entry.ts'
import { flipped, refused, seed, seededId } from '../helpers/seed.ts'
import { staffedWorld } from '../helpers/world.ts'

const staff = staffedWorld()
const { world, coordinator, member, guest, admin } = staff
const outsider = world.join('Otto Outside', 'member')
const scene = alertedAudience(staff)
const { audience, response, alert, respEpoch, respPk } = scene
const respSeed = responseSeed(response.keyAt(respEpoch, 0), audience.id)
const value = { choice: 1, etaMinutes: 90, text: 'im Aufzug' }
const bytes = answerBy(member, scene, world, value)
const entry = decodeEntry(bytes) as AnswerEntry
const newLog = () => new AnswerLog(audience.state, alert)
function checkIn(log: AnswerLog, answer: Entry): void {
  log.check(answer)
}

describe('sealed answer', () => {
  test('has one size and opens with the seed of the response epoch', () => {
    checkAnswer(entry, member.pair.publicKey)
    assert.equal(bytes.length, 1498)
    assert.equal(entry.payload?.length, ANSWER_PAYLOAD_BYTES)
    assert.deepEqual({ ...openAnswer(entry, respSeed) }, { alert, ...value })
    assert.equal(answerBy(member, scene, world).length, bytes.length)
  })

  test('any answer comes back', () => {
    const words = fc
      .string({ unit: 'grapheme', maxLength: 20 })
      .filter((s) => utf8(s).length <= 100)
    const some = fc.record({ choice: fc.nat(255), etaMinutes: fc.nat(0xffff), text: words })
    fc.assert(
      fc.property(some, (one) => {
        const answer = decodeEntry(answerBy(member, scene, world, one)) as AnswerEntry
        assert.deepEqual({ ...openAnswer(answer, respSeed) }, { alert, ...one })
      }),
      { numRuns: 20 },
    )
  })

  test('with a text that does not fit is not sealed', () => {
    refused('too_large', () => answerBy(member, scene, world, { text: 'x'.repeat(101) }))
  })

  test('does not open with another seed or without its payload', () => {
    refused('cannot_open', () => openAnswer(entry, seed('other')))
    refused('cannot_open', () => openAnswer({ ...entry, payload: null }, respSeed))
  })

  test('does not open under another head', () => {
    for (const at of [4, 20, 40, 60, PREFIX_BYTES, PREFIX_BYTES + 17, PREFIX_BYTES + 35]) {
      refused('cannot_open', () =>
        openAnswer({ ...entry, signed: flipped(entry.signed, at) }, respSeed),
      )
    }
  })

  test('does not open with any byte of the payload changed', () => {
    const payload = entry.payload as Uint8Array
    for (let at = 0; at < payload.length; at += 5) {
      refused('cannot_open', () =>
        openAnswer({ ...entry, payload: flipped(payload, at) }, respSeed),
      )
    }
  })

  test('of another alert is refused, though everything else fits', () => {
    const other = forged({ alert: seededId<MessageId>('other alert') })
    checkAnswer(other, member.pair.publicKey)
    refused('cannot_open', () => openAnswer(other, respSeed))
    assert.equal(openAnswer(forged({ alert }), respSeed).etaMinutes, 0)
  })
})

/** Built by hand, with whatever a member might put in. */
function forged(changes: {
  alert?: MessageId
  payload?: Uint8Array
  fields?: Partial<FieldsOf<typeof KIND.answer>>
  prefix?: Partial<typeof entry.prefix>
  label?: (typeof SIGN_LABELS)[number]
}): AnswerEntry {
  const context = { ...entry.prefix, ...changes.prefix }
  const shape = unsignedEntry(KIND.answer, 0, context, entry.fields)
  const head0 = hash('head0', shape.subarray(0, PREFIX_BYTES + ANSWER_HEAD0_BYTES))
  const { ciphertext, secret } = xwingEncapsulate(respPk)
  const plain = concat(changes.alert ?? alert, Uint8Array.of(0, 0, 0, 0, 0x80), new Uint8Array(107))
  const sealed = concat(ciphertext, aeadSeal(kdf(secret, 'answer', head0), head0, plain))
  const payload = changes.payload ?? sealed
  const fields = { ...entry.fields, bodyHash: hash('body-hash', payload), ...changes.fields }
  const unsigned = unsignedEntry(KIND.answer, 0, context, fields)
  const sig = sign(changes.label ?? 'answer', unsigned, member.pair.secretKey)
  return decodeEntry(concat(unsigned, sig, payload)) as AnswerEntry
}

describe('checkAnswer refuses', () => {
  const check = (answer: Entry) => checkAnswer(answer, member.pair.publicKey)

  test('what is no answer', () => {
    refused('malformed', () => check(decodeEntry(audience.log.at(-1) as Uint8Array)))
  })

  test('a message, though it has the size, the hash and the reference of an answer', () => {
    const payload = entry.payload as Uint8Array
    const { org, log, signer, refN, refH, t } = entry.prefix
    const context = { org, log, signer, refN, refH, t }
    const { bodyHash } = entry.fields
    const fields = {
      seq: 1,
      mid: alert,
      ttl: 0,
      nseg: 1,
      commit: bodyHash,
      wrapsHash: bodyHash,
      bodyHash,
    }
    const unsigned = unsignedEntry(KIND.text, 0, context, fields as never)
    const message = concat(unsigned, sign('msg', unsigned, member.pair.secretKey), payload)
    refused('malformed', () => check(decodeEntry(message)))
  })

  test('another size', () => {
    for (const n of [1, ANSWER_PAYLOAD_BYTES - 1, ANSWER_PAYLOAD_BYTES + 1]) {
      refused('malformed', () => check(forged({ payload: new Uint8Array(n) })))
    }
    refused('malformed', () => check(decodeHeader(entry.header)))
    check(forged({ payload: new Uint8Array(ANSWER_PAYLOAD_BYTES) }))
  })

  test('a payload that is not the signed one', () => {
    refused('malformed', () => check(forged({ fields: { bodyHash: NO_HASH } })))
  })

  test('a reference, which answers do not have', () => {
    refused('malformed', () => check(forged({ prefix: { refN: 1 } })))
    refused('malformed', () => check(forged({ prefix: { refH: hash('chk', alert) } })))
  })

  test('a signature by another key or under another label', () => {
    refused('bad_signature', () => checkAnswer(entry, guest.pair.publicKey))
    for (const label of SIGN_LABELS) {
      if (label !== 'answer') refused('bad_signature', () => check(forged({ label })))
    }
  })
})

describe('the log of an alert', () => {
  test('begins with the alert', () => {
    const log: AnswerLog = newLog()
    assert.deepEqual(log.id, alert as Uint8Array)
    assert.equal(log.alertN, audience.state.head.n)
    assert.deepEqual(log.head, emptyHead(asId<LogId>(alert)))
    assert.deepEqual(log.readers(), [response.id])
    refused('not_found', () => new AnswerLog(audience.state, seededId('no alert')))
  })

  test('takes an answer of whoever was alerted, the newest of each counts', () => {
    const log: AnswerLog = newLog()
    log.check(entry)
    log.apply(entry)
    assert.deepEqual(log.head, nextHead(emptyHead(log.id), stubOf(entry)))
    refused('seq_low', () => log.check(entry))
    log.check(decodeEntry(answerBy(member, scene, world, { seq: 2 })))
    log.check(decodeEntry(answerBy(guest, scene, world)))
    log.check(decodeEntry(answerBy(coordinator, scene, world)))
  })

  test('takes nothing back that was not asked for', () => {
    const log: AnswerLog = newLog()
    const mark = log.journal.mark()
    log.apply(entry)
    log.journal.rollback(mark)
    assert.deepEqual(log.head, emptyHead(log.id))
    log.check(entry)
  })

  const check = (value_: Uint8Array) => checkIn(newLog(), decodeEntry(value_))

  test('refuses an answer of another organisation or for another log', () => {
    refused('wrong_organisation', () =>
      checkIn(newLog(), forged({ prefix: { org: seededId('other') } })),
    )
    refused('not_found', () => checkIn(newLog(), forged({ prefix: { log: seededId('other') } })))
  })

  test('refuses unknown, pending and foreign signers', () => {
    refused('device_unknown', () =>
      check(answerBy({ ...member, id: seededId('nobody') }, scene, world)),
    )
    const pending = world.enrol(world.card(member.person, member), 'second phone')
    refused('device_pending', () => check(answerBy(pending, scene, world)))
    refused('not_allowed', () => check(answerBy(outsider, scene, world)))
    refused('bad_signature', () => check(answerBy({ ...member, pair: guest.pair }, scene, world)))
  })

  test('refuses an answer for somebody else', () => {
    refused('not_allowed', () => check(answerBy(guest, scene, world, { person: member.person })))
  })

  test('refuses a response key that the channel did not name', () => {
    const other = { ...scene, respEpoch: seededId<typeof respEpoch>('other') }
    refused('epoch_moved', () => check(answerBy(member, other, world)))
  })

  test('takes answers of people who were added or removed since', () => {
    audience.add(coordinator, [admin.person])
    check(answerBy(admin, scene, world))
    audience.remove(coordinator, guest.person)
    check(answerBy(guest, scene, world))
  })

  test('takes an answer again that stood, when its person was removed since', () => {
    const answer = answerBy(admin, scene, world)
    audience.remove(coordinator, admin.person)
    check(answer)
  })

  test('takes the answer of a device that was revoked since: it may have stood before', () => {
    const answer = answerBy(guest, scene, world)
    world.revoke('device', guest.id, world.owner)
    check(answer)
  })
})
