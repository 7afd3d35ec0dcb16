// protocol/ as the judge of whole logs: which entries are refused and why, and what follows from the rest.
import { checkCheckpoint } from '../../client/checkpoint.ts'
import { AnswerLog } from '../../protocol/answer-log.ts'
import { fromHex } from '../../protocol/bytes.ts'
import { stubOf } from '../../protocol/chain.ts'
import { Channel } from '../../protocol/channel.ts'
import { Directory } from '../../protocol/directory.ts'
import { decodeEntry, decodeHeader, type Entry } from '../../protocol/entry.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { asId, type Hash, type LogId, type MessageId, type OrgId } from '../../protocol/ids.ts'
import { channelTypeName, roleName } from '../../protocol/kinds.ts'
import { bytes, type JsonObject, list, number, text } from '../vectors/json.ts'
import type { Read } from './objects.ts'

/** A log that takes entries: `accept` throws and changes nothing, `skip` keeps the place of a refused one. */
export type Taking = { accept: (entry: Entry) => void; skip: (entry: Entry) => void }

/** The code of the refusal, or null. An entry that cannot be read has no place in the log. */
export function take(log: Taking, data: Uint8Array, headerAlone = false): string | null {
  let entry: Entry | null = null
  try {
    entry = headerAlone ? decodeHeader(data) : decodeEntry(data)
    log.accept(entry)
    return null
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    if (entry !== null) log.skip(entry)
    return error.code
  }
}

export function taking(channel: Channel, hashes: Hash[]): Taking {
  const keep = () => hashes.push(channel.head.h)
  return {
    accept(entry) {
      channel.accept(entry)
      keep()
    },
    skip(entry) {
      channel.advance(stubOf(entry))
      keep()
    },
  }
}

export function directoryState(directory: Directory) {
  const { rootPk, boxPk, boxN, logTime, tickedAt, losses, head } = directory
  const persons = [...directory.persons.values()].map(
    ({ devices: _devices, cards: _cards, roles, ...rest }) => {
      const named = roles.map(({ n, role }) => ({ n, role: role === null ? null : roleName(role) }))
      return { ...rest, roles: named }
    },
  )
  const cards = [...directory.cards.values()].map((card) => ({
    ...card,
    role: roleName(card.role),
  }))
  const devices = [...directory.devices.values()]
  const { records } = directory
  const keys = { rootPk, boxPk, boxN, records }
  return { persons, devices, cards, ...keys, logTime, tickedAt, losses, head }
}

export function channelState(channel: Channel) {
  if (channel.memb.n === 0) return { head: channel.head }
  const { type, recorded, creator, title, memb, dirN, segments, head } = channel
  const epochs = [...channel.epochs.values()].map((epoch) => ({
    ...epoch,
    sealers: [...epoch.sealers].map(([gen, by]) => [gen, [...new Set(by.map((id) => id.toHex()))]]),
  }))
  return {
    type: channelTypeName(type),
    recorded,
    creator,
    title,
    memb,
    dirN,
    segments,
    epochs,
    head,
    members: [...channel.members.values()],
    spans: [...channel.spans.entries()].map(([id, all]) => [
      id,
      all.map(({ from, to }) => [from, to]),
    ]),
    respKeys: channel.respKeys.map(({ epoch, channel: answers, publicKey }) => [
      epoch,
      answers,
      publicKey,
    ]),
    seqs: [...channel.seqs.entries()],
    alerts: [...channel.alerts.entries()],
    stale: segments.map((_, seg) => channel.isStale(seg, dirN)),
    staleNow: segments.map((_, seg) => channel.isStale(seg)),
  }
}

function readLogs(input: JsonObject) {
  const pinned = input['pinned'] === null ? null : bytes(input, 'pinned')
  const directory = new Directory(asId<OrgId>(bytes(input, 'org')), pinned)
  const hashes: Hash[] = []
  const id = input['channel'] === undefined ? null : asId<LogId>(bytes(input, 'channel'))
  const channel = id === null ? null : new Channel(id, directory, (n) => hashes[n])
  if (channel !== null) hashes.push(channel.head.h)
  let answers: AnswerLog | null = null
  const logOf = (name: string): Taking => {
    if (name === 'directory' || channel === null) return directory
    if (name === 'channel') return taking(channel, hashes)
    answers ??= new AnswerLog(channel, asId<MessageId>(bytes(input, 'alert')))
    return answers
  }
  const codes = list(input, 'steps').map((step) =>
    take(logOf(text(step, 'log')), bytes(step, 'bytes'), step['alone'] === true),
  )
  const channelIs = channel === null ? null : channelState(channel)
  return {
    codes,
    directory: directoryState(directory),
    channel: channelIs,
    answers: answersState(answers),
  }
}

function answersState(log: AnswerLog | null) {
  return log === null ? null : { head: log.head, seqs: [...log.seqs.entries()] }
}

function readCheckpoint(input: JsonObject) {
  const pinned = {
    org: asId<OrgId>(bytes(input, 'org')),
    rootPk: bytes(input, 'rootPk'),
    dirN: number(input, 'dirN'),
    dirH: bytes(input, 'dirH') as Hash,
  }
  const found = {
    n: number(input, 'n'),
    entry: bytes(input, 'entry'),
    bytes: bytes(input, 'bytes'),
  }
  checkCheckpoint(pinned, bytes(input, 'makerPk'), found)
  const restored = Directory.restore(pinned.org, pinned.rootPk, found.bytes)
  const steps = input['steps'] as string[]
  const codes = steps.map((step) => take(restored, fromHex(step)))
  return { codes, directory: directoryState(restored) }
}

export const LOG_READERS = {
  checkpoint: readCheckpoint,
  directory: readLogs,
  channel: readLogs,
  answers: readLogs,
  crowded: readLogs,
} satisfies Record<string, Read>
