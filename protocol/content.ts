// What stands in the sealed body of a message. Never parsed before signature and AEAD have passed.
import {
  blob,
  type Decoded,
  fixed,
  list,
  oneOf,
  Reader,
  struct,
  text,
  u64,
  u8,
  Writer,
} from './codec.ts'
import { fromUtf8, utf8 } from './bytes.ts'
import { ensure, ProtocolError } from './errors.ts'
import {
  epochId,
  type EpochId,
  hash32,
  logId,
  type LogId,
  messageId,
  type MessageId,
  personId,
  type PersonId,
} from './ids.ts'
import { MAX_ENTRY, MAX_FILE, MAX_TEXT, MAX_THUMBNAIL } from './limits.ts'
import { KEY_BYTES } from './sodium.ts'

const TYPE = { text: 1, reply: 2, alert: 3, names: 4, file: 5, mark: 6 } as const

export const SEVERITY = { info: 1, warning: 2, critical: 3 } as const
export type Severity = (typeof SEVERITY)[keyof typeof SEVERITY]

/** The choices that an alert offers when it names none. */
export const DEFAULT_ANSWERS = ['safe', 'need help', 'on my way']
export const MAX_ANSWERS = 8

/** What is said about a message that stands already. Nothing of what it says is taken out of the log. */
export const MARK = {
  reaction: 1,
  edit: 2,
  remove: 3,
  pin: 4,
  unpin: 5,
  correction: 6,
  cancel: 7,
  allClear: 8,
} as const
export type MarkName = keyof typeof MARK
export type Mark = (typeof MARK)[MarkName]

export function markName(mark: Mark): MarkName {
  return (Object.keys(MARK) as MarkName[]).find((name) => MARK[name] === mark) ?? 'reaction'
}

/** Bytes of a reaction: one picture character with all that may belong to it. */
const MAX_REACTION = 32
/** Marks that need words, and those that have none; the rest may have some. An empty reaction takes one back. */
const WORDED: readonly Mark[] = [MARK.edit, MARK.correction]
const WORDLESS: readonly Mark[] = [MARK.remove, MARK.pin, MARK.unpin]

/** What a reader needs to fetch, open and check a file, and to show it before that. */
const fileFacts = struct({
  key: fixed(KEY_BYTES),
  size: u64,
  hash: hash32,
  name: text(1, 200),
  mime: text(1, 100),
  /** A small picture of it, made on the sender's device; empty: none. */
  thumbnail: blob(2, MAX_THUMBNAIL),
})
export type FileFacts = Decoded<typeof fileFacts>

export type Content =
  | { type: 'text'; text: string; replyTo: MessageId | null }
  | {
      type: 'alert'
      severity: Severity
      respChannel: LogId
      respEpoch: EpochId
      answers: string[]
      text: string
    }
  /** A file that lies on the box in sealed chunks; `text` is what was written with it. */
  | ({ type: 'file'; text: string } & FileFacts)
  /** For guests, who hold no directory key: how the channel and the people in it are called. */
  | { type: 'names'; title: string; people: { person: PersonId; name: string }[] }
  | { type: 'mark'; mark: Mark; target: MessageId; text: string }

const alertHead = struct({
  severity: oneOf(1, Object.values(SEVERITY)),
  respChannel: logId,
  respEpoch: epochId,
  answers: list(1, MAX_ANSWERS, text(1, 40)),
})
const people = struct({
  title: text(1, 200),
  people: list(2, 1000, struct({ person: personId, name: text(1, 200) })),
})
const reply = fixed<MessageId>(16)
const markHead = struct({ mark: oneOf(1, Object.values(MARK)), target: messageId })

export function encodeContent(content: Content): Uint8Array {
  const w = new Writer()
  switch (content.type) {
    case 'text':
      u8.write(w, content.replyTo === null ? TYPE.text : TYPE.reply)
      if (content.replyTo !== null) reply.write(w, content.replyTo)
      w.bytes(textBytes(content.text))
      break
    case 'alert':
      u8.write(w, TYPE.alert)
      alertHead.write(w, { ...content, answers: shortAnswers(content.answers) })
      w.bytes(textBytes(content.text))
      break
    case 'file':
      ensure(content.size <= MAX_FILE, 'too_large', 'file')
      u8.write(w, TYPE.file)
      fileFacts.write(w, content)
      w.bytes(textBytes(content.text))
      break
    case 'names':
      u8.write(w, TYPE.names)
      people.write(w, content)
      break
    case 'mark':
      ensure(fitsMark(content), 'malformed', 'words of a mark')
      u8.write(w, TYPE.mark)
      markHead.write(w, content)
      w.bytes(textBytes(content.text))
  }
  return w.take()
}

function fitsMark({ mark, text: words }: { mark: Mark; text: string }): boolean {
  if (WORDED.includes(mark)) return words !== ''
  if (WORDLESS.includes(mark)) return words === ''
  return mark !== MARK.reaction || utf8(words).length <= MAX_REACTION
}

/** The usual choices travel as none, which keeps a 160-character alert within one padding step. */
function shortAnswers(answers: string[]): string[] {
  return answers.length === DEFAULT_ANSWERS.length &&
    answers.every((a, i) => a === DEFAULT_ANSWERS[i])
    ? []
    : answers
}

function textBytes(value: string): Uint8Array {
  const bytes = utf8(value)
  ensure(
    bytes.length <= MAX_TEXT,
    'too_large',
    `a text of ${bytes.length} bytes, at most ${MAX_TEXT}`,
  )
  return bytes
}

function readText(r: Reader): string {
  ensure(r.left <= MAX_TEXT, 'too_large', 'text')
  return fromUtf8(r.rest())
}

/** Throws `malformed` for an unknown type or anything that does not end where it should. */
export function decodeContent(bytes: Uint8Array): Content {
  ensure(bytes.length <= MAX_ENTRY, 'too_large', 'body')
  const r = new Reader(bytes)
  const content = readContent(r)
  r.end()
  return content
}

function readContent(r: Reader): Content {
  switch (u8.read(r)) {
    case TYPE.text:
      return { type: 'text', text: readText(r), replyTo: null }
    case TYPE.reply: {
      const replyTo = messageId.read(r)
      return { type: 'text', text: readText(r), replyTo }
    }
    case TYPE.alert: {
      const head = alertHead.read(r)
      ensure(shortAnswers(head.answers).length === head.answers.length, 'malformed', 'answers')
      const answers = head.answers.length === 0 ? DEFAULT_ANSWERS : head.answers
      return { type: 'alert', ...head, answers, text: readText(r) }
    }
    case TYPE.file: {
      const facts = fileFacts.read(r)
      ensure(facts.size <= MAX_FILE, 'too_large', 'file')
      return { type: 'file', ...facts, text: readText(r) }
    }
    case TYPE.names:
      return { type: 'names', ...people.read(r) }
    case TYPE.mark: {
      const mark = { ...markHead.read(r), text: readText(r) }
      ensure(fitsMark(mark), 'malformed', 'words of a mark')
      return { type: 'mark', ...mark }
    }
    default:
      throw new ProtocolError('malformed', 'unknown content')
  }
}
