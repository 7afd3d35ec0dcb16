// What travels between box and device, and the texts that people and programs write.
import { stubOf } from '../../../protocol/chain.ts'
import { decodeKept } from '../../../protocol/entry.ts'
import {
  bareItem,
  type Input,
  placed,
  readRefusal,
  type RouteName,
  ROUTES,
} from '../../../protocol/api.ts'
import {
  equal,
  fromBase64Url,
  fromHex,
  fromUtf8,
  toBase64Url,
  toHex,
  utf8,
} from '../../../protocol/bytes.ts'
import { fromPaper, toPaper } from '../../../protocol/card-text.ts'
import { type Codec, decode, encode } from '../../../protocol/codec.ts'
import { isErrorCode } from '../../../protocol/errors.ts'
import {
  decodeFrame,
  encodeFrame,
  type Frame,
  joinFrames,
  splitFrames,
} from '../../../protocol/frames.ts'
import { idText, type LogId, parseId } from '../../../protocol/ids.ts'
import { MAX_REQUEST } from '../../../protocol/limits.ts'
import { messageBucket, pad, unpad } from '../../../protocol/padding.ts'
import {
  attempt,
  chosen,
  choosing,
  must,
  roundTrip,
  type Target,
} from '../../../scripts/fuzz/target.ts'
import { seededBytes, seededHash, seededId } from '../../helpers/seed.ts'
import { badBytes, entrySamples, vectorBytes } from '../samples.ts'

const id = seededId

function frameSamples(): Uint8Array[] {
  const [entry, wrap, head] = [
    entrySamples(),
    vectorBytes('epochs', 'wrap', '/wraps/'),
    vectorBytes('outside', 'bytes', '/heads/'),
  ]
  const where = { log: id<never>('log'), n: 7 }
  const frames: Frame[] = [
    { type: 'entry', n: 1, bytes: entry[0] as Uint8Array },
    { type: 'header', n: 2, bytes: entry[4] as Uint8Array },
    {
      type: 'stub',
      ...where,
      stub: { kind: 64, subject: id('subject'), id: seededBytes('e', 32) as never },
    },
    { type: 'head', bytes: head[0] as Uint8Array },
    {
      type: 'wrap',
      id: 9,
      log: id('log'),
      epoch: id('epoch'),
      gen: 1,
      wrap: wrap[0] as Uint8Array,
    },
    { type: 'parcel', id: 3, bytes: seededBytes('parcel', 60) },
    { type: 'more' },
    { type: 'alive', t: 1_930_291_200_000 },
  ]
  return frames.map(encodeFrame)
}

export const frames: Target = {
  name: 'frames',
  about: 'decodeFrame, splitFrames: what the box sends',
  sources: ['protocol/frames.ts', 'protocol/codec.ts'],
  longest: 5000,
  batch: 600,
  runs: 5000,
  open() {
    const each = frameSamples()
    const pages = [joinFrames(each), joinFrames(each.slice(5)), joinFrames([])]
    return {
      samples: [
        ...[...each, ...badBytes('frame')].map((one) => chosen(0, one)),
        ...pages.map((one) => chosen(1, one)),
      ],
      run: choosing([
        (input) => roundTrip('frame', input, decodeFrame, encodeFrame),
        (input) =>
          roundTrip('frames', input, splitFrames, (all) => joinFrames(all.map(encodeFrame))),
      ]),
    }
  },
}

/** One acceptable input of each route. */
function inputs(): { [R in RouteName]: Input<R> } {
  const [prekey] = vectorBytes('epochs', 'bytes', '/prekeys/') as [Uint8Array]
  const [receipt] = vectorBytes('outside', 'bytes', '/receipts/') as [Uint8Array]
  const wraps = vectorBytes('epochs', 'wrap', '/wraps/').slice(0, 2)
  const [entry] = entrySamples() as [Uint8Array]
  const items = [bareItem(entry), { entry, card: seededBytes('card', 40), wraps }]
  const place = { log: id<never>('log'), n: 7 }
  const file = { log: id<LogId>('log'), file: seededHash('file') }
  return {
    card: { lookup: id('lookup') },
    enrol: { org: id('org'), lookup: id('lookup'), items: [bareItem(entry)], prekey },
    entries: { items },
    wraps: { log: id('log'), epoch: id('epoch'), gen: 1, wraps },
    resubmit: {
      log: id('log'),
      from: 4,
      entries: [entry, entry],
      rest: [stubOf(decodeKept(entry))],
      head: seededBytes('head', 148),
    },
    sync: { have: [place, place], wrapsSeen: 9, parcels: [1, 2] },
    checkpoint: { by: id('maker'), at: 7 },
    directory: { from: 3 },
    prekey: { prekey },
    prekeys: { devices: [id('one'), id('two')] },
    receipt: { receipts: [receipt, receipt] },
    receipts: { log: id('log') },
    parcel: { to: id('to'), bytes: seededBytes('parcel', 50) },
    fileOpen: { ...file, size: 1_048_576 },
    filePut: { ...file, part: 1, bytes: seededBytes('part', 60) },
    fileGet: { ...file, part: 1 },
    fileDrop: file,
    pushKey: {},
    pushPut: {
      endpoint: 'https://updates.push.services.mozilla.com/wpush/v2/abc',
      p256dh: seededBytes('p256dh', 65),
      auth: seededBytes('auth', 16),
      chat: 1,
    },
    pushTest: {},
  }
}

