// A film of a phone without the place where it was taken.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, utf8 } from '../../protocol/bytes.ts'
import { withoutPlace } from '../../pwa/ui/film.ts'

const PLACE = utf8('+48.1374+011.5755/')

function box(type: string, ...inside: Uint8Array[]): Uint8Array {
  const content = concat(...inside)
  const head = new Uint8Array(8)
  new DataView(head.buffer).setUint32(0, content.length + 8)
  head.set(utf8(type), 4)
  return concat(head, content)
}

/** With a size of 64 bits, as large films have. */
function longBox(type: string, content: Uint8Array): Uint8Array {
  const head = new Uint8Array(16)
  const view = new DataView(head.buffer)
  view.setUint32(0, 1)
  head.set(utf8(type), 4)
  view.setBigUint64(8, BigInt(content.length + 16))
  return concat(head, content)
}

const look = (bytes: Uint8Array) => withoutPlace(new Blob([bytes as Uint8Array<ArrayBuffer>]))
const cleaned = async (bytes: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(await (await look(bytes)).film.arrayBuffer())
const isClean = async (bytes: Uint8Array): Promise<boolean> => (await look(bytes)).clean
const holds = (bytes: Uint8Array, part: Uint8Array): boolean =>
  Buffer.from(bytes).includes(Buffer.from(part))

const PICTURES = utf8('frames of the film')
const places = [
  ['in the index', box('moov', box('mvhd', utf8('time')), box('udta', PLACE))],
  ['in a track', box('moov', box('trak', box('tkhd', utf8('x')), box('meta', PLACE)))],
  ['beside the index', concat(box('moov', box('mvhd', utf8('time'))), box('uuid', PLACE))],
] as const

for (const [where, index] of places)
  test(`A place ${where} is taken out; nothing else moves`, async () => {
    const film = concat(box('ftyp', utf8('isom')), longBox('mdat', PICTURES), index)
    assert.ok(holds(film, PLACE))
    const clean = await cleaned(film)
    assert.ok(!holds(clean, PLACE))
    assert.equal(clean.length, film.length)
    assert.ok(holds(clean, PICTURES))
    assert.deepEqual(clean.subarray(0, 60), film.subarray(0, 60))
    assert.ok(await isClean(film))
  })

test('What is no film, or a broken one, is not called clean', async () => {
  for (const bytes of [utf8('an ordinary text that is long enough'), box('moov').subarray(0, 5)]) {
    assert.deepEqual(await cleaned(bytes), bytes)
    assert.equal(await isClean(bytes), false)
  }
  const lying = box('moov', box('udta', PLACE))
  new DataView(lying.buffer).setUint32(8, 0xffff_ffff)
  assert.equal(await isClean(lying), false)
})

test('A place is taken out also where something else follows the film, and then nobody calls it clean', async () => {
  const film = concat(box('ftyp', utf8('isom')), box('moov', box('udta', PLACE)), utf8('junk'))
  const clean = await cleaned(film)
  assert.ok(!holds(clean, PLACE))
  assert.equal(clean.length, film.length)
  assert.equal(await isClean(film), false)
})

test('A track of places is told', async () => {
  const film = concat(
    box('ftyp', utf8('isom')),
    box('moov', box('trak', box('stsd', utf8('gpmd')))),
  )
  assert.equal(await isClean(film), false)
})

test('A box that says it ends with the file does', async () => {
  const open = box('moov', box('udta', PLACE))
  new DataView(open.buffer).setUint32(0, 0)
  assert.ok(!holds(await cleaned(open), PLACE))
})
