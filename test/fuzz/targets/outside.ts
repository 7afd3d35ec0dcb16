// What stands outside the logs: prekeys, receipts, histories, heads and reports of the box, requests, wraps.
// Signatures are made over whatever was mutated, so that what is behind them is reached.
import { concat, equal } from '../../../protocol/bytes.ts'
import {
  BOX_HEAD_BYTES,
  openHead,
  openReport,
  signHead,
  signReport,
} from '../../../protocol/box-report.ts'
import { encode, fixed, oneOf, struct, u16, u32, u64, u8 } from '../../../protocol/codec.ts'
import { decodeEpochWrap } from '../../../protocol/epoch-keys.ts'
import { openHistory, readHistoryHead } from '../../../protocol/history-keys.ts'
import { sign } from '../../../protocol/labels.ts'
import { decodePrekey, signPrekey, verifyPrekey } from '../../../protocol/prekey.ts'
import { decodeReceipt, signReceipt, verifyReceipt } from '../../../protocol/receipt.ts'
import { decodeRequestSignature } from '../../../protocol/request.ts'
import { SIGNATURE_BYTES } from '../../../protocol/sodium.ts'
import {
  attempt,
  chosen,
  choosing,
  must,
  roundTrip,
  type Target,
} from '../../../scripts/fuzz/target.ts'
import { seed, seededPair } from '../../helpers/seed.ts'
import { badBytes, vectorBytes } from '../samples.ts'

const { publicKey, secretKey } = seededPair('fuzz outside')

/** The same bytes under a signature that is right. */
function signed(label: Parameters<typeof sign>[0], input: Uint8Array): Uint8Array {
  const unsigned = input.subarray(0, -SIGNATURE_BYTES)
  return concat(unsigned, sign(label, unsigned, secretKey))
}

function prekey(input: Uint8Array): void {
  const read = (bytes: Uint8Array) => {
    const value = decodePrekey(bytes)
    verifyPrekey(value, publicKey)
    return value
  }
  roundTrip('prekey', signed('prekey', input), read, (value) => signPrekey(value, secretKey))
  attempt(() => decodePrekey(input))
}

function receipt(input: Uint8Array): void {
  const read = (bytes: Uint8Array) => {
    const value = decodeReceipt(bytes)
    verifyReceipt(value, publicKey)
    must(value.era === 0, 'a receipt of this era')
    return value
  }
  roundTrip('receipt', signed('receipt', input), read, (value) => signReceipt(value, secretKey))
}

function head(input: Uint8Array): void {
  const read = (bytes: Uint8Array) => {
    const value = openHead(bytes, publicKey)
    must(value.era === 0, 'a head of this era')
    return value
  }
  roundTrip('head', signed('head', input), read, (value) => signHead(value, secretKey))
  must(
    attempt(() => openHead(input.subarray(0, BOX_HEAD_BYTES - 1), publicKey)) === null,
    'half a head',
  )
}

function report(input: Uint8Array): void {
  const read = (bytes: Uint8Array) => openReport(bytes, publicKey)
  roundTrip('report', signed('report', input), read, (value) => signReport(value, secretKey))
}

/** Written anew from PROTOCOL.md: the product exports only the reader. */
const historyHead = struct({
  ver: u8,
  kind: u8,
  suite: u8,
  flags: u8,
  org: fixed(16),
  from: fixed(16),
  to: fixed(16),
  pkid: u32,
  t: u64,
  count: u16,
})

function history(input: Uint8Array): void {
  const read = (bytes: Uint8Array) => ({ head: readHistoryHead(bytes), bytes })
  roundTrip('history', input, read, (value) =>
    concat(encode(historyHead, value.head), value.bytes.subarray(66)),
  )
  attempt(() => openHistory(signed('hist', input), publicKey, seed('vector history')))
}

function request(input: Uint8Array): void {
  roundTrip('request signature', input, decodeRequestSignature, (value) =>
    concat(
      encode(oneOf(1, [1]), value.ver),
      value.org,
      value.device,
      value.window,
      value.nonce,
      value.sig,
    ),
  )
}

function epochWrap(input: Uint8Array): void {
  roundTrip('epoch wrap', input, decodeEpochWrap, (value) => {
    must(equal(value.device, input.subarray(0, 16)), 'the device of a wrap')
    return concat(value.device, encode(u32, value.pkid), value.ct, value.sealed)
  })
}

const READERS = [prekey, receipt, head, report, history, request, epochWrap]

export const outside: Target = {
  name: 'outside',
  about: 'prekey, receipt, head, report, history, request signature, epoch wrap',
  sources: [
    'protocol/prekey.ts',
    'protocol/receipt.ts',
    'protocol/box-report.ts',
    'protocol/history-keys.ts',
    'protocol/request.ts',
    'protocol/epoch-keys.ts',
  ],
  longest: 3000,
  batch: 200,
  runs: 2500,
  open: () => ({
    samples: [
      [...vectorBytes('epochs', 'bytes', '/prekeys/'), ...badBytes('prekey')],
      [...vectorBytes('outside', 'bytes', '/receipts/'), ...badBytes('receipt')],
      [...vectorBytes('outside', 'bytes', '/heads/'), ...badBytes('head')],
      [...vectorBytes('outside', 'bytes', '/reports/'), ...badBytes('report')],
      [...vectorBytes('outside', 'bytes', '/history/'), ...badBytes('history')],
      [...vectorBytes('outside', 'signature', '/requests/'), ...badBytes('request')],
      [...vectorBytes('epochs', 'wrap', '/wraps/'), ...badBytes('epoch wrap')],
    ].flatMap((samples, which) => samples.map((sample) => chosen(which, sample))),
    run: choosing(READERS),
  }),
}
