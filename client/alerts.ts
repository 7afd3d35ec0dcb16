// Alerts and the roll call: who was asked, who answered what, who has it, who cannot be reached.
import { equal } from '../protocol/bytes.ts'
import type { AnswerEntry } from '../protocol/answer.ts'
import { type Answer, openAnswer } from '../protocol/answer-keys.ts'
import type { Channel } from '../protocol/channel.ts'
import type { RespKey } from '../protocol/channel-state.ts'
import { DEFAULT_ANSWERS, type Severity, SEVERITY } from '../protocol/content.ts'
import { decodeEntry } from '../protocol/entry.ts'
import { responsePublic, responseSeed } from '../protocol/epoch-keys.ts'
import { ensure, ProtocolError } from '../protocol/errors.ts'
import {
  asId,
  type DeviceId,
  IdMap,
  type LogId,
  type MessageId,
  type PersonId,
} from '../protocol/ids.ts'
import { CHANNEL_TYPE, KIND } from '../protocol/kinds.ts'
import { covers, decodeReceipt, type Receipt, verifyReceipt } from '../protocol/receipt.ts'
import type { Core } from './core.ts'
import { enqueue, enqueueAnswer } from './outbox.ts'
import { entryRow, readRow, STANDING } from './rows.ts'
import type { Write } from './store.ts'
import { membersOf, messageAt, type MessageView, nameOf, shownTime } from './views.ts'

export type AlertOptions = {
  exercise?: boolean
  answers?: string[]
  severity?: Severity
  /** Where somebody else has chosen it, so that asking twice alerts once. */
  id?: MessageId
}
/** The choice of somebody who answers in their own words. */
export const OWN_WORDS = 255

/** Puts an alert into the outbox. EXERCISE is a kind of its own, not a word in the text. */
export async function enqueueAlert(
  core: Core,
  audience: Channel,
  text: string,
  options: AlertOptions = {},
): Promise<MessageId> {
  ensure(
    audience.type === CHANNEL_TYPE.audience,
    'usage',
    'alerts go to an audience: holdfast channel create NAME --audience',
  )
  const key = answerKey(core, audience)
  ensure(key !== undefined, 'no_key', 'response key')
  const { id } = options
  const kind = options.exercise === true ? KIND.exercise : KIND.alert
  const content = {
    type: 'alert',
    severity: options.severity ?? SEVERITY.critical,
    respChannel: key.channel,
    respEpoch: key.epoch,
    answers: options.answers ?? DEFAULT_ANSWERS,
    text,
  } as const
  return enqueue(core, audience.id, kind, content, id === undefined ? {} : { id })
}

/**
 * The newest key that this device can check, or else one that it cannot: a publisher could name a channel of
 * their own. The alert names an epoch, so a key that stands last for its epoch goes before one that does not.
 */
function answerKey(core: Core, audience: Channel): RespKey | undefined {
  const { respKeys } = audience
  const checked = respKeys.filter((one) => {
    const ak0 = core.replica.epochKey(one.epoch, 0)
    return ak0 !== null && equal(responsePublic(ak0, audience.id), one.publicKey)
  })
  const isLast = (one: RespKey): boolean =>
    respKeys.findLast(({ epoch }) => equal(epoch, one.epoch)) === one
  const unchecked = (one: RespKey): boolean => core.replica.epochKey(one.epoch, 0) === null
  return checked.findLast(isLast) ?? checked.at(-1) ?? respKeys.findLast(unchecked)
}

export type AlertView = MessageView & { content: { type: 'alert' } }

/** The alert with this message id, in a channel of this person. */
export async function findAlert(core: Core, alert: MessageId): Promise<AlertView> {
  const channel = core.replica.channelOfAlert(alert)
  const n = channel?.alerts.get(alert)
  const message = !channel || n === undefined ? null : await messageAt(core, channel.id, n)
  ensure(message !== null && message.content.type === 'alert', 'not_found', 'alert')
  return message as AlertView
}

/** Puts this person's answer into the outbox; `choice` is one of the alert's, or own words. `also` is kept with it. */
export async function enqueueAnswerTo(
  core: Core,
  alert: MessageId,
  choice: string,
  { etaMinutes = 0, also = [] }: { etaMinutes?: number; also?: Write[] } = {},
): Promise<MessageId> {
  const { content } = await findAlert(core, alert)
  const index = content.answers.findIndex(
    (answer) => answer.toLowerCase() === choice.trim().toLowerCase(),
  )
  const own = index === -1
  const answer = {
    alert,
    respEpoch: content.respEpoch,
    choice: own ? OWN_WORDS : index,
    etaMinutes,
    text: own ? choice : '',
  }
  return enqueueAnswer(core, answer, also)
}

export type RollCallState = 'answered' | 'received' | 'waiting' | 'unreachable'
export type RollCallRow = {
  person: PersonId
  name: string
  state: RollCallState
  answer: string | null
  at: number | null
  channel: 'app' | null
  /** What came last, from a device that was known to be removed, and does not count: ask the person again. */
  doubtful: string | null
  /** The answer counts, and the device that gave it has been removed since. */
  removed: boolean
}

