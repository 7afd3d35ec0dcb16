// Verbs about messages and alerts: send, sync, listen, alert, answer, rollcall.
import { enqueueAlert, enqueueAnswerTo, rollCall } from '../client/alerts.ts'
import { directChannel } from '../client/channels.ts'
import type { Core } from '../client/core.ts'
import { stayLive } from '../client/live.ts'
import { discard, drain, enqueue, type Sent, type Waiting, waiting } from '../client/outbox.ts'
import type { NoticeView } from '../client/notices.ts'
import { pull } from '../client/pull.ts'
import { isSilence, refusalOf } from '../client/refusal.ts'
import { readyForAnswers } from '../client/response-keys.ts'
import { upkeep } from '../client/upkeep.ts'
import {
  findChannel,
  membersOf,
  type MessageView,
  nameOf,
  news,
  type NewsView,
  titleOf,
} from '../client/views.ts'
import { equal, fromUtf8 } from '../protocol/bytes.ts'
import type { Channel } from '../protocol/channel.ts'
import { ensure, isErrorCode, ProtocolError } from '../protocol/errors.ts'
import { idText, type LogId, type MessageId, parseId, type PersonId } from '../protocol/ids.ts'
import { KIND, kindName } from '../protocol/kinds.ts'
import { findPerson, openDevice, readStdin, STATE, withDevice } from './device.ts'
import { quoted } from './output.ts'
import type { Arguments, Verb } from './verb.ts'

const QUEUE: Verb['options'] = {
  queue: {
    type: 'boolean',
    help: 'when the box is out of reach, keep it and send it with the next sync',
  },
}

/** A channel of this person, or the direct channel with somebody. */
async function target(core: Core, text: string): Promise<Channel> {
  const known = tryFind(core, text)
  if (known !== null) return known
  const id = await directChannel(core, personOr(core, text))
  const channel = core.replica.channels.get(id)
  ensure(channel !== undefined, 'not_found', 'channel')
  return channel
}

function tryFind(core: Core, text: string): Channel | null {
  try {
    return findChannel(core.replica, text)
  } catch (error) {
    if (refusalOf(error).code === 'not_found') return null
    throw error
  }
}

function personOr(core: Core, text: string): PersonId {
  try {
    return findPerson(core, text)
  } catch (error) {
    const unknown = refusalOf(error).code === 'person_unknown'
    throw unknown
      ? new ProtocolError('not_found', `no channel and nobody is called "${text}"`)
      : error
  }
}

/** Without --queue nothing may be left behind, so the box has to be there before anything is stored. */
async function reach(core: Core, args: Arguments): Promise<boolean> {
  try {
    await pull(core)
    return true
  } catch (error) {
    if (isSilence(error) && args.flag('queue')) return false
    throw error
  }
}

/** What is due comes after what people wait for; the message is out whatever becomes of it. */
async function afterwards(core: Core, args: Arguments): Promise<void> {
  try {
    await upkeep(core)
  } catch (error) {
    args.out.note(`Not everything that is due could be done: ${refusalOf(error).message}`)
  }
}

/** Where the message stands; null while it waits for the box. Throws when the box has refused it. */
async function sentOf(core: Core, id: MessageId, online: boolean): Promise<Sent | null> {
  const { sent } = online ? await drain(core) : { sent: [] }
  const done = sent.find((one) => equal(one.id, id))
  if (done !== undefined) return done
  const row = (await waiting(core)).find((one) => equal(one.row.mid, id))?.row
  if (row !== undefined && isErrorCode(row.failure)) throw new ProtocolError(row.failure)
  return null
}

export const send: Verb = {
  usage: 'send CHANNEL [TEXT] --state DIR',
  summary: 'Sends one message; done means that it is on the disk of the box.',
  help: `
Without TEXT it reads standard input. CHANNEL is an id or a title; a person's id or name means the direct
channel with them.
  holdfast send "Crisis team" "We meet at 7" --state ./anna
  uptime | holdfast send OPS --queue --state ./anna`,
  options: { ...STATE, ...QUEUE },
  positionals: [1, 2],
  async run(args) {
    const text = args.positionals.length === 2 ? args.at(1) : await readStdin()
    ensure(text.length > 0, 'usage', 'the message is empty')
    await withDevice(args, async (core) => {
      const online = await reach(core, args)
      const channel = await target(core, args.at(0))
      const id = await enqueue(core, channel.id, KIND.text, { type: 'text', text, replyTo: null })
      const sent = await sentOf(core, id, online)
      report(args, { id, channel: channel.id, sent })
      if (sent !== null) await afterwards(core, args)
    })
  },
}

