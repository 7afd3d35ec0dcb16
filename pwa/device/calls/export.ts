// What this person has written and answered, as text that anybody can read: JSON, made slice by slice, so that a
// long history neither fills the memory nor holds anybody up.
import { equal, fromUtf8 } from '../../../protocol/bytes.ts'
import { markName } from '../../../protocol/content.ts'
import { asId, idText, type MessageId } from '../../../protocol/ids.ts'
import { channelTypeName } from '../../../protocol/kinds.ts'
import type { Core } from '../../../client/core.ts'
import { shownAs } from '../../../client/marks.ts'
import {
  channels,
  findMessage,
  membersOf,
  type MessageView,
  profileOf,
  titleOf,
} from '../../../client/views.ts'
import type { Device } from '../device.ts'
import { ANSWER } from '../local.ts'
import { BEGINNING, type Cursor as Place, nextSlice } from '../slices.ts'
import { roleOf, who } from '../views/names.ts'

/** `count`: how many messages there are so far. */
type Cursor = Place & { count: number }
type Exported = {
  /** The next piece of the file. */
  text: string
  /** Null: the file is whole. */
  next: Cursor | null
  /** Entries that have been looked at, and how many there are. */
  done: number
  of: number
}

export async function exportMine(
  device: Device,
  { from }: { from: Cursor | null },
): Promise<Exported> {
  const { core } = device
  const { count, ...place } = from ?? { ...BEGINNING, count: 0 }
  const { messages, next, done, of } = await nextSlice(core, place)
  const found: object[] = []
  for (const message of messages)
    if (isMine(core, message)) found.push(await written(device, message))
  const lines = found.map((one) => `    ${JSON.stringify(one)}`).join(',\n')
  const piece = found.length === 0 ? '' : `${count === 0 ? '\n' : ',\n'}${lines}`
  const head = from === null ? headOf(core) : ''
  const tail = next === null ? await tailOf(core) : ''
  return {
    text: head + piece + tail,
    next: next === null ? null : { ...next, count: count + found.length },
    done,
    of,
  }
}

const isMine = ({ replica }: Core, { from }: MessageView): boolean =>
  from !== null && equal(from, replica.identity.person)

const stamp = (at: number): string => new Date(at).toISOString()

function headOf(core: Core): string {
  const { replica } = core
  const { identity } = replica
  const facts = {
    what: 'Holdfast: my data. Not encrypted: whoever has this file can read it.',
    made: stamp(core.clock.now()),
    organisation: identity.orgName,
    person: idText(identity.person),
    device: idText(identity.device),
    role: roleOf(core, identity.person),
    profile: profileOf(replica, identity.person),
    channels: channels(replica).map((channel) => ({
      id: idText(channel.id),
      title: titleOf(replica, channel),
      type: channelTypeName(channel.type),
      members: membersOf(replica, channel).map(({ person }) => who(core, person).name),
    })),
  }
  return `${JSON.stringify(facts, null, 2).slice(0, -2)},\n  "messages": [`
}

/** One message or mark of this person. What was removed is in the record, and so it is here. */
async function written({ marks }: Device, message: MessageView): Promise<object> {
  const { id, channel, at, from, content } = message
  const place = { id: idText(id), channel: idText(channel), at: stamp(at), type: content.type }
  if (content.type === 'names') return place
  if (content.type === 'mark')
    return {
      ...place,
      mark: markName(content.mark),
      of: idText(content.target),
      text: content.text,
    }
  const shown = shownAs({ from, content }, await marks.on(channel, id))
  const changed = shown.edited === null ? {} : { original: content.text }
  const removed = shown.removed === null ? {} : { removed: stamp(shown.removed) }
  const file = content.type === 'file' ? { name: content.name, size: content.size } : {}
  const reply =
    content.type === 'text' && content.replyTo !== null ? { replyTo: idText(content.replyTo) } : {}
  return { ...place, text: shown.text, ...changed, ...removed, ...file, ...reply }
}

async function tailOf(core: Core): Promise<string> {
  const rows = await core.store.list('local', ANSWER)
  const answers: object[] = []
  for (const { key, value } of rows) {
    const id = asId<MessageId>(key.slice(ANSWER.length))
    const alert = await findMessage(core, id)
    const asked = alert?.content.type === 'alert' ? alert.content.text : null
    answers.push({ alert: idText(id), asked, answer: fromUtf8(value) })
  }
  return `\n  ],\n  "answers": ${JSON.stringify(answers, null, 2).replaceAll('\n', '\n  ')}\n}\n`
}
