// Verbs about messages: send, sync, listen.
import { auditPage } from '../client/audit.ts'
import { directChannel } from '../client/channels.ts'
import type { Core } from '../client/core.ts'
import { stayLive } from '../client/live.ts'
import { drain, enqueue, waiting } from '../client/outbox.ts'
import { pull } from '../client/pull.ts'
import { refusalOf } from '../client/refusal.ts'
import { sayRunning } from '../client/running.ts'
import { upkeep } from '../client/upkeep.ts'
import { findChannel } from '../client/views.ts'
import type { Channel } from '../protocol/channel.ts'
import { ensure, ProtocolError } from '../protocol/errors.ts'
import { idText, type LogId, type MessageId, type PersonId } from '../protocol/ids.ts'
import { KIND } from '../protocol/kinds.ts'
import { findPerson, openDevice, readStdin, STATE } from './device.ts'
import { bringAll, chooseFile } from './file-verbs.ts'
import { afterwards, QUEUE, reach, report, sentOf } from './outgoing.ts'
import { OWN_RELEASE } from './own-release.ts'
import { giveUp, printNews } from './print-news.ts'
import type { Arguments, Verb } from './verb.ts'

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

export const send: Verb = {
  usage: 'send CHANNEL [TEXT] [--file PATH] --state DIR',
  summary: 'Sends one message; done means that it is on the disk of the box.',
  help: `
Without TEXT and --file it reads standard input. CHANNEL is an id or a title; a person's id or name means the
direct channel with them. A file of up to 2 GiB goes sealed, part by part; run "holdfast sync" to go on with one
that was cut.
  holdfast send "Crisis team" "We meet at 7" --state ./anna
  holdfast send "Crisis team" "The plan of plant 2" --file plan.pdf --state ./anna
  uptime | holdfast send OPS --queue --state ./anna`,
  options: {
    ...STATE,
    ...QUEUE,
    file: { type: 'string', value: 'PATH', help: 'a file to send; TEXT is what you say about it' },
  },
  positionals: [1, 2],
  async run(args) {
    const file = args.text('file')
    const given = args.positionals.length === 2 || file !== undefined
    const text = given ? args.at(1) : await readStdin()
    ensure(text.length > 0 || file !== undefined, 'usage', 'the message is empty')
    await openDevice(args, async (core) => {
      const written = await core.run(() => write(core, args, text, file))
      if (written.online && file !== undefined) await bringAll(core, args)
      await core.run(async () => {
        const sent = await sentOf(core, written.id, written.online)
        report(args, core, { ...written, sent })
        if (sent !== null) await afterwards(core, args)
      })
    })
  },
}

type Written = { id: MessageId; channel: LogId; online: boolean }

/** Into the outbox, once it is clear where to. */
async function write(
  core: Core,
  args: Arguments,
  text: string,
  file: string | undefined,
): Promise<Written> {
  const online = await reach(core, args)
  const { id: channel } = await target(core, args.at(0))
  const id =
    file === undefined
      ? await enqueue(core, channel, KIND.text, { type: 'text', text, replyTo: null })
      : await chooseFile(core, channel, file, text)
  return { id, channel, online }
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
    await openDevice(args, async (core) => {
      await core.run(() => pull(core, (held) => args.out.progress(held, null, 'entries')))
      await bringAll(core, args)
      await core.run(() => exchange(core, args))
    })
  },
}

async function exchange(core: Core, args: Arguments): Promise<void> {
  await pull(core)
  const { sent, unreachable } = await drain(core)
  if (!unreachable) {
    await upkeep(core)
    await sayRunning(core, OWN_RELEASE)
    await auditPage(core)
  }
  for (const { id } of sent) args.out.note(`Sent what waited: ${idText(id)}`)
  for (const one of await waiting(core)) await giveUp(core, args, one)
  await printNews(core, args)
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
