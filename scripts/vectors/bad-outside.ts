// Signed structures outside the logs that must be refused.
import { REPORT, signHead, signReport } from '../../protocol/box-report.ts'
import { concat, utf8 } from '../../protocol/bytes.ts'
import { sealHistory } from '../../protocol/history-keys.ts'
import type { DeviceId, OrgId } from '../../protocol/ids.ts'
import { sign } from '../../protocol/labels.ts'
import { MAX_GAPS } from '../../protocol/limits.ts'
import { signPrekey } from '../../protocol/prekey.ts'
import { signReceipt } from '../../protocol/receipt.ts'
import { signRequest } from '../../protocol/request.ts'
import { SIGNATURE_BYTES } from '../../protocol/sodium.ts'
import {
  flipped,
  seed,
  seededBytes,
  seededHash,
  seededId,
  seededPair,
  START,
} from '../../test/helpers/seed.ts'
import { staffedWorld } from '../../test/helpers/world.ts'
import type { Bad } from './bad-forms.ts'

const pair = seededPair('vector refusals')
const other = seededPair('somebody else')
const signKey = pair.publicKey
const at = { log: seededId<never>('log'), h: seededHash('h'), t: START }

/** What every signed structure has in common. */
function badSigned(verifier: string, bytes: Uint8Array, long: string, inputs: object = {}): Bad[] {
  const given = { verifier, signKey, ...inputs }
  const unsigned = bytes.subarray(0, -64)
  const label = verifier === 'request' ? 'msg' : 'req'
  const relabelled = concat(unsigned, sign(label, unsigned, pair.secretKey))
  return [
    { ...given, code: 'unknown_version', why: 'unknown version', bytes: bytes.with(0, 2) },
    {
      ...given,
      code: 'bad_signature',
      why: 'a changed signature',
      bytes: flipped(bytes, bytes.length - 1),
    },
    { ...given, code: 'bad_signature', why: `signed under ${label}`, bytes: relabelled },
    { ...given, code: 'bad_signature', why: 'another key', bytes, signKey: other.publicKey },
    { ...given, code: 'malformed', why: 'one byte short', bytes: bytes.subarray(0, -1) },
    { ...given, code: long, why: 'one byte more', bytes: concat(bytes, Uint8Array.of(0)) },
  ]
}

function badRequests(org: never, device: never): Bad[] {
  const who = { org, device, window: seededBytes('w', 16), nonce: seededBytes('n', 16) }
  const request = { host: 'krise.musterstadt.example', target: '/v1/sync', body: utf8('body') }
  const bytes = signRequest(who, { method: 'POST', ...request }, pair.secretKey)
  const given = { verifier: 'request', code: 'bad_signature', bytes, signKey, ...request }
  return [
    ...badSigned('request', bytes, 'too_large', request),
    { ...given, why: 'another target', target: '/v1/range' },
    { ...given, why: 'another host', host: 'krise.example' },
    { ...given, why: 'another body', body: utf8('Body') },
  ]
}

/** Well signed, and not in the one form that gaps have. */
function badGaps(org: OrgId, device: DeviceId): Bad[] {
  const gaps = [
    { from: 1, to: 1 },
    { from: 3, to: 5 },
  ]
  const signed = signReceipt({ org, ...at, device, upto: 5, gaps }, pair.secretKey)
  const changed = (place: number, value: number): Uint8Array => {
    const unsigned = signed.subarray(0, -SIGNATURE_BYTES).with(place, value)
    return concat(unsigned, sign('receipt', unsigned, pair.secretKey))
  }
  const bad = { verifier: 'receipt', code: 'malformed', signKey } as const
  return [
    { ...bad, why: 'a gap from 0', bytes: changed(100, 0) },
    { ...bad, why: 'a gap that ends before it begins', bytes: changed(108, 0) },
    { ...bad, why: 'gaps that touch', bytes: changed(116, 2) },
    { ...bad, why: 'gaps that overlap', bytes: changed(108, 3) },
    { ...bad, why: 'a gap beyond upto', bytes: changed(124, 6) },
    { ...bad, why: 'fewer gaps than there are', bytes: changed(92, 1) },
    { ...bad, code: 'too_large', why: 'more gaps than may be', bytes: changed(92, MAX_GAPS + 1) },
  ]
}

export function badOutside(): Bad[] {
  const { world, member } = staffedWorld()
  const { org } = world
  const key = { channel: seededId<never>('c'), epoch: seededId<never>('e'), gen: 0, ak: seed('ak') }
  const sending = { org, from: member.id, t: START, to: member.prekey }
  const history = sealHistory(sending, [key], pair.secretKey)
  const receipt = signReceipt(
    { org, ...at, device: member.id, upto: 5, gaps: [{ from: 2, to: 3 }] },
    pair.secretKey,
  )
  const about = { about: REPORT.sms, seq: 1, t: START, data: utf8('x') }
  const prekey = signPrekey(member.prekey, pair.secretKey)
  const opened = { verifier: 'history', code: 'cannot_open', bytes: history, signKey }
  return [
    ...badSigned('receipt', receipt, 'malformed'),
    ...badSigned('head', signHead({ org, ...at, n: 5 }, pair.secretKey), 'too_large'),
    ...badSigned('report', signReport({ org, ...about }, pair.secretKey), 'malformed'),
    ...badSigned('prekey', prekey, 'too_large'),
    ...badSigned('history', history, 'malformed', { seed: member.prekeySeed }),
    ...badGaps(org, member.id),
    ...badRequests(org as never, member.id as never),
    { ...opened, why: 'another seed', seed: seed('other') },
    {
      verifier: 'receipt',
      code: 'malformed',
      why: 'another kind',
      bytes: receipt.with(1, 98),
      signKey,
    },
    {
      verifier: 'prekey',
      code: 'unknown_suite',
      why: 'unknown suite',
      bytes: prekey.with(1, 1),
      signKey,
    },
  ]
}
