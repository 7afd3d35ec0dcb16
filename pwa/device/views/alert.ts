// Alerts: those that still ask for something, and one of them with its roll call.
import {
  type AlertView as AlertMessage,
  findAlert,
  rollCall,
  type RollCallState,
} from '../../../client/alerts.ts'
import type { Core } from '../../../client/core.ts'
import { alertStanding } from '../../../client/marks.ts'
import { answerDraftOf } from '../../../client/outbox.ts'
import { absenceOf, channels as channelsOf, messageAt, titleOf } from '../../../client/views.ts'
import { equal, fromUtf8 } from '../../../protocol/bytes.ts'
import type { Channel } from '../../../protocol/channel.ts'
import { decodeContent } from '../../../protocol/content.ts'
import { idText, type MessageId, parseId } from '../../../protocol/ids.ts'
import { CHANNEL_TYPE, KIND } from '../../../protocol/kinds.ts'
import type { AbsenceWord } from '../../../protocol/profile.ts'
import type { Device, Reading } from '../device.ts'
import { answerKey, heardKey } from '../local.ts'
import { byName, who, type Who } from './names.ts'

/** One that was answered is on the first screen for this long; what nobody has answered here asks until it ends. */
const SHOWN_FOR = 7 * 86_400_000

export type Said = { by: Who; at: number; text: string }
/** `failure`: why the box has refused it, empty where it has not. */
export type OwnAnswer = { text: string; waits: boolean; failure: string }
export type AlertCard = {
  id: string
  channel: string
  audience: string
  from: Who
  at: number
  exercise: boolean
  text: string
  answers: string[]
  state: 'open' | 'cancelled' | 'over'
  end: Said | null
  corrections: Said[]
  mine: OwnAnswer | null
  /** It wants an answer, and has none since it was corrected last. Nobody answers their own. */
  asks: boolean
}

/** How one ended is news for this long. */
const ENDED_FOR = 12 * 3_600_000

/** What holds now, and what has ended lately. Newest first; LIVE before EXERCISE. */
export async function recentAlerts(
  device: Reading,
): Promise<{ open: AlertCard[]; ended: AlertCard[] }> {
  const now = device.core.clock.now()
  const all = await alertCards(device)
  return {
    open: all.filter((one) => one.state === 'open' && (one.asks || one.at >= now - SHOWN_FOR)),
    ended: all.filter(({ end }) => end !== null && end.at >= now - ENDED_FOR),
  }
}

async function alertCards(device: Reading): Promise<AlertCard[]> {
  const { core } = device
  const found: AlertCard[] = []
  for (const channel of channelsOf(core.replica)) {
    if (channel.type !== CHANNEL_TYPE.audience) continue
    for (const n of channel.alerts.values()) {
      const message = await messageAt(core, channel.id, n)
      if (message === null || message.content.type !== 'alert') continue
      found.push(await cardOf(device, channel, message as AlertMessage))
    }
  }
  return found.toSorted((a, b) => Number(a.exercise) - Number(b.exercise) || b.at - a.at)
}

async function cardOf(
  device: Reading,
  channel: Channel,
  message: AlertMessage,
): Promise<AlertCard> {
  const { core, marks } = device
  const { id, at, from, kind, content } = message
  const said = (one: { by: Parameters<typeof who>[1]; at: number; text: string }): Said => ({
    by: who(core, one.by),
    at: one.at,
    text: one.text,
  })
  const { state, end, corrections } = alertStanding(await marks.on(channel.id, id))
  const author = who(core, from)
  const mine = await ownAnswer(device, id)
  const answered = mine !== null && corrections.length <= (await heardOf(core, id))
  return {
    id: idText(id),
    channel: idText(channel.id),
    audience: titleOf(core.replica, channel),
    from: author,
    at,
    exercise: kind === KIND.exercise,
    text: content.text,
    answers: content.answers,
    state,
    end: end === null ? null : said(end),
    corrections: corrections.map(said),
    mine,
    asks: state === 'open' && !answered && !author.mine,
  }
}

/** What was answered before corrections were counted asks no more. */
async function heardOf(core: Core, alert: MessageId): Promise<number> {
  const kept = await core.store.get('local', heardKey(alert))
  return kept === null ? Infinity : Number(fromUtf8(kept))
}

async function ownAnswer(device: Reading, alert: MessageId): Promise<OwnAnswer | null> {
  const kept = await device.core.store.get('local', answerKey(alert))
  if (kept === null) return null
  const rows = await device.waiting()
  const own = rows.findLast(
    ({ row }) => row.kind === KIND.answer && equal(answerDraftOf(row).alert, alert),
  )
  const failure = own?.row.failure ?? ''
  return { text: fromUtf8(kept), waits: own !== undefined && failure === '', failure }
}

export type RollCallLine = {
  who: Who
  state: RollCallState
  answer: string | null
  at: number | null
  doubtful: string | null
  mobile: string
  away: AbsenceWord | null
}
export type AlertDetails = AlertCard & {
  /** May this person correct, cancel and end it? */
  mayDirect: boolean
  /** Does this person read the answers? Others see who has received it. */
  readsAnswers: boolean
  rows: RollCallLine[]
}

export type UnsentAlert = {
  channel: string
  text: string
  exercise: boolean
  /** Why the box has refused it; empty: it has not been asked, or has not answered. */
  failure: string
}

/** An alert of this device that the box does not have yet; null: none of that id waits here. */
export async function unsentAlertView(
  device: Device,
  { alert }: { alert: string },
): Promise<UnsentAlert | null> {
  const id = parseId<MessageId>(alert)
  const row = (await device.waiting()).find((one) => equal(one.row.mid, id))?.row
  if (row === undefined) return null
  const content = decodeContent(row.plain)
  if (content.type !== 'alert') return null
  const exercise = row.kind === KIND.exercise
  return { channel: idText(row.log), text: content.text, exercise, failure: row.failure }
}

export async function alertView(
  device: Device,
  { alert: text }: { alert: string },
): Promise<AlertDetails | null> {
  const { core, receipts } = device
  const id = parseId<MessageId>(text)
  const channel = core.replica.channelOfAlert(id)
  if (channel === null) return null
  const message = await findAlert(core, id)
  const me = core.replica.identity.person
  const response = core.replica.channels.get(message.content.respChannel)
  const rows = await rollCall(core, id, receipts.of(core, channel.id))
  return {
    ...(await cardOf(device, channel, message)),
    mayDirect: channel.allows('alert', me),
    readsAnswers: response?.members.has(me) ?? false,
    rows: rows
      .map(({ person, state, answer, at, doubtful }) => {
        const mobile = device.mobileOf(person)
        const away = absenceOf(core.replica, person, core.clock.now())
        return { who: who(core, person), state, answer, at, doubtful, mobile, away }
      })
      .toSorted((a, b) => byName(a.who, b.who)),
  }
}
