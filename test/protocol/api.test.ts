import { KINDS } from '../../protocol/kinds.ts'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  bareItem,
  LIVE_PATH,
  MAX_PART,
  placed,
  readRefusal,
  ROUTES,
  SIGNATURE_HEADER,
  WINDOW_HEADER,
} from '../../protocol/api.ts'
import { concat, utf8 } from '../../protocol/bytes.ts'
import { type Codec, decode, encode } from '../../protocol/codec.ts'
import { refused, refusedSomehow, seededBytes } from '../helpers/seed.ts'

const plainly = { noNullPrototype: true }
const sizesOf = (count: number, size: number) =>
  Array.from({ length: count }, () => new Uint8Array(size))
const bytes = (n: number) => fc.uint8Array({ minLength: n, maxLength: n })
const upTo = (n: number) => fc.uint8Array({ maxLength: n })
const record = <T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(shape, plainly)
const few = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 3 })
const id = bytes(16)
const n = fc.maxSafeNat()
const place = record({ log: id, n })
const wraps = few(bytes(1188))
const items = few(record({ entry: upTo(90), card: upTo(90), wraps }))
const gen = fc.nat(0xffff)

/** What goes in and out of each route, written anew. */
const SHAPES: Record<
  keyof typeof ROUTES,
  [input: fc.Arbitrary<unknown>, output: fc.Arbitrary<unknown> | null]
> = {
  card: [record({ lookup: id }), record({ org: id, card: upTo(90) })],
  enrol: [
    record({ org: id, lookup: id, items, prekey: bytes(1334) }),
    record({ places: few(place), heads: few(bytes(148)) }),
  ],
  entries: [record({ items }), record({ places: few(place), heads: few(bytes(148)) })],
  wraps: [record({ log: id, epoch: id, gen, wraps }), record({})],
  resubmit: [
    record({
      log: id,
      from: n,
      entries: few(upTo(90)),
      rest: few(record({ kind: fc.constantFrom(...KINDS), subject: id, id: bytes(32) })),
      head: bytes(148),
    }),
    record({}),
  ],
  sync: [record({ have: few(place), wrapsSeen: n, parcels: few(n) }), null],
  checkpoint: [
    record({ by: id, at: fc.nat(0xffff_ffff) }),
    record({ n, entry: upTo(90), total: fc.nat(0xffff_ffff), bytes: upTo(90) }),
  ],
  directory: [record({ from: n }), null],
  prekey: [record({ prekey: bytes(1334) }), record({})],
  prekeys: [record({ devices: few(id) }), record({ prekeys: few(bytes(1334)) })],
  receipt: [record({ receipts: few(upTo(421)) }), record({})],
  receipts: [record({ log: id }), record({ receipts: few(upTo(421)) })],
  parcel: [record({ to: id, bytes: upTo(90) }), record({})],
  fileOpen: [record({ log: id, file: bytes(32), size: n }), record({ parts: upTo(90) })],
  filePut: [record({ log: id, file: bytes(32), part: gen, bytes: upTo(90) }), record({})],
  fileGet: [record({ log: id, file: bytes(32), part: gen }), record({ bytes: upTo(90) })],
  fileDrop: [record({ log: id, file: bytes(32) }), record({})],
  pushKey: [record({}), record({ key: bytes(65) })],
  pushPut: [
    record({
      endpoint: fc.string({ unit: 'grapheme', maxLength: 20 }),
      p256dh: bytes(65),
      auth: bytes(16),
      chat: fc.constantFrom(0, 1),
    }),
    record({}),
  ],
  pushTest: [record({}), record({})],
}

function holds(codec: Codec<unknown>, values: fc.Arbitrary<unknown>): void {
  fc.assert(
    fc.property(values, values, (one, other) => {
      const written = encode(codec, one)
      assert.deepEqual(decode(codec, written, 1e6), one)
      if (written.join() === encode(codec, other).join()) assert.deepEqual(one, other)
      refused('malformed', () => decode(codec, concat(written, Uint8Array.of(0)), 1e6))
      if (written.length > 0)
        refusedSomehow(() => decode(codec, written.subarray(0, -1), 1e6), 'cut')
    }),
    { numRuns: 25 },
  )
}

for (const [name, { path, input, output, max }] of Object.entries(ROUTES)) {
  describe(name, () => {
    const [into, out] = SHAPES[name as keyof typeof ROUTES]

    test('takes what it says', () => holds(input, into))

    test('gives what it says', () => {
      if (out === null) assert.equal(output, 'frames')
      else holds(output as Codec<unknown>, out)
    })

    test('has a path of version 1 and a limit', () => {
      assert.match(path, /^\/v1(?:\/[a-z]+){1,2}$/)
      assert.ok(max >= 64 && max <= MAX_PART + 64)
    })
  })
}

test('paths differ', () => {
  const paths = [...Object.values(ROUTES).map((r) => r.path), LIVE_PATH]
  assert.equal(new Set(paths).size, paths.length)
  assert.deepEqual([SIGNATURE_HEADER, WINDOW_HEADER], ['holdfast-signature', 'holdfast-window'])
})

test('a full segment’s wraps fit in one request', () => {
  const full = {
    items: [
      { entry: seededBytes('announce', 318), card: new Uint8Array(0), wraps: sizesOf(512, 1188) },
    ],
  }
  assert.ok(encode(ROUTES.entries.input, full as never).length < ROUTES.entries.max)
})

test('too many of anything is refused', () => {
  const item = bareItem(new Uint8Array(0))
  refused('too_large', () =>
    encode(ROUTES.entries.input, { items: Array.from({ length: 257 }, () => item) }),
  )
  refused('too_large', () =>
    encode(ROUTES.entries.input, { items: [{ ...item, wraps: sizesOf(801, 1188) }] }),
  )
  refused('too_large', () => encode(ROUTES.prekeys.input, { devices: sizesOf(2049, 16) } as never))
  refused('too_large', () => encode(placed, { places: [], heads: sizesOf(257, 148) }))
})

test('a refusal of the box is read, anything else is not', () => {
  const json = (value: unknown) => readRefusal(utf8(JSON.stringify(value)))
  assert.deepEqual(json({ error: { code: 'not_found', detail: 'x', more: 1 } }), {
    code: 'not_found',
    detail: 'x',
  })
  for (const other of [
    null,
    1,
    'x',
    [],
    {},
    { error: null },
    { error: 'x' },
    { error: { code: 'x' } },
  ]) {
    assert.equal(json(other), null)
  }
  assert.equal(readRefusal(utf8('<html>')), null)
  assert.equal(readRefusal(Uint8Array.of(0xff)), null)
})
