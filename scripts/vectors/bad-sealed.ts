// Sealed things that must not open: messages, answers, wraps, cards and files.
import { concat, utf8 } from '../../protocol/bytes.ts'
import { cardKeys, sealBlob } from '../../protocol/card-secret.ts'
import { forwardKey, responseSeed, sealEpochKey, sealToRecords } from '../../protocol/epoch-keys.ts'
import { sealChunk } from '../../protocol/file.ts'
import { FILE_CHUNK } from '../../protocol/limits.ts'
import { asId, type DeviceId, type PersonId } from '../../protocol/ids.ts'
import { EMPTY_PROFILE, sealAbsence, sealProfile, sealRunning } from '../../protocol/profile.ts'
import { messageBucket, pad } from '../../protocol/padding.ts'
import { readyChannel } from '../../test/helpers/channels.ts'
import { alertedAudience, answerBy } from '../../test/helpers/every-entry.ts'
import { flipped, seed, seededBytes, seededHash, seededId, START } from '../../test/helpers/seed.ts'
import { staffedWorld } from '../../test/helpers/world.ts'
import type { Bad } from './bad-forms.ts'

export function badMessages(): Bad[] {
  const { world, owner } = staffedWorld()
  const channel = readyChannel(world, owner, 'group')
  const ak = channel.sendingKeys()[0]?.ak ?? seed('none')
  const bytes = channel.message(owner, 'Lage')
  const payload = { verifier: 'payload', code: 'malformed' }
  const opened = { verifier: 'message', code: 'cannot_open' }
  return [
    { ...payload, why: 'a changed wrap', bytes: flipped(bytes, 291) },
    { ...payload, why: 'a changed body', bytes: flipped(bytes, bytes.length - 1) },
    { ...payload, why: 'a byte more', bytes: concat(bytes, Uint8Array.of(0)) },
    { ...opened, why: 'another epoch key', bytes, ak: seed('other') },
    { ...opened, why: 'a commitment to another key', bytes: flipped(bytes, 140), ak },
    {
      verifier: 'answer',
      code: 'malformed',
      why: 'a message is no answer',
      bytes,
      signKey: owner.pair.publicKey,
    },
  ]
}

export function badAnswers(): Bad[] {
  const staff = staffedWorld()
  const { world, coordinator, member } = staff
  const { response, respEpoch, audience, ...rest } = alertedAudience(staff)
  const bytes = answerBy(coordinator, { ...rest, respEpoch }, world)
  const seedOf = responseSeed(response.keyAt(respEpoch, 0), audience.id)
  const given = { verifier: 'answer', code: 'malformed', signKey: coordinator.pair.publicKey }
  const opened = { verifier: 'answer open', code: 'cannot_open', seed: seedOf }
  return [
    { ...given, why: 'another size', bytes: bytes.subarray(0, -1) },
    { ...given, why: 'another body', bytes: flipped(bytes, bytes.length - 1) },
    { ...given, why: 'another key', code: 'bad_signature', bytes, signKey: member.pair.publicKey },
    { ...opened, why: 'another seed', bytes, seed: seed('other') },
    { ...opened, why: 'another alert', bytes: flipped(bytes, 20) },
  ]
}

export function badContents(): Bad[] {
  const content = { verifier: 'content', code: 'malformed' }
  const padding = { verifier: 'padding', code: 'malformed' }
  const frame = { verifier: 'frame', code: 'malformed' }
  const padded = pad(utf8('Lage'), messageBucket)
  return [
    { ...content, why: 'unknown content', bytes: Uint8Array.of(99) },
    { ...content, why: 'empty', bytes: new Uint8Array(0) },
    { ...content, why: 'text that is not UTF-8', bytes: Uint8Array.of(1, 0xc3, 0x28) },
    { ...content, why: 'a name that ends too early', bytes: Uint8Array.of(4, 3, 65) },
    { ...padding, why: 'no marker', bytes: new Uint8Array(256) },
    { ...padding, why: 'another length', bytes: concat(padded, new Uint8Array(256)) },
    { ...padding, why: 'not at its end', bytes: padded.with(255, 1) },
    { ...frame, why: 'unknown frame', bytes: Uint8Array.of(99) },
    { ...frame, why: 'a byte more', bytes: Uint8Array.of(7, 0) },
  ]
}

