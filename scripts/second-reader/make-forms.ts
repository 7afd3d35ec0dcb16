// Random texts on paper, padding, contents, frames, pages and bodies of routes; about half damaged.
import { ROUTES } from '../../protocol/api.ts'
import { concat, u16be, u64be, utf8 } from '../../protocol/bytes.ts'
import { toPaper } from '../../protocol/card-text.ts'
import { type Codec, encode } from '../../protocol/codec.ts'
import { type Content, DEFAULT_ANSWERS, encodeContent, MARK } from '../../protocol/content.ts'
import { encodeFrame, type Frame, joinFrames } from '../../protocol/frames.ts'
import { KINDS } from '../../protocol/kinds.ts'
import { MAX_FILE, MAX_GAPS, MAX_REQUEST } from '../../protocol/limits.ts'
import { messageBucket, pad } from '../../protocol/padding.ts'
import { damaged, edgeText, half } from './damage.ts'
import type { Dice } from './dice.ts'
import { id, randomEntry } from './make-entries.ts'
import type { Make } from './objects.ts'

/** What people put between and into the characters, and what they must not. */
const BETWEEN = [
  ' ',
  '-',
  '–',
  '—',
  '\t',
  '\n',
  '\u{a0}',
  '\u{2003}',
  '\u{feff}',
  '\u{85}',
  '\u{1680}',
  '\u{ad}',
  '\u{1c}',
  '_',
  '.',
]
const ALIKE = ['O', 'o', 'I', 'l', 'i', 'L', 'U', 'ı', 'ß', 'İ', 'ﬁ', '🙂', '\0', 'é', 'ǉ']

const receiptBytes = (dice: Dice): Uint8Array => dice.bytes(165 + 16 * dice.between(0, MAX_GAPS))

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

function typed(dice: Dice) {
  const size = dice.pick([16, 32] as const)
  const bytes = dice.chance(0.2) ? new Uint8Array(size) : dice.bytes(size)
  let text = toPaper(bytes)
  if (dice.chance(0.3)) text = text.toLowerCase()
  if (dice.chance(0.3)) text = text.replaceAll('-', dice.pick(['', ' ', '–', ' - ']))
  if (dice.chance(0.3)) text = text.replaceAll('0', () => dice.pick(['0', 'O', 'o']))
  if (dice.chance(0.3)) text = text.replaceAll('1', () => dice.pick(['1', 'I', 'l', 'i', 'L']))
  const at = dice.below(text.length + 1)
  const way = dice.below(7)
  if (way === 6) text = withSpareBits(text, dice)
  const put = (what: string, instead: number) => text.slice(0, at) + what + text.slice(at + instead)
  if (way === 0) text = put(dice.pick(BETWEEN), 0)
  if (way === 1) text = put(dice.pick(ALIKE), 1)
  if (way === 2) text = put(CROCKFORD.charAt(dice.below(32)), dice.below(2))
  return { text, size: dice.chance(0.95) ? size : 48 - size }
}

/** The last character before the check characters, with other spare bits: the same bytes, another text. */
function withSpareBits(text: string, dice: Dice): string {
  const plain = text.replace(/[^0-9A-Za-z]/g, '').toUpperCase()
  const value = CROCKFORD.indexOf(plain.at(-3) ?? '')
  return plain.slice(0, -3) + CROCKFORD.charAt((value | dice.below(4)) & 31) + plain.slice(-2)
}

const toPaperOf = (dice: Dice) => ({ bytes: dice.bytes(dice.pick([16, 32])) })

const lengths = [0, 1, 254, 255, 256, 257, 4094, 4095, 4096, 8190, 8191, 8192, 16384, 65535]
const lengthOf = (dice: Dice) =>
  dice.chance(0.4) ? dice.pick(lengths) : dice.below(dice.pick([300, 9000, 66_000]))

function padding(dice: Dice) {
  const step = dice.pick([0, 0, 64])
  return {
    step,
    bytes: dice.chance(0.3) ? new Uint8Array(lengthOf(dice)) : dice.bytes(lengthOf(dice)),
  }
}

function unpadding(dice: Dice) {
  const { step, bytes } = padding(dice)
  const bucket = step === 0 ? messageBucket : (length: number) => Math.ceil(length / step) * step
  const padded = pad(dice.chance(0.2) ? concat(bytes, Uint8Array.of(0x80)) : bytes, bucket)
  const way = dice.below(6)
  if (way < 3) return { step, bytes: padded }
  if (way === 3) return { step, bytes: concat(padded, new Uint8Array(dice.pick([1, 64, 256]))) }
  if (way === 4) return { step, bytes: padded.slice(0, -dice.pick([1, 64, 256])) }
  return { step, bytes: damaged(padded, dice) }
}

