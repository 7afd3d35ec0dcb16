// What verbs that send have in common: reaching the box first, or keeping what is sent until it is there.
import type { Core } from '../client/core.ts'
import { drain, type Sent, waiting } from '../client/outbox.ts'
import { pull } from '../client/pull.ts'
import { isSilence, refusalOf } from '../client/refusal.ts'
import { upkeep } from '../client/upkeep.ts'
import { equal } from '../protocol/bytes.ts'
import { ensure, type ErrorCode, isErrorCode, ProtocolError } from '../protocol/errors.ts'
import { idText, type LogId, type MessageId } from '../protocol/ids.ts'
import type { Arguments, Verb } from './verb.ts'

export const QUEUE: Verb['options'] = {
  queue: {
    type: 'boolean',
    help: 'when the box is out of reach, keep it and send it with the next sync',
  },
}

/** Without --queue nothing may be left behind, so the box has to be there before anything is stored. */
export async function reach(core: Core, args: Arguments): Promise<boolean> {
  try {
    await pull(core)
    return true
  } catch (error) {
    if (isSilence(error) && args.flag('queue')) return false
    throw error
  }
}

/** What is due comes after what people wait for; the message is out whatever becomes of it. */
export async function afterwards(core: Core, args: Arguments): Promise<void> {
  try {
    await upkeep(core)
  } catch (error) {
    args.out.note(`Not everything that is due could be done: ${refusalOf(error).message}`)
  }
}

/** Where the message stands; null while it waits for the box. Throws when the box has refused it. */
export async function sentOf(core: Core, id: MessageId, online: boolean): Promise<Sent | null> {
  const { sent } = online ? await drain(core) : { sent: [] }
  const done = sent.find((one) => equal(one.id, id))
  if (done !== undefined) return done
  const row = (await waiting(core)).find((one) => equal(one.row.mid, id))?.row
  if (row !== undefined && isErrorCode(row.failure)) throw new ProtocolError(row.failure)
  return null
}

/** A box that is there, and is not to be given anything new just now, is another matter than one that is not there. */
function whyWaiting({ replica }: Core, channel: LogId): ErrorCode {
  if (replica.restoring) return 'restoring'
  const held = replica.distrust?.logs ?? []
  const holds = held.some((log) => equal(log, channel) || equal(log, replica.directory.log))
  return holds ? 'rolled_back' : 'box_unreachable'
}

type Outgoing = { id: MessageId; channel: LogId; sent: Sent | null; more?: Record<string, unknown> }

/** What has been stored cannot be unsaid: it goes out later, and only --queue calls that a success. */
export function report(
  args: Arguments,
  core: Core,
  { id, channel, sent, more = {} }: Outgoing,
): void {
  if (sent !== null) {
    const value = { id: idText(id), channel: idText(channel), n: sent.n, ...more }
    return args.out.result(value, `Sent: ${idText(id)}`)
  }
  const waits = `${idText(id)} waits on this device and goes out with the next sync`
  ensure(args.flag('queue'), whyWaiting(core, channel), waits)
  args.out.result({ id: idText(id), queued: true, ...more }, waits)
}