export function badKeys(): Bad[] {
  const { world, owner, member } = staffedWorld()
  const { publicKey } = world.keepRecords()
  const channel = readyChannel(world, owner, 'group', { people: [member.person] })
  const epoch = channel.state.currentEpoch(0)
  if (epoch === null) throw new TypeError('a channel without keys')
  const { core, id } = epoch
  const ak = channel.keyAt(id, 0)
  const wrap = (key: Uint8Array) => sealEpochKey(key, core, 0, member.prekey)
  const bytes = wrap(ak)
  const commit = epoch.commits.get(0)
  const given = {
    verifier: 'epoch wrap',
    code: 'cannot_open',
    core,
    gen: 0,
    commit,
    seed: member.prekeySeed,
  }
  const kept = { verifier: 'records wrap', code: 'records_mismatch', ak, core, publicKey }
  const sealed = sealToRecords(ak, core, publicKey)
  return [
    { ...given, why: 'another seed', bytes, seed: owner.prekeySeed },
    { ...given, why: 'another generation', bytes, gen: 1 },
    { ...given, why: 'a tampered ciphertext', bytes: flipped(bytes, 100) },
    { ...given, why: 'another prekey id', bytes: flipped(bytes, 19) },
    {
      ...given,
      why: 'a key nobody announced',
      code: 'epoch_commit',
      bytes: wrap(forwardKey(ak, id, 0)),
    },
    { ...given, why: 'one byte short', code: 'malformed', bytes: bytes.subarray(1) },
    { ...kept, why: 'a falsified wrap', bytes: flipped(sealed, 128) },
    { ...kept, why: 'a wrap of another key', bytes: sealToRecords(seed('other'), core, publicKey) },
  ]
}

export function badAbsences(): Bad[] {
  const [dk, person] = [seed('dk'), seededId<PersonId>('person')]
  const bytes = sealAbsence(dk, person, { until: START, note: 'Urlaub' })
  const profile = sealProfile(dk, person, { ...EMPTY_PROFILE, name: 'Milo Member' })
  const given = { verifier: 'absence', code: 'cannot_open', dk, person, bytes }
  return [
    { ...given, why: 'of somebody else', person: seededId('somebody else') },
    { ...given, why: 'another directory key', dk: seed('other') },
    { ...given, why: 'a changed byte', bytes: flipped(bytes, 99) },
    { ...given, why: 'a profile of the same person', bytes: profile },
  ]
}

export function badRunning(): Bad[] {
  const [dk, device] = [seed('dk'), seededId<DeviceId>('device')]
  const bytes = sealRunning(dk, device, { version: '1.0.0', manifest: seededHash('manifest') })
  const absence = sealAbsence(dk, asId<PersonId>(device), { until: START, note: '' })
  const given = { verifier: 'running', code: 'cannot_open', dk, device, bytes }
  return [
    { ...given, why: 'of another device', device: seededId('another device') },
    { ...given, why: 'another directory key', dk: seed('other') },
    { ...given, why: 'a changed byte', bytes: flipped(bytes, 99) },
    { ...given, why: 'an absence under the same id', bytes: absence },
  ]
}

export function badCardsAndFiles(): Bad[] {
  const secret = seededBytes('card', 16)
  const none = new Uint8Array(32)
  const names = { org: 'Stadtwerke Musterstadt', name: 'Milo Member', endpoints: [] }
  const place = {
    person: new Uint8Array(16) as never,
    makerPk: new Uint8Array(32),
    dirN: 0,
    dirH: seededHash('d'),
  }
  const facts = { rootPk: none, boxPk: none, dkVer: 0, dk: none, ...place, ...names }
  const bytes = sealBlob(facts, cardKeys(secret))
  const blob = { verifier: 'card blob', code: 'cannot_open', secret, bytes }
  const file = { key: seed('file'), size: FILE_CHUNK + 5 }
  const chunk = sealChunk(file, 1, new Uint8Array(5))
  const given = { verifier: 'file chunk', code: 'cannot_open', ...file, index: 1, bytes: chunk }
  return [
    { ...blob, why: 'another card', secret: seededBytes('other card', 16) },
    { ...blob, why: 'a changed byte', bytes: flipped(bytes, 99) },
    { ...blob, why: 'another length', bytes: bytes.subarray(1) },
    { ...given, why: 'another index', index: 0 },
    { ...given, why: 'another size', size: FILE_CHUNK + 6 },
    { ...given, why: 'a changed byte', bytes: flipped(chunk, 0) },
    { ...given, why: 'an index beyond the end', code: 'malformed', index: 2 },
  ]
}
