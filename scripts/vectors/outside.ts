// What stands outside the logs: receipts, heads and reports of the box, history, requests, files.
import { openHead, openReport, REPORT, signHead, signReport } from '../../protocol/box-report.ts'
import { chunkCount, fileId, openChunk, sealChunk } from '../../protocol/file.ts'
import { openHistory, readHistoryHead, sealHistory } from '../../protocol/history-keys.ts'
import type { DeviceId, EpochId, LogId, OrgId } from '../../protocol/ids.ts'
import { hash } from '../../protocol/labels.ts'
import { FILE_CHUNK, MAX_GAPS } from '../../protocol/limits.ts'
import { decodeReceipt, signReceipt, verifyReceipt } from '../../protocol/receipt.ts'
import {
  decodeRequestSignature,
  METHOD,
  type Method,
  signRequest,
  verifyRequest,
} from '../../protocol/request.ts'
import {
  seed,
  seededBytes,
  seededHash,
  seededId,
  seededPair,
  START,
} from '../../test/helpers/seed.ts'
import { prekeyFor } from '../../test/helpers/signers.ts'
import {
  bytes,
  type JsonObject,
  list,
  number,
  object,
  same,
  text,
  toJson,
  type VectorFile,
} from './json.ts'

const org = seededId<OrgId>('org')
const log = seededId<LogId>('log')
const device = seededId<DeviceId>('device')
const pair = seededPair('vector outside')
const signKey = pair.publicKey

function makeSigned() {
  const receipt = { org, log, device, upto: 41, h: seededHash('h'), gaps: [], t: START }
  const scattered = Array.from({ length: MAX_GAPS }, (_, i) => ({ from: 2 * i + 1, to: 2 * i + 1 }))
  const receipts = [
    [],
    [{ from: 1, to: 12 }],
    [
      { from: 3, to: 3 },
      { from: 40, to: 41 },
    ],
    scattered,
  ]
  const head = { org, log, n: 41, h: seededHash('h'), t: START }
  const report = { org, about: REPORT.uplink, seq: 5, t: START, data: seededBytes('data', 12) }
  const [headBytes, reportBytes] = [
    signHead(head, pair.secretKey),
    signReport(report, pair.secretKey),
  ]
  return {
    receipts: receipts.map((gaps) => {
      const signed = signReceipt({ ...receipt, gaps }, pair.secretKey)
      return { bytes: signed, signKey, value: decodeReceipt(signed) }
    }),
    heads: [{ bytes: headBytes, signKey, value: openHead(headBytes, signKey) }],
    reports: [{ bytes: reportBytes, signKey, value: openReport(reportBytes, signKey) }],
  }
}

function makeHistory() {
  const prekeySeed = seed('vector history')
  const to = prekeyFor(org, { id: device, pair }, prekeySeed, 0x01020304)
  return [0, 2].map((count) => {
    const held = Array.from({ length: count }, (_, i) => ({
      channel: log,
      epoch: seededId<EpochId>(`epoch ${i}`),
      gen: i,
      ak: seed(`ak ${i}`),
    }))
    const whole = sealHistory({ org, from: seededId('from'), t: START, to }, held, pair.secretKey)
    return { bytes: whole, signKey, seed: prekeySeed, head: readHistoryHead(whole), keys: held }
  })
}

function makeRequests() {
  const who = { org, device, window: seededBytes('window', 16), nonce: seededBytes('nonce', 16) }
  return (Object.keys(METHOD) as Method[]).map((method) => {
    const request = {
      method,
      host: 'krise.musterstadt.example:8443',
      target: '/v1/entries?x=%41',
      body: seededBytes('body', 20),
    }
    return { signature: signRequest(who, request, pair.secretKey), signKey, request, who }
  })
}

/** Byte i of the file is 7 i mod 251: long files need not stand here. */
function content(from: number, to: number): Uint8Array {
  return Uint8Array.from({ length: to - from }, (_, i) => (7 * (from + i)) % 251)
}

function makeFiles() {
  return [0, 10, FILE_CHUNK, FILE_CHUNK + 5].map((size) => {
    const file = { key: seed(`vector file ${size}`), size }
    const chunks = Array.from({ length: chunkCount(file) }, (_, index) => {
      const plain = content(index * FILE_CHUNK, Math.min(size, (index + 1) * FILE_CHUNK))
      const sealed = sealChunk(file, index, plain)
      return {
        index,
        length: sealed.length,
        start: sealed.slice(0, 32),
        bodyHash: hash('body-hash', sealed),
      }
    })
    return { ...file, id: fileId(file), chunks }
  })
}

function make(): JsonObject {
  const rest = { history: makeHistory(), requests: makeRequests(), files: makeFiles() }
  return toJson({ ...makeSigned(), ...rest }) as JsonObject
}

function checkSigned(file: JsonObject): void {
  for (const example of list(file, 'receipts')) {
    const receipt = decodeReceipt(bytes(example, 'bytes'))
    same(receipt, object(example['value']), 'receipt')
    verifyReceipt(receipt, bytes(example, 'signKey'))
  }
  for (const example of list(file, 'heads')) {
    same(
      openHead(bytes(example, 'bytes'), bytes(example, 'signKey')),
      object(example['value']),
      'head',
    )
  }
  for (const example of list(file, 'reports')) {
    same(
      openReport(bytes(example, 'bytes'), bytes(example, 'signKey')),
      object(example['value']),
      'report',
    )
  }
  for (const example of list(file, 'history')) {
    const whole = bytes(example, 'bytes')
    same(readHistoryHead(whole), object(example['head']), 'head of a history')
    same(
      openHistory(whole, bytes(example, 'signKey'), bytes(example, 'seed')),
      example['keys'],
      'history',
    )
  }
}

function checkRequest(example: JsonObject): void {
  const { method, ...shown } = object(example['request'])
  const signature = decodeRequestSignature(bytes(example, 'signature'))
  const { ver, sig, ...who } = signature
  same(who, object(example['who']), `version ${ver}, signature of ${sig.length}`)
  const request = {
    method: method as Method,
    host: text(shown, 'host'),
    target: text(shown, 'target'),
    body: bytes(shown, 'body'),
  }
  verifyRequest(signature, request, bytes(example, 'signKey'))
}

function checkFile(example: JsonObject): void {
  const file = { key: bytes(example, 'key'), size: number(example, 'size') }
  same(fileId(file), example['id'], 'file id')
  same(chunkCount(file), list(example, 'chunks').length, 'chunks')
  for (const [index, chunk] of list(example, 'chunks').entries()) {
    const plain = content(index * FILE_CHUNK, Math.min(file.size, (index + 1) * FILE_CHUNK))
    const sealed = sealChunk(file, index, plain)
    same(
      {
        index,
        length: sealed.length,
        start: sealed.slice(0, 32),
        bodyHash: hash('body-hash', sealed),
      },
      chunk,
      'chunk',
    )
    same(openChunk(file, index, sealed), toJson(plain), 'opened')
  }
}

function check(file: JsonObject): void {
  checkSigned(file)
  for (const example of list(file, 'requests')) checkRequest(example)
  for (const example of list(file, 'files')) checkFile(example)
}

export const outside: VectorFile = {
  name: 'outside',
  about:
    'Receipts, heads and reports of the box, history, signed requests, and file chunks (byte i is 7 i mod 251).',
  make,
  check,
}
