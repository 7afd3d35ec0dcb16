// protocol/ as the judge of what is sealed: what it opens, or the code of its refusal.
import { openContent } from '../../client/open-content.ts'
import type { Replica } from '../../client/replica.ts'
import { openAnswer } from '../../protocol/answer-keys.ts'
import { checkAnswer } from '../../protocol/answer.ts'
import { equal } from '../../protocol/bytes.ts'
import { cardKeys, openBlob, organisationOf } from '../../protocol/card-secret.ts'
import { decodeEntry, type EntryOf } from '../../protocol/entry.ts'
import { coreHash, epochIdOf } from '../../protocol/epoch-core.ts'
import {
  checkRecordsWrap,
  decodeEpochWrap,
  keyAtGeneration,
  keyCommitment,
  openEpochKey,
  openFromRecords,
  responsePublic,
  responseSeed,
} from '../../protocol/epoch-keys.ts'
import { ensure } from '../../protocol/errors.ts'
import { chunkCount, fileId, openChunk } from '../../protocol/file.ts'
import { openHistory, readHistoryHead } from '../../protocol/history-keys.ts'
import {
  asId,
  type DeviceId,
  type EpochId,
  type Hash,
  type LogId,
  type OrgId,
  type PersonId,
} from '../../protocol/ids.ts'
import { isMessageKind, KIND, type MessageKind } from '../../protocol/kinds.ts'
import { hash } from '../../protocol/labels.ts'
import { checkPayload, messageWraps } from '../../protocol/payload.ts'
import { openAbsence, openProfile, openRunning, openTitle } from '../../protocol/profile.ts'
import { bytes, type JsonObject, list, number } from '../vectors/json.ts'
import { keyOf, main, type Read } from './objects.ts'

function message(input: JsonObject): EntryOf<MessageKind> {
  const entry = decodeEntry(main(input))
  ensure(isMessageKind(entry.kind), 'malformed', 'no message')
  return entry as EntryOf<MessageKind>
}

function answer(input: JsonObject): EntryOf<typeof KIND.answer> {
  const entry = decodeEntry(main(input))
  ensure(entry.kind === KIND.answer, 'malformed', 'no answer')
  return entry
}
const core = (input: JsonObject) => bytes(input, 'core') as Hash

function readMessage(input: JsonObject) {
  const keys = list(input, 'keys')
  const epochKey = (epoch: EpochId, gen: number) => {
    const held = keys.find((k) => equal(bytes(k, 'epoch'), epoch) && number(k, 'gen') === gen)
    return held === undefined ? null : bytes(held, 'ak')
  }
  const entry = message(input)
  checkPayload(entry)
  return openContent({ epochKey } as Replica, entry)
}

function readPayload(input: JsonObject) {
  const entry = message(input)
  checkPayload(entry)
  return messageWraps(entry)
}

function readEpoch(input: JsonObject) {
  const entry = decodeEntry(main(input)) as EntryOf<typeof KIND.announce>
  const [id, ak, gen] = [epochIdOf(entry), bytes(input, 'ak'), number(input, 'gen')]
  const epochCore = coreHash(entry.signed, entry.fields.records !== null)
  const later = keyAtGeneration({ gen: 0, ak }, id, gen)
  return { id, core: epochCore, ak: later, commit: keyCommitment(later, epochCore, gen) }
}

function readCard(input: JsonObject) {
  const { id, lookup, pair, blobKey } = cardKeys(bytes(input, 'secret'))
  const stored = hash('card-stored', lookup)
  const org = organisationOf(pair.publicKey)
  return { id, org, lookup, stored, publicKey: pair.publicKey, blobKey }
}

function readWrap(input: JsonObject) {
  const [commit, gen] = [bytes(input, 'commit') as Hash, number(input, 'gen')]
  return openEpochKey(decodeEpochWrap(main(input)), core(input), gen, commit, bytes(input, 'seed'))
}

function readChunk(input: JsonObject) {
  const file = { key: keyOf(input), size: number(input, 'size') }
  const plain = openChunk(file, number(input, 'index'), main(input))
  return { id: fileId(file), total: chunkCount(file), plain }
}

export const SEALED_READERS = {
  message: readMessage,
  payload: readPayload,
  answer: (input) => checkAnswer(decodeEntry(main(input)), keyOf(input)),
  'answer open': (input) => openAnswer(answer(input), bytes(input, 'seed')),
  epoch: readEpoch,
  'epoch wrap': readWrap,
  'records wrap': (input) =>
    checkRecordsWrap(bytes(input, 'ak'), core(input), bytes(input, 'publicKey'), main(input)),
  'records open': (input) => openFromRecords(main(input), core(input), bytes(input, 'seed')),
  response: (input) => {
    const [ak, audience] = [bytes(input, 'ak'), asId<LogId>(bytes(input, 'audience'))]
    return { seed: responseSeed(ak, audience), publicKey: responsePublic(ak, audience) }
  },
  history: (input) => {
    const keys = openHistory(main(input), keyOf(input), bytes(input, 'seed'))
    return { head: readHistoryHead(main(input)), keys }
  },
  card: readCard,
  'card blob': (input) => openBlob(main(input), cardKeys(bytes(input, 'secret'))),
  profile: (input) =>
    openProfile(keyOf(input), asId<PersonId>(bytes(input, 'person')), main(input)),
  absence: (input) =>
    openAbsence(keyOf(input), asId<PersonId>(bytes(input, 'person')), main(input)),
  running: (input) =>
    openRunning(keyOf(input), asId<DeviceId>(bytes(input, 'device')), main(input)),
  title: (input) => openTitle(keyOf(input), asId<OrgId>(bytes(input, 'org')), main(input)),
  chunk: readChunk,
} satisfies Record<string, Read>