export function randomContent(
  dice: Dice,
  type: Content['type'] = dice.pick(['text', 'alert', 'names', 'file', 'mark']),
): Content {
  const text = dice.text(dice.chance(0.05) ? 16_384 : 200)
  if (type === 'text') return { type, text, replyTo: dice.chance(0.3) ? id(dice) : null }
  if (type === 'names') {
    const people = Array.from({ length: dice.below(5) }, () => ({
      person: id<never>(dice),
      name: dice.text(200),
    }))
    return { type, title: dice.text(200), people }
  }
  if (type === 'file') return fileContent(dice, text)
  if (type === 'mark') return markContent(dice)
  const own = Array.from({ length: dice.below(9) }, () => dice.text(40))
  const answers = dice.pick([DEFAULT_ANSWERS, own, own])
  const severity = dice.pick([1, 2, 3] as const)
  return { type, severity, respChannel: id(dice), respEpoch: id(dice), answers, text }
}

/** Words and marks are drawn apart: what they do not permit together, `encodeContent` would refuse to write. */
function markContent(dice: Dice): Content {
  const mark = dice.pick(Object.values(MARK))
  const none = [MARK.remove, MARK.pin, MARK.unpin].some((one) => one === mark)
  const most = mark === MARK.reaction ? 8 : 200
  return { type: 'mark', mark, target: id(dice), text: none ? '' : `${dice.text(most)}.` }
}

function fileContent(dice: Dice, text: string): Content {
  return {
    type: 'file',
    key: dice.bytes(32),
    size: dice.pick([0, 1, 65_536, MAX_FILE]),
    hash: dice.bytes(32) as never,
    name: dice.text(200),
    mime: dice.text(100),
    thumbnail: dice.bytes(dice.pick([0, 9, 300, 24_576])),
    text,
  }
}

function edgeFile(dice: Dice): Uint8Array {
  const size = u64be(dice.pick([0, MAX_FILE, MAX_FILE + 1, Number.MAX_SAFE_INTEGER]))
  const length = dice.pick([0, 5, 24_576, 24_577])
  const thumbnail = concat(u16be(length), new Uint8Array(length))
  const texts = concat(edgeText(dice, 200), edgeText(dice, 100), thumbnail, utf8('Plan'))
  return concat(Uint8Array.of(5), dice.bytes(32), size, dice.bytes(32), texts)
}

function content(dice: Dice) {
  const way = dice.below(20)
  // What an encoder never writes: an unknown type, the usual answers written out, text beyond its limit.
  if (way === 0) return { bytes: concat(dice.bytes(1), utf8(dice.text(30))) }
  if (way === 1) return { bytes: writtenOut(dice) }
  if (way === 2) return { bytes: concat(Uint8Array.of(1), new Uint8Array(16_383 + dice.below(4))) }
  if (way < 6) return { bytes: dice.pick([edgeAlert, edgeNames, edgeFile])(dice) }
  return { bytes: half(dice, encodeContent(randomContent(dice))) }
}

function edgeAlert(dice: Dice): Uint8Array {
  const count = dice.pick([0, 1, 2, 8, 9])
  const answers = Array.from({ length: count }, () => edgeText(dice, 40))
  const text = new Uint8Array(dice.pick([0, 5, 16_384, 16_385]))
  return concat(
    Uint8Array.of(3, dice.below(5)),
    dice.bytes(32),
    Uint8Array.of(count),
    ...answers,
    text,
  )
}

function edgeNames(dice: Dice): Uint8Array {
  const count = dice.pick([0, 1, 2, 1000, 1001])
  const people = Array.from({ length: count }, () => [
    dice.bytes(16),
    count > 2 ? new Uint8Array(1) : edgeText(dice, 200),
  ])
  return concat(Uint8Array.of(4), edgeText(dice, 200), u16be(count), ...people.flat())
}

function writtenOut(dice: Dice): Uint8Array {
  const said = DEFAULT_ANSWERS.map((answer) => concat(Uint8Array.of(answer.length), utf8(answer)))
  const more = dice.chance(0.5) ? [] : [Uint8Array.of(2), utf8('ja')]
  const count = Uint8Array.of(3 + (more.length > 0 ? 1 : 0))
  return concat(Uint8Array.of(3, 3), dice.bytes(32), count, ...said, ...more, utf8('Lage'))
}

function randomFrame(dice: Dice): Frame {
  const n = dice.uint(8)
  const bytes = dice.chance(0.5) ? randomEntry(dice).bytes : dice.bytes(dice.below(99))
  const stub = { kind: dice.pick(KINDS), subject: dice.bytes(16), id: dice.bytes(32) as never }
  const key = { log: id<never>(dice), epoch: id<never>(dice), gen: dice.uint(2) }
  return dice.pick<Frame>([
    { type: 'entry', n, bytes },
    { type: 'header', n, bytes },
    { type: 'stub', log: id(dice), n, stub },
    { type: 'head', bytes: dice.bytes(148) },
    { type: 'wrap', id: n, ...key, wrap: dice.bytes(1188) },
    { type: 'parcel', id: n, bytes },
    { type: 'more' },
    { type: 'alive', t: n },
  ])
}