function outputs(): [Codec<unknown>, unknown][] {
  const head = vectorBytes('outside', 'bytes', '/heads/')
  const prekeys = vectorBytes('epochs', 'bytes', '/prekeys/').slice(0, 1)
  const receipts = vectorBytes('outside', 'bytes', '/receipts/')
  return [
    [placed, { places: [{ log: id('log'), n: 7 }], heads: head }],
    [ROUTES.card.output, { org: id('org'), card: seededBytes('card', 60) }],
    [ROUTES.wraps.output, {}],
    [ROUTES.prekeys.output, { prekeys }],
    [ROUTES.receipts.output, { receipts }],
    [ROUTES.fileOpen.output, { parts: Uint8Array.of(0xff, 1) }],
    [ROUTES.fileGet.output, { bytes: seededBytes('part', 60) }],
  ]
}

const reading = (what: string, codec: Codec<unknown>, max: number) => (input: Uint8Array) =>
  roundTrip(
    what,
    input,
    (bytes) => decode(codec, bytes, max),
    (value) => encode(codec, value),
  )

export const api: Target = {
  name: 'api',
  about: 'what goes into and comes out of every route',
  sources: ['protocol/api.ts', 'protocol/codec.ts'],
  longest: 5000,
  batch: 600,
  runs: 5000,
  open() {
    const names = Object.keys(ROUTES) as RouteName[]
    const given = inputs()
    const into = names.map((name) => {
      const codec = ROUTES[name].input as Codec<unknown>
      return { codec, name, max: ROUTES[name].max, sample: encode(codec, given[name]) }
    })
    const out = outputs().map(([codec, value], i) => {
      return { codec, name: `answer ${i}`, max: 2 * MAX_REQUEST, sample: encode(codec, value) }
    })
    const all = [...into, ...out]
    return {
      samples: all.map(({ sample }, which) => chosen(which, sample)),
      run: choosing(all.map(({ codec, name, max }) => reading(name, codec, max))),
    }
  },
}

/** A text with one byte a character: what people type is not always well-formed. */
const typed = (input: Uint8Array): string =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(input)

/** As PROTOCOL.md, 5, says how a card is read. */
function plainLetters(text: string): string {
  const upper = text.replace(/[a-z]/g, (letter) => letter.toUpperCase())
  return upper
    .replace(/[\s\p{Pd}]/gu, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1')
}

function paper(length: 16 | 32): (input: Uint8Array) => void {
  return (input) => {
    const read = attempt(() => fromPaper(typed(input), length))
    if (read === null) return
    must(read.value.length === length, 'the length of a secret')
    const again = fromPaper(toPaper(read.value), length)
    must(equal(again, read.value), 'a secret is the same when it is printed again')
    const printed = toPaper(read.value).replaceAll('-', '')
    must(plainLetters(typed(input)) === printed, 'each character is the one on the paper')
  }
}

const oneSpelling =
  (what: string, read: (text: string) => Uint8Array, write: (bytes: Uint8Array) => string) =>
  (input: Uint8Array): void => {
    const text = typed(input)
    const value = attempt(() => read(text))
    if (value !== null) must(write(value.value) === text, `${what}: two spellings of one value`)
  }

function refusal(input: Uint8Array): void {
  const read = readRefusal(input)
  if (read === null) return
  must(typeof read.code === 'string' && typeof read.detail === 'string', 'a refusal is two texts')
  isErrorCode(read.code)
}

const PLAIN_TEXTS = ['Stadtwerke', 'ü', '\ufeff', '👩‍🚒', '']

function textSamples(): Uint8Array[][] {
  const secrets = [seededBytes('s', 16), seededBytes('s', 32)].map((one) => utf8(toPaper(one)))
  const spaced = utf8(' oooo-oooo–oooo-oooo oooo-oooo-oo96 ')
  const error = { code: 'not_found', message: 'x', todo: 'y', detail: 'z' }
  return [
    [secrets[0] as Uint8Array, spaced],
    [secrets[1] as Uint8Array],
    ['', '00ff', 'abcdef'].map(utf8),
    ['', 'AA', 'AAA', 'AAAA', '_-8'].map(utf8),
    PLAIN_TEXTS.map(utf8),
    [utf8(idText(id('x')))],
    [0, 1, 255, 256, 4095, 4096, 5000].map((n) => pad(seededBytes('p', n), messageBucket)),
    [{ error }, { error: { code: { toString: 1 }, detail: [] } }, [], null].map((value) =>
      utf8(JSON.stringify(value)),
    ),
  ]
}

export const texts: Target = {
  name: 'texts',
  about: 'cards on paper, hex, base64url, UTF-8, ids, padding, refusals in JSON',
  sources: [
    'protocol/bytes.ts',
    'protocol/card-text.ts',
    'protocol/padding.ts',
    'protocol/api.ts',
    'protocol/ids.ts',
  ],
  longest: 9000,
  batch: 600,
  runs: 6000,
  open: () => ({
    samples: textSamples().flatMap((all, which) => all.map((one) => chosen(which, one))),
    run: choosing([
      paper(16),
      paper(32),
      oneSpelling('hex', fromHex, toHex),
      oneSpelling('base64url', fromBase64Url, toBase64Url),
      (input) => roundTrip('UTF-8', input, fromUtf8, utf8),
      oneSpelling('id', (text) => parseId(text), idText),
      (input) =>
        roundTrip(
          'padding',
          input,
          (bytes) => unpad(bytes, messageBucket),
          (plain) => pad(plain, messageBucket),
        ),
      refusal,
    ]),
  }),
}
