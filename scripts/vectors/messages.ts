// Messages, whole and as one segment gets them, and answers.
import { openAnswer } from '../../protocol/answer-keys.ts'
import { checkAnswer } from '../../protocol/answer.ts'
import {
  type Content,
  decodeContent,
  DEFAULT_ANSWERS,
  encodeContent,
  MARK,
} from '../../protocol/content.ts'
import { decodeEntry, type Entry, type EntryOf, verifyEntry } from '../../protocol/entry.ts'
import { responseSeed } from '../../protocol/epoch-keys.ts'
import { KIND, kindName, type MessageKind } from '../../protocol/kinds.ts'
import { openMessage } from '../../protocol/message-keys.ts'
import { checkPayload, messageWraps, trimEntry } from '../../protocol/payload.ts'
import { twoSegments } from '../../test/helpers/channels.ts'
import { alertedAudience, answerBy } from '../../test/helpers/every-entry.ts'
import { seed, seededBytes, seededHash, seededId } from '../../test/helpers/seed.ts'
import { staffedWorld } from '../../test/helpers/world.ts'
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

type Message = EntryOf<MessageKind>
type Key = { epoch: Uint8Array; gen: number; ak: Uint8Array }

const id = seededId as <T extends Uint8Array>(label: string) => T
const CONTENTS: [MessageKind, Content][] = [
  [KIND.text, { type: 'text', text: '', replyTo: null }],
  [KIND.text, { type: 'text', text: 'Lage um 8 Uhr: Werk Nord ohne Strom. ⚡', replyTo: null }],
  [KIND.text, { type: 'text', text: 'verstanden', replyTo: id('replied to') }],
  [KIND.text, { type: 'text', text: 'x'.repeat(5000), replyTo: null }],
  [KIND.alert, alert(DEFAULT_ANSWERS)],
  [KIND.exercise, alert(['ja', 'nein'])],
  [
    KIND.control,
    { type: 'names', title: 'Lagezentrum', people: [{ person: id('guest'), name: 'Gita Guest' }] },
  ],
  [
    KIND.text,
    {
      type: 'file',
      key: seed('vector file key'),
      size: 70_000,
      hash: seededHash('vector file content'),
      name: 'Lageplan Werk Nord.pdf',
      mime: 'application/pdf',
      thumbnail: seededBytes('vector thumbnail', 40),
      text: 'Fluchtwege ⚡',
    },
  ],
  [KIND.control, { type: 'mark', mark: MARK.reaction, target: id('marked'), text: '👍' }],
  [KIND.control, { type: 'mark', mark: MARK.remove, target: id('marked'), text: '' }],
]

function alert(answers: string[]): Content {
  const where = { respChannel: id<never>('response'), respEpoch: id<never>('response epoch') }
  return { type: 'alert', severity: 3, ...where, answers, text: 'Alle zum Sammelplatz' }
}

function make(): JsonObject {
  const { world, coordinator, member, guest } = staffedWorld()
  const channel = twoSegments(world, coordinator, [member.person, guest.person])
  const keys = channel.sendingKeys()
  const messages = CONTENTS.map(([kind, content], i) => {
    const whole = channel.message(coordinator, content, { kind, seq: i + 1 })
    const entry = channel.put(whole) as Message
    const trimmed = channel.state.segments.map((_, seg) => trimEntry(entry, seg))
    const plain = encodeContent(content)
    return {
      kind: kindName(kind),
      bytes: whole,
      signKey: coordinator.pair.publicKey,
      plain,
      content,
      trimmed,
    }
  })
  return toJson({ keys, messages }) as JsonObject
}

function openedBy(entry: Message, key: Key): Uint8Array | null {
  const mine = (epoch: Uint8Array, gen: number) =>
    epoch.toHex() === key.epoch.toHex() && gen === key.gen ? key.ak : null
  return openMessage(entry, mine)
}

function check(file: JsonObject): void {
  const keys = list(file, 'keys').map((key) => ({
    epoch: bytes(key, 'epoch'),
    gen: number(key, 'gen'),
    ak: bytes(key, 'ak'),
  }))
  for (const example of list(file, 'messages')) {
    const entry = decodeEntry(bytes(example, 'bytes')) as Message
    same(kindName(entry.kind), example['kind'], 'kind')
    verifyEntry(entry, bytes(example, 'signKey'))
    checkPayload(entry)
    for (const key of keys) same(openedBy(entry, key), example['plain'], 'plain')
    same(decodeContent(bytes(example, 'plain')), object(example['content']), 'content')
    same(encodeContent(decodeContent(bytes(example, 'plain'))), example['plain'], 'content again')
    same(
      keys.map((_, seg) => trimEntry(entry, seg)),
      example['trimmed'],
      'trimmed',
    )
    for (const [seg, key] of keys.entries()) checkTrimmed(trimEntry(entry, seg), key, example)
  }
}

function checkTrimmed(whole: Uint8Array, key: Key, example: JsonObject): void {
  const entry = decodeEntry(whole) as Message
  checkPayload(entry)
  same(messageWraps(entry).trimmed, true, 'trimmed')
  same(openedBy(entry, key), example['plain'], 'plain of the trimmed one')
}

function makeAnswers(): JsonObject {
  const staff = staffedWorld()
  const { world, member, guest } = staff
  const scene = alertedAudience(staff)
  const ak0 = scene.response.keyAt(scene.respEpoch, 0)
  const answers = [member, guest].flatMap((device) =>
    [
      { choice: 0, etaMinutes: 0, text: '' },
      { choice: 255, etaMinutes: 65_535, text: 'ö'.repeat(50) },
    ].map((value) => {
      const whole = answerBy(device, scene, world, value)
      return {
        bytes: whole,
        signKey: device.pair.publicKey,
        value: { alert: scene.alert, ...value },
      }
    }),
  )
  return toJson({
    ak0,
    audience: scene.audience.id,
    seed: responseSeed(ak0, scene.audience.id),
    answers,
  }) as JsonObject
}

function checkAnswers(file: JsonObject): void {
  same(
    responseSeed(bytes(file, 'ak0'), bytes(file, 'audience') as never),
    file['seed'],
    'response seed',
  )
  for (const example of list(file, 'answers')) {
    const entry: Entry = decodeEntry(bytes(example, 'bytes'))
    verifyAnswer(entry, bytes(example, 'signKey'))
    const opened = openAnswer(entry as EntryOf<typeof KIND.answer>, bytes(file, 'seed'))
    same(opened, object(example['value']), text(object(example['value']), 'text'))
  }
}

function verifyAnswer(entry: Entry, signKey: Uint8Array): void {
  checkAnswer(entry, signKey)
}

export const messages: VectorFile = {
  name: 'messages',
  about:
    'Messages of each kind to two segments: the epoch keys, the plain content, and what each segment gets.',
  make,
  check,
}
export const answers: VectorFile = {
  name: 'answers',
  about: 'Sealed answers with the response seed and what they say.',
  make: makeAnswers,
  check: checkAnswers,
}
