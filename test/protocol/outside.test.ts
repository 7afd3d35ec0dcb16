// Receipt, prekey, box head, box report and history have one shape of rules: exact size, known version,
// a signature under their own label by the right key, every byte covered.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { concat } from '../../protocol/bytes.ts'
import { openHead, openReport, REPORT, signHead, signReport } from '../../protocol/box-report.ts'
import { type HeldKey, openHistory, sealHistory } from '../../protocol/history-keys.ts'
import type { DeviceId, EpochId, LogId, OrgId } from '../../protocol/ids.ts'
import { OUTSIDE } from '../../protocol/kinds.ts'
import { sign, SIGN_LABELS, type SignLabel } from '../../protocol/labels.ts'
import { decodePrekey, signPrekey, verifyPrekey } from '../../protocol/prekey.ts'
import { decodeReceipt, signReceipt, verifyReceipt } from '../../protocol/receipt.ts'
import { xwingPublic } from '../../protocol/sodium.ts'
import {
  flipped,
  refused,
  refusedSomehow,
  seed,
  seededBytes,
  seededHash,
  seededId,
  seededPair,
  START,
} from '../helpers/seed.ts'

const pair = seededPair('outside')
const org = seededId<OrgId>('org')
const log = seededId<LogId>('log')
const device = seededId<DeviceId>('device')
const prekeySeed = seed('prekey')

const receipt = {
  org,
  log,
  device,
  upto: 41,
  h: seededHash('h'),
  gaps: [{ from: 7, to: 9 }],
  t: START,
}
const prekey = {
  org,
  device,
  pkid: 3,
  notBefore: START,
  notAfter: START + 9,
  publicKey: xwingPublic(prekeySeed),
}
const head = { org, log, n: 41, h: seededHash('h'), t: START }
const report = { org, about: REPORT.ladder, seq: 5, t: START, data: seededBytes('data', 99) }
const held: HeldKey[] = Array.from({ length: 3 }, (_, i) => ({
  channel: log,
  epoch: seededId<EpochId>(`epoch ${i}`),
  gen: i,
  ak: seed(`ak ${i}`),
}))
const to = decodePrekey(signPrekey(prekey, pair.secretKey))
const history = sealHistory({ org, from: device, t: START, to }, held, pair.secretKey)

type Outside = {
  label: SignLabel
  size: number
  bytes: Uint8Array
  /** Reads and verifies. */
  open: (bytes: Uint8Array, signPk: Uint8Array) => unknown
  value: object
  /** Where kind and suite stand, if anywhere. */
  kind?: number
  suite?: number
}

const OUTSIDES: Record<string, Outside> = {
  receipt: {
    label: 'receipt',
    size: 165 + 16,
    bytes: signReceipt(receipt, pair.secretKey),
    value: receipt,
    kind: 1,
    open: (bytes, signPk) => {
      const value = decodeReceipt(bytes)
      verifyReceipt(value, signPk)
      return value
    },
  },
  prekey: {
    label: 'prekey',
    size: 1334,
    bytes: signPrekey(prekey, pair.secretKey),
    value: prekey,
    suite: 1,
    open: (bytes, signPk) => {
      const value = decodePrekey(bytes)
      verifyPrekey(value, signPk)
      return value
    },
  },
  head: {
    label: 'head',
    size: 148,
    bytes: signHead(head, pair.secretKey),
    value: head,
    kind: 1,
    open: openHead,
  },
  report: {
    label: 'report',
    size: 1 + 1 + 16 + 1 + 8 + 8 + 2 + 99 + 64,
    bytes: signReport(report, pair.secretKey),
    value: report,
    kind: 1,
    open: openReport,
  },
  history: {
    label: 'hist',
    size: 1266 + 66 * 3,
    bytes: history,
    value: held,
    kind: 1,
    suite: 2,
    open: (bytes, signPk) => openHistory(bytes, signPk, prekeySeed),
  },
}

