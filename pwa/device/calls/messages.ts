// What people do in conversations. Everything goes into the outbox first; sending follows.
import { enqueueMark } from '../../../client/marks.ts'
import { discard, enqueue, waiting as waitingOf } from '../../../client/outbox.ts'
import type { Core } from '../../../client/core.ts'
import { drop, type Write } from '../../../client/store.ts'
import { readPlace } from '../../../client/rows.ts'
import { equal } from '../../../protocol/bytes.ts'
import { decodeContent, MARK, type MarkName } from '../../../protocol/content.ts'
import { ensure } from '../../../protocol/errors.ts'
import { idText, type LogId, type MessageId, parseId } from '../../../protocol/ids.ts'
import { KIND } from '../../../protocol/kinds.ts'
import type { Device } from '../device.ts'
import { type Draft, draftOf, draftWrite, NO_DRAFT } from '../draft.ts'

type Sending = { channel: string; id: string; text: string; replyTo: string | null }

/** `id`: chosen by the page, so that asking twice sends once. */
export async function send(device: Device, { channel, id, text, replyTo }: Sending): Promise<void> {
  const { core } = device
  const log = parseId<LogId>(channel)
  const mid = parseId<MessageId>(id)
  if (!isKnown(device, log, mid)) {
    const reply = replyTo === null ? null : parseId<MessageId>(replyTo)
    const also = [draftWrite(log, NO_DRAFT)]
    const content = { type: 'text', text, replyTo: reply } as const
    await take(device, id, () => enqueue(core, log, KIND.text, content, { id: mid, also }))
  }
  device.send()
}

/** From here on asking again does nothing, unless `work` fails: then nothing was taken. */
export async function take(
  device: Device,
  id: string,
  work: () => Promise<unknown>,
): Promise<void> {
  device.taken.add(id)
  try {
    await device.writing.run(work)
  } catch (error) {
    device.taken.delete(id)
    throw error
  }
}

/** Has this device taken it already? */
export function isKnown({ core, taken }: Device, log: LogId, mid: MessageId): boolean {
  return taken.has(idText(mid)) || core.replica.hasOwn(log, mid)
}

export type Marking = {
  channel: string
  target: string
  mark: MarkName
  text?: string
}

export async function mark(
  device: Device,
  { channel, target, mark: as, text }: Marking,
): Promise<void> {
  const said = { mark: MARK[as], target: parseId<MessageId>(target), text: text ?? '' }
  await device.writing.run(() => enqueueMark(device.core, parseId<LogId>(channel), said))
  device.send()
}

/** A message that the box has refused, or that has not left yet, is given up; its text comes back into the draft. */
export async function takeBack(device: Device, { id }: { id: string }): Promise<void> {
  const { core } = device
  const mid = parseId<MessageId>(id)
  await core.run(() => takeOut(device, mid))
}

/** Nothing else is sent meanwhile: the row says whether the box may have it already. */
async function takeOut(device: Device, mid: MessageId): Promise<void> {
  const { core } = device
  const waiting = (await waitingOf(core)).find((one) => equal(one.row.mid, mid))
  ensure(waiting !== undefined, 'not_found', 'message')
  const content = decodeContent(waiting.row.plain)
  const draft = content.type === 'text' ? [await intoDraft(core, waiting.row.log, content)] : []
  await discard(core, waiting, draft)
  if (content.type === 'file') await device.files.giveUp(mid, content)
}

/** What is being written already stays what it is: an answer to what it answers. */
async function intoDraft(core: Core, log: LogId, { text, replyTo }: Draft): Promise<Write> {
  const draft = await draftOf(core, log)
  if (draft.text === '') return draftWrite(log, { text, replyTo: draft.replyTo ?? replyTo })
  return draftWrite(log, { ...draft, text: `${draft.text}\n${text}` })
}

export async function saveDraft(
  { core }: Device,
  { channel, text, replyTo }: { channel: string; text: string; replyTo: string | null },
): Promise<void> {
  const to = replyTo === null ? null : parseId<MessageId>(replyTo)
  await core.store.commit([draftWrite(parseId<LogId>(channel), { text, replyTo: to })])
}

/** Everything up to entry `n` of a channel has been looked at here. */
export async function markRead(
  { core }: Device,
  { channel, n }: { channel: string; n: number },
): Promise<void> {
  const rows = await core.store.list('news', parseId<LogId>(channel))
  const read = rows.filter(({ key }) => readPlace(key).n <= n)
  if (read.length > 0) await core.store.commit(read.map(({ key }) => drop('news', key)))
}