function frame(dice: Dice) {
  const large = new Uint8Array(MAX_REQUEST - 9 + dice.below(2))
  if (dice.chance(0.01)) return { bytes: encodeFrame({ type: 'parcel', id: 1, bytes: large }) }
  return { bytes: half(dice, encodeFrame(randomFrame(dice))) }
}

function page(dice: Dice) {
  const frames = Array.from({ length: dice.below(5) }, () => encodeFrame(randomFrame(dice)))
  return { bytes: half(dice, joinFrames(frames)) }
}

const many = <T>(dice: Dice, make: () => T): T[] => Array.from({ length: dice.below(4) }, make)
const item = (dice: Dice) => ({
  entry: randomEntry(dice).bytes,
  card: dice.bytes(dice.pick([0, 0, 584, 5])),
  wraps: many(dice, () => dice.bytes(1188)),
})
const place = (dice: Dice) => ({ log: id<never>(dice), n: dice.uint(8) })
const items = (dice: Dice) => many(dice, () => item(dice))

type Bodies = Record<string, { input: (dice: Dice) => unknown; output?: (dice: Dice) => unknown }>
const placed = (d: Dice) => ({
  places: many(d, () => place(d)),
  heads: many(d, () => d.bytes(148)),
})
const BODIES: Bodies = {
  card: {
    input: (d) => ({ lookup: d.bytes(16) }),
    output: (d) => ({ org: id(d), card: d.bytes(d.pick([552, 0])) }),
  },
  enrol: {
    input: (d) => ({ org: id(d), lookup: d.bytes(16), items: items(d), prekey: d.bytes(1334) }),
    output: placed,
  },
  entries: { input: (d) => ({ items: items(d) }), output: placed },
  wraps: {
    input: (d) => ({
      log: id(d),
      epoch: id(d),
      gen: d.uint(2),
      wraps: many(d, () => d.bytes(1188)),
    }),
  },
  sync: {
    input: (d) => ({
      have: many(d, () => place(d)),
      wrapsSeen: d.uint(8),
      parcels: many(d, () => d.uint(8)),
    }),
  },
  prekey: { input: (d) => ({ prekey: d.bytes(1334) }) },
  prekeys: {
    input: (d) => ({ devices: many(d, () => id(d)) }),
    output: (d) => ({ prekeys: many(d, () => d.bytes(1334)) }),
  },
  receipt: { input: (d) => ({ receipts: many(d, () => receiptBytes(d)) }) },
  receipts: {
    input: (d) => ({ log: id(d) }),
    output: (d) => ({ receipts: many(d, () => receiptBytes(d)) }),
  },
  checkpoint: {
    input: (d) => ({ by: id(d), at: d.uint(4) }),
    output: (d) => ({ n: d.uint(8), entry: d.bytes(278), total: d.uint(4), bytes: d.bytes(99) }),
  },
  directory: { input: (d) => ({ from: d.uint(8) }) },
  fileOpen: {
    input: (d) => ({ log: id(d), file: d.bytes(32), size: d.uint(8) }),
    output: (d) => ({ parts: d.bytes(d.pick([0, 1, 512])) }),
  },
  filePut: {
    input: (d) => ({
      log: id(d),
      file: d.bytes(32),
      part: d.uint(2),
      bytes: d.bytes(d.below(300)),
    }),
  },
  fileGet: {
    input: (d) => ({ log: id(d), file: d.bytes(32), part: d.uint(2) }),
    output: (d) => ({ bytes: d.bytes(d.below(300)) }),
  },
  fileDrop: { input: (d) => ({ log: id(d), file: d.bytes(32) }) },
  pushKey: { input: () => ({}), output: (d) => ({ key: d.bytes(65) }) },
  pushPut: {
    input: (d) => ({
      endpoint: d.text(1024),
      p256dh: d.bytes(65),
      auth: d.bytes(16),
      chat: d.pick([0, 1]),
    }),
  },
  pushTest: { input: () => ({}) },
  parcel: { input: (d) => ({ to: id(d), bytes: d.bytes(d.below(200)) }) },
}

function body(dice: Dice) {
  const route = dice.pick(Object.keys(BODIES))
  const { input, output } = BODIES[route] as Bodies[string]
  const answer = output !== undefined && dice.chance(0.5)
  const table = ROUTES[route as keyof typeof ROUTES]
  const codec = (answer ? table.output : table.input) as Codec<unknown>
  const bytes = encode(codec, answer ? output(dice) : input(dice))
  return { route, answer, bytes: half(dice, bytes) }
}

export const FORM_MAKERS = {
  'from paper': typed,
  'to paper': toPaperOf,
  pad: padding,
  unpad: unpadding,
  content,
  frame,
  page,
  body,
} satisfies Record<string, Make>
