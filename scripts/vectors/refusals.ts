// Whatever a vector of `bad.json` may be given to, by name; each throws its refusal.
import { openAnswer } from '../../protocol/answer-keys.ts'
import { checkAnswer } from '../../protocol/answer.ts'
import { openHead, openReport } from '../../protocol/box-report.ts'
import { cardKeys, openBlob } from '../../protocol/card-secret.ts'
import { Channel } from '../../protocol/channel.ts'
import { decodeContent } from '../../protocol/content.ts'
import { Directory } from '../../protocol/directory.ts'
import {
  decodeEntry,
  decodeHeader,
  type Entry,
  type EntryOf,
  verifyCosign,
  verifyEntry,
} from '../../protocol/entry.ts'
import { checkRecordsWrap, decodeEpochWrap, openEpochKey } from '../../protocol/epoch-keys.ts'
import { openChunk } from '../../protocol/file.ts'
import { decodeFrame } from '../../protocol/frames.ts'
import { openHistory } from '../../protocol/history-keys.ts'
import { asId, type Hash, type LogId, type OrgId } from '../../protocol/ids.ts'
import type { KIND, MessageKind } from '../../protocol/kinds.ts'
import { openMessage } from '../../protocol/message-keys.ts'
import { unpad, messageBucket } from '../../protocol/padding.ts'
import { checkPayload } from '../../protocol/payload.ts'
import { decodePrekey, verifyPrekey } from '../../protocol/prekey.ts'
import { openAbsence, openRunning } from '../../protocol/profile.ts'
import { decodeReceipt, verifyReceipt } from '../../protocol/receipt.ts'
import { decodeRequestSignature, verifyRequest } from '../../protocol/request.ts'
import { bytes, type JsonObject, number, text } from './json.ts'

type Refuser = (input: JsonObject) => unknown
const main = (input: JsonObject) => bytes(input, 'bytes')
const key = (input: JsonObject) => bytes(input, 'signKey')

function answerIn(input: JsonObject): EntryOf<typeof KIND.answer> {
  return decodeEntry(main(input)) as EntryOf<typeof KIND.answer>
}

function directoryOf(input: JsonObject): Directory {
  const directory = new Directory(asId<OrgId>(bytes(input, 'org')), null)
  for (const hex of input['directory'] as string[])
    directory.accept(decodeEntry(bytes({ hex }, 'hex')))
  return directory
}

function acceptInDirectory(input: JsonObject): void {
  directoryOf(input).accept(decodeEntry(main(input)))
}

function acceptInChannel(input: JsonObject): void {
  const hashes: Hash[] = []
  const channel = new Channel(
    asId<LogId>(bytes(input, 'id')),
    directoryOf(input),
    (n) => hashes[n - 1],
  )
  for (const hex of input['log'] as string[]) {
    channel.accept(decodeEntry(bytes({ hex }, 'hex')))
    hashes.push(channel.head.h)
  }
  channel.accept(decodeEntry(main(input)))
}

function openWrap(input: JsonObject): void {
  const [core, commit] = [bytes(input, 'core') as Hash, bytes(input, 'commit') as Hash]
  openEpochKey(
    decodeEpochWrap(main(input)),
    core,
    number(input, 'gen'),
    commit,
    bytes(input, 'seed'),
  )
}

function answerFor(input: JsonObject): void {
  const entry: Entry = answerIn(input)
  checkAnswer(entry, key(input))
}

/** The names that `bad.json` uses: what reads, verifies or opens, and from which inputs. */
export const REFUSERS: Record<string, Refuser> = {
  entry: (input) => decodeEntry(main(input)),
  header: (input) => decodeHeader(main(input)),
  'entry signature': (input) => verifyEntry(decodeEntry(main(input)), key(input)),
  'second signature': (input) => verifyCosign(decodeEntry(main(input)), key(input)),
  directory: acceptInDirectory,
  channel: acceptInChannel,
  payload: (input) => checkPayload(decodeEntry(main(input)) as EntryOf<MessageKind>),
  message: (input) =>
    openMessage(decodeEntry(main(input)) as EntryOf<MessageKind>, () => bytes(input, 'ak')),
  content: (input) => decodeContent(main(input)),
  padding: (input) => unpad(main(input), messageBucket),
  answer: answerFor,
  'answer open': (input) => openAnswer(answerIn(input), bytes(input, 'seed')),
  'epoch wrap': openWrap,
  'records wrap': (input) =>
    checkRecordsWrap(
      bytes(input, 'ak'),
      bytes(input, 'core') as Hash,
      bytes(input, 'publicKey'),
      main(input),
    ),
  prekey: (input) => verifyPrekey(decodePrekey(main(input)), key(input)),
  receipt: (input) => verifyReceipt(decodeReceipt(main(input)), key(input)),
  head: (input) => openHead(main(input), key(input)),
  report: (input) => openReport(main(input), key(input)),
  history: (input) => openHistory(main(input), key(input), bytes(input, 'seed')),
  request: (input) =>
    verifyRequest(
      decodeRequestSignature(main(input)),
      {
        method: 'POST',
        host: text(input, 'host'),
        target: text(input, 'target'),
        body: bytes(input, 'body'),
      },
      key(input),
    ),
  frame: (input) => decodeFrame(main(input)),
  'card blob': (input) => openBlob(main(input), cardKeys(bytes(input, 'secret'))),
  running: (input) => openRunning(bytes(input, 'dk'), asId(bytes(input, 'device')), main(input)),
  absence: (input) => openAbsence(bytes(input, 'dk'), asId(bytes(input, 'person')), main(input)),
  'file chunk': (input) =>
    openChunk(
      { key: bytes(input, 'key'), size: number(input, 'size') },
      number(input, 'index'),
      main(input),
    ),
}