type Outgoing = { id: MessageId; channel: LogId; sent: Sent | null; more?: Record<string, unknown> }

/** What has been stored cannot be unsaid: it goes out later, and only --queue calls that a success. */
function report(args: Arguments, { id, channel, sent, more = {} }: Outgoing): void {
  if (sent !== null) {
    const value = { id: idText(id), channel: idText(channel), n: sent.n, ...more }
    return args.out.result(value, `Sent: ${idText(id)}`)
  }
  const waits = `${idText(id)} waits on this device and goes out with the next sync`
  ensure(args.flag('queue'), 'box_unreachable', waits)
  args.out.result({ id: idText(id), queued: true, ...more }, waits)
}

export const alert: Verb = {
  usage: 'alert AUDIENCE TEXT [--exercise] [--answers A,B] --state DIR',
  summary: 'Asks everybody in an audience to answer.',
  help: `
  holdfast alert "All staff" "Plant 2 is on fire. Leave by the north gate." --state ./anna
  holdfast alert "All staff" "Quarterly test" --exercise --answers "received,cannot come" --state ./anna
An exercise is a kind of message of its own, never a word in the text.`,
  options: {
    ...STATE,
    ...QUEUE,
    exercise: { type: 'boolean', help: 'an EXERCISE instead of a LIVE alert' },
    answers: {
      type: 'string',
      value: 'A,B',
      help: 'the choices (default: safe, need help, on my way)',
    },
  },
  positionals: [2, 2],
  async run(args) {
    await withDevice(args, async (core) => {
      const online = await reach(core, args)
      const audience = findChannel(core.replica, args.at(0))
      const answers = args
        .text('answers')
        ?.split(',')
        .map((one) => one.trim())
        .filter((one) => one !== '')
      const options = {
        exercise: args.flag('exercise'),
        ...(answers === undefined ? {} : { answers }),
      }
      if (online) await readyForAnswers(core, audience)
      const id = await enqueueAlert(core, audience, args.at(1), options)
      const more = { audience: membersOf(core.replica, audience).length }
      const sent = await sentOf(core, id, online)
      report(args, { id, channel: audience.id, sent, more })
      if (sent !== null) await afterwards(core, args)
    })
  },
}

export const answer: Verb = {
  usage: 'answer ALERT CHOICE --state DIR',
  summary: "Gives this person's answer to an alert.",
  help: `
CHOICE is one of the alert's answers, or other words of your own. Answering again replaces the answer.
  holdfast answer ID safe --state ./anna
  holdfast answer ID "on my way" --eta 20 --state ./anna`,
  options: {
    ...STATE,
    ...QUEUE,
    eta: { type: 'string', value: 'MINUTES', help: 'when you will be there' },
  },
  positionals: [2, 2],
  async run(args) {
    const eta = Number(args.text('eta') ?? 0)
    ensure(Number.isInteger(eta) && eta >= 0 && eta <= 0xffff, 'usage', '--eta wants minutes')
    await withDevice(args, async (core) => {
      const online = await reach(core, args)
      const id = parseId<MessageId>(args.at(0))
      const mine = await enqueueAnswerTo(core, id, args.at(1), eta)
      const sent = await sentOf(core, mine, online)
      const result = {
        id: idText(mine),
        alert: idText(id),
        ...(sent === null ? { queued: true } : {}),
      }
      args.out.result(result, sent === null ? 'Waits on this device.' : 'Answered.')
      if (sent !== null) await afterwards(core, args)
    })
  },
}

export const rollcall: Verb = {
  usage: 'rollcall ALERT --state DIR',
  summary: 'Lists who answered, who has the alert, who has not, who cannot be reached.',
  help: 'Answers are sealed to the coordinators: other members see only who has received it.',
  options: STATE,
  positionals: [1, 1],
  async run(args) {
    await withDevice(args, async (core) => {
      await pull(core)
      for (const { person, name, state, answer: said, at, channel } of await rollCall(
        core,
        parseId<MessageId>(args.at(0)),
      )) {
        const when = at === null ? null : new Date(at).toISOString()
        args.out.result(
          { person: idText(person), name, state, answer: said, at: when, channel },
          `${state.padEnd(12)} ${name}${said === null ? '' : `: ${said}`}`,
        )
      }
    })
  },
}