/**
 * Everybody the alert asked. Only signed answers and receipts count; the caller has caught up before. `held`:
 * receipts as of earlier, for whom the box is out of reach; else it is asked.
 */
export async function rollCall(
  core: Core,
  alert: MessageId,
  held?: Held[],
): Promise<RollCallRow[]> {
  const message = await findAlert(core, alert)
  const audience = core.replica.channels.get(message.channel)
  ensure(audience !== undefined, 'not_found', 'audience')
  const answers = await answersTo(core, audience, message, STANDING.ok)
  const late = await answersTo(core, audience, message, STANDING.late)
  const holders = holdersOf(held ?? (await receiptsOf(core, audience)), message.n)
  return membersOf(core.replica, audience).map(({ person }) => {
    const answered = answers.get(person)
    const reachable = core.replica.directory.activeDevices(person).length > 0
    const holds = holders.has(person) || (message.from !== null && equal(message.from, person))
    const state =
      answered !== undefined
        ? 'answered'
        : holds
          ? 'received'
          : reachable
            ? 'waiting'
            : 'unreachable'
    return {
      person,
      name: nameOf(core.replica, person),
      state,
      answer: answered === undefined ? null : answerText(message, answered.answer),
      at: answered?.at ?? null,
      channel: answered === undefined ? null : ('app' as const),
      doubtful: doubtful(message, answered, late.get(person)),
      removed: answered !== undefined && hasEnded(core, answered.by),
    }
  })
}

/** An older one than the one that counts says nothing any more. */
function doubtful(message: AlertView, answered?: Answered, late?: Answered): string | null {
  if (late === undefined || late.seq <= (answered?.seq ?? 0)) return null
  return answerText(message, late.answer)
}

/** Nobody has it any more, or never had: removed, or not let in yet. */
export function hasEnded({ replica }: Core, device: DeviceId): boolean {
  const known = replica.directory.devices.get(device)
  return known === undefined || known.from === null || known.until !== null
}

function answerText({ content }: AlertView, answer: Answer): string {
  const word =
    answer.choice === OWN_WORDS
      ? answer.text
      : (content.answers[answer.choice] ?? `choice ${answer.choice}`)
  return answer.etaMinutes > 0 ? `${word} (${answer.etaMinutes} min)` : word
}

type Answered = { seq: number; at: number; by: DeviceId; answer: Answer }

/** The newest answer of each person; needs the response channel's key. */
async function answersTo(
  core: Core,
  audience: Channel,
  alert: AlertView,
  standing: typeof STANDING.ok | typeof STANDING.late,
): Promise<IdMap<PersonId, Answered>> {
  const found = new IdMap<PersonId, Answered>()
  const log = core.replica.answers.get(asId<LogId>(alert.id))
  if (log === undefined) return found
  for (const { value } of await core.store.list('entries', log.id)) {
    const row = readRow(entryRow, value)
    if (row.standing !== standing) continue
    const entry = decodeEntry(row.bytes) as AnswerEntry
    const answer = tryOpenAnswer(core, audience, entry)
    const { person, seq } = entry.fields
    if (answer !== null && seq > (found.get(person)?.seq ?? 0))
      found.set(person, {
        seq,
        at: shownTime(entry.prefix.t),
        by: asId(entry.prefix.signer),
        answer,
      })
  }
  return found
}

function tryOpenAnswer(core: Core, audience: Channel, entry: AnswerEntry): Answer | null {
  const ak0 = core.replica.epochKey(entry.fields.respEpoch, 0)
  if (ak0 === null) return null
  try {
    return openAnswer(entry, responseSeed(ak0, audience.id))
  } catch (error) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}

/** What a device has said, signed, that it holds of a channel. */
export type Held = { person: PersonId } & Pick<Receipt, 'device' | 'upto' | 'gaps'>

/** Persons with a device that holds the entry. */
export function holdersOf(all: Held[], n: number): IdMap<PersonId, Held> {
  const found = new IdMap<PersonId, Held>()
  for (const held of all) if (covers(held, n)) found.set(held.person, held)
  return found
}

/** The verified receipts of a channel; what does not verify counts for nothing. */
export async function receiptsOf(core: Core, channel: Channel): Promise<Held[]> {
  const { receipts } = await core.line.call('receipts', { log: channel.id }, core.signer)
  const { directory, hashes } = core.replica
  return receipts.flatMap((bytes) => {
    try {
      const receipt = decodeReceipt(bytes)
      const device = directory.devices.get(receipt.device)
      ensure(device !== undefined && equal(receipt.log, channel.id), 'device_unknown')
      // Whoever has lost the phone has not got the message, and who found it says nothing for them.
      ensure(!hasEnded(core, device.id), 'device_revoked')
      verifyReceipt(receipt, device.signPk)
      const here = hashes.get(channel.id)?.[receipt.upto]
      ensure(here === undefined || equal(here, receipt.h), 'forked')
      const { upto, gaps } = receipt
      return [{ person: device.person, device: device.id, upto, gaps }]
    } catch (error) {
      if (error instanceof ProtocolError) return []
      throw error
    }
  })
}