for (const [name, { label, size, bytes, open, value, kind, suite }] of Object.entries(OUTSIDES)) {
  describe(name, () => {
    const unsigned = bytes.subarray(0, -64)
    const resigned = (changed: Uint8Array) => concat(changed, sign(label, changed, pair.secretKey))

    test('has its size and says what was put in', () => {
      assert.equal(bytes.length, size)
      const opened = open(bytes, pair.publicKey) as object
      assert.partialDeepStrictEqual({ ...opened }, { ...value })
    })

    test('is refused under another key', () => {
      refused('bad_signature', () => open(bytes, seededPair('nobody').publicKey))
    })

    test('is refused with any byte changed', () => {
      for (let at = 0; at < bytes.length; at++) {
        refusedSomehow(() => open(flipped(bytes, at), pair.publicKey), `byte ${at}`)
      }
      refused('bad_signature', () => open(flipped(bytes, bytes.length - 1), pair.publicKey))
    })

    test('is refused when it is shorter or longer', () => {
      for (let n = 0; n < bytes.length; n++) {
        refusedSomehow(() => open(bytes.subarray(0, n), pair.publicKey), `${n} bytes`)
      }
      refusedSomehow(() => open(concat(bytes, Uint8Array.of(0)), pair.publicKey), 'one more')
    })

    test('is refused when signed under any other label', () => {
      for (const other of SIGN_LABELS) {
        const again = concat(unsigned, sign(other, unsigned, pair.secretKey))
        if (other === label) assert.deepEqual(again, bytes)
        else refused('bad_signature', () => open(again, pair.publicKey))
      }
    })

    test('is refused in another version, as another kind or suite, though well signed', () => {
      const changed = (at: number, to_: number) => resigned(unsigned.with(at, to_))
      for (const version of [0, 2])
        refused('unknown_version', () => open(changed(0, version), pair.publicKey))
      for (const other of Object.values(OUTSIDE)) {
        if (kind === undefined || other === unsigned[kind]) continue
        refused('malformed', () => open(changed(kind, other), pair.publicKey))
      }
      if (suite === undefined) return
      for (const other of [0, 1, 3])
        refused('unknown_suite', () => open(changed(suite, other), pair.publicKey))
    })
  })
}

test('a receipt of another era is refused, though well signed', () => {
  const bytes = signReceipt(receipt, pair.secretKey).subarray(0, -64).with(51, 1)
  const value = decodeReceipt(concat(bytes, sign('receipt', bytes, pair.secretKey)))
  assert.equal(value.era, 1)
  refused('malformed', () => verifyReceipt(value, pair.publicKey))
})

test('a head of another era is refused, though well signed', () => {
  const bytes = signHead(head, pair.secretKey).subarray(0, -64).with(35, 1)
  refused('malformed', () =>
    openHead(concat(bytes, sign('head', bytes, pair.secretKey)), pair.publicKey),
  )
})

test('sizes are judged before anything else', () => {
  refused('too_large', () => decodeReceipt(new Uint8Array(165 + 16 * 16 + 1)))
  refused('too_large', () => decodePrekey(new Uint8Array(1335)))
  refused('too_large', () => openHead(new Uint8Array(149), pair.publicKey))
  refused('too_large', () => openReport(new Uint8Array(101 + 1024 + 1), pair.publicKey))
  refused('too_large', () => signReport({ ...report, data: new Uint8Array(1025) }, pair.secretKey))
})

test('a prekey that nothing can be sealed to is refused, though well signed', () => {
  const publicKey = concat(prekey.publicKey.subarray(0, 1184), new Uint8Array(32))
  const value = decodePrekey(signPrekey({ ...prekey, publicKey }, pair.secretKey))
  refused('malformed', () => verifyPrekey(value, pair.publicKey))
})

test('a report is about something that is known', () => {
  const bytes = signReport(report, pair.secretKey).subarray(0, -64).with(18, 4)
  refused('malformed', () =>
    openReport(concat(bytes, sign('report', bytes, pair.secretKey)), pair.publicKey),
  )
})

test('two heads of one index and different hashes both verify: that is the proof of a fork', () => {
  const other = signHead({ ...head, h: seededHash('other') }, pair.secretKey)
  assert.notDeepEqual(openHead(other, pair.publicKey).h, head.h)
})