async function printNews(core: Core, args: Arguments): Promise<number> {
  const { items, seen } = await news(core)
  for (const item of items) printItem(core, args, item)
  await seen()
  return items.length
}

function printItem(core: Core, args: Arguments, item: NewsView): void {
  const { replica } = core
  if (item.type === 'notice') return printNotice(core, args, item)
  const known = replica.channels.get(item.channel)
  const channelName = known === undefined ? '' : titleOf(replica, known)
  const where = { channel: idText(item.channel), n: item.n }
  if (item.type === 'message') return printMessage(core, args, item, channelName)
  const value = { problem: item.reason, code: item.code, ...where, channelName }
  const place = channelName === '' ? 'the directory' : `${quoted(channelName)} #${item.n}`
  args.out.result(value, `! ${place}: could not be verified: ${item.reason}`)
}

function printNotice(core: Core, args: Arguments, item: NoticeView): void {
  const name = nameOf(core.replica, item.person)
  const device = idText(item.device)
  const value = {
    notice: 'device',
    person: idText(item.person),
    device,
    name,
    waiting: item.waiting,
  }
  const line = item.waiting
    ? `A further device of ${quoted(name)} waits for approval: ${device}. If that is not you, tell an administrator.`
    : `${quoted(name)} has a new device: ${device}. If in doubt, ask by another way.`
  args.out.result(value, `* ${line}`)
}

function printMessage(core: Core, args: Arguments, item: MessageView, channelName: string): void {
  const { content } = item
  if (content.type === 'names') return
  const id = idText(item.id)
  const from = item.from === null ? null : idText(item.from)
  const fromName = item.from === null ? '?' : nameOf(core.replica, item.from)
  const at = new Date(item.at).toISOString()
  const kind = kindName(item.kind)
  const rings = content.type === 'alert'
  const more = rings ? { answers: content.answers, severity: content.severity } : {}
  const where = { channel: idText(item.channel), n: item.n }
  const value = { id, ...where, from, at, kind, text: content.text, fromName, channelName, ...more }
  const stripe = rings ? `${kind.toUpperCase()} ` : ''
  const line = `${at}  ${stripe}[${quoted(channelName)}] ${quoted(fromName)}: ${quoted(content.text)}`
  const choices = rings ? content.answers.map((one) => `"${quoted(one)}"`).join(', ') : ''
  const how = rings
    ? `\n    Answer: holdfast answer ${id} CHOICE   with ${choices} or your own words`
    : ''
  args.out.result(value, line + how)
}

/** A refused message is said once, with its text, and then given up: it will not go out by itself. */
async function giveUp(core: Core, args: Arguments, one: Waiting): Promise<void> {
  const { failure, plain, kind } = one.row
  if (!isErrorCode(failure)) return
  const text = kind === KIND.text ? `: ${quoted(fromUtf8(plain.subarray(1))).slice(0, 200)}` : ''
  args.out.note(`Not sent: ${new ProtocolError(failure).message}${text}`)
  await discard(core, one)
}

export const sync: Verb = {
  usage: 'sync --state DIR',
  summary: 'Fetches what is new, sends what waits, does what is due, and prints the news once.',
  help: `
Each message is printed once; what could not be verified is printed with the reason. A further device of
somebody in one of your channels is told as {"notice":"device"}.`,
  options: STATE,
  positionals: [0, 0],
  async run(args) {
    await withDevice(args, async (core) => {
      await pull(core, (held) => args.out.progress(held, null, 'entries'))
      const { sent, unreachable } = await drain(core)
      if (!unreachable) await upkeep(core)
      for (const { id } of sent) args.out.note(`Sent what waited: ${idText(id)}`)
      for (const one of await waiting(core)) await giveUp(core, args, one)
      await printNews(core, args)
    })
  },
}

export const listen: Verb = {
  usage: 'listen --state DIR',
  summary: 'As sync, for ever: prints what arrives as it arrives.',
  help: 'Ends with SIGINT or SIGTERM. Other verbs may use the same folder meanwhile.',
  options: STATE,
  positionals: [0, 0],
  async run(args) {
    const ending = new AbortController()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort())
    await openDevice(args, (core) =>
      stayLive(
        core,
        {
          changed: () => core.run(async () => void (await printNews(core, args))),
          state: (online, reason) =>
            args.out.note(online ? 'Connected.' : `Not connected: ${reason}`),
        },
        ending.signal,
      ),
    )
  },
}
