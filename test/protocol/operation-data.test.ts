import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { concat } from '../../protocol/bytes.ts'
import { decodeEntry, type EntryOf, signEntry } from '../../protocol/entry.ts'
import type { EpochId, LogId } from '../../protocol/ids.ts'
import { CHANNEL_TYPE, KIND, type OperationKind } from '../../protocol/kinds.ts'
import {
  decodeOperationData,
  encodeOperationData,
  type OperationData,
} from '../../protocol/operation-data.ts'
import {
  refused,
  refusedSomehow,
  seededHash,
  seededId,
  seededPair,
  START,
} from '../helpers/seed.ts'

const pair = seededPair('operations')
const h = seededHash('h')
const context = { org: seededId, log: seededId, signer: seededId }

function entryWith(kind: OperationKind, data: Uint8Array): EntryOf<OperationKind> {
  const ids = {
    org: context.org('org'),
    log: context.log('log'),
    signer: context.signer('s'),
  } as const
  const fields = { membN: 1, membPrev: h, dirN: 1, dirH: h, role: 1, subjects: [], data } as const
  const whole = { ...ids, refN: 0, refH: h, t: START } as Parameters<typeof signEntry>[1]
  return decodeEntry(
    signEntry(kind, whole, fields as never, pair.secretKey),
  ) as EntryOf<OperationKind>
}
const read = (kind: OperationKind, data: Uint8Array) => decodeOperationData(entryWith(kind, data))

const id = <T extends Uint8Array>() =>
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((b) => b as T)
const flag = fc.constantFrom(0 as const, 1 as const)
const plainly = { noNullPrototype: true }
const title = fc.uint8Array({ maxLength: 200 })
const dkVer = fc.nat(0xffff)
const create = fc.record(
  {
    kind: fc.constant('create' as const),
    type: fc.constantFrom(...Object.values(CHANNEL_TYPE)),
    recorded: flag,
    dkVer,
    title,
  },
  plainly,
)
const publicKey = fc.uint8Array({ minLength: 1216, maxLength: 1216 })
const KINDS: [OperationKind, fc.Arbitrary<OperationData>][] = [
  [KIND.create, create],
  [KIND.policy, fc.record({ kind: fc.constant('policy' as const), recorded: flag }, plainly)],
  [KIND.title, fc.record({ kind: fc.constant('title' as const), dkVer, title }, plainly)],
  [
    KIND.respkey,
    fc.record(
      {
        kind: fc.constant('respkey' as const),
        channel: id<LogId>(),
        epoch: id<EpochId>(),
        publicKey,
      },
      plainly,
    ),
  ],
]

for (const [kind, arbitrary] of KINDS) {
  describe(`data of kind ${kind}`, () => {
    test('is read back', () => {
      fc.assert(
        fc.property(arbitrary, (value) =>
          assert.deepEqual({ ...read(kind, encodeOperationData(value)) }, value),
        ),
        { numRuns: 40 },
      )
    })

    test('ends where it ends', () => {
      const [value] = fc.sample(arbitrary, { numRuns: 1, seed: 1 }) as [OperationData]
      const data = encodeOperationData(value)
      for (let n = 0; n < data.length; n++)
        refusedSomehow(() => read(kind, data.subarray(0, n)), `${n}`)
      refused('malformed', () => read(kind, concat(data, Uint8Array.of(0))))
    })
  })
}

test('operations that carry none carry none', () => {
  assert.equal(encodeOperationData({ kind: 'none' }).length, 0)
  for (const kind of [KIND.add, KIND.remove, KIND.role] as const) {
    assert.deepEqual(read(kind, new Uint8Array(0)), { kind: 'none' })
    refused('malformed', () => read(kind, Uint8Array.of(0)))
  }
})

test('unknown types of channels and flags are refused', () => {
  const data = encodeOperationData({
    kind: 'create',
    type: 1,
    recorded: 0,
    dkVer: 1,
    title: new Uint8Array(0),
  })
  for (const type of [0, 5]) refused('malformed', () => read(KIND.create, data.with(0, type)))
  for (const flagged of [2, 255]) {
    refused('malformed', () => read(KIND.create, data.with(1, flagged)))
    refused('malformed', () => read(KIND.policy, Uint8Array.of(flagged)))
  }
})

test('a sealed title has at most 512 bytes', () => {
  const long = { kind: 'title', dkVer: 1, title: new Uint8Array(513) } as const
  refused('too_large', () => encodeOperationData(long))
})
