// What is new, as lines for people and objects for scripts.
import type { Core } from '../client/core.ts'
import type { NoticeView } from '../client/notices.ts'
import { discard, type Waiting } from '../client/outbox.ts'
import { type MessageView, nameOf, news, type NewsView, titleOf } from '../client/views.ts'
import { type Content, decodeContent, markName } from '../protocol/content.ts'
import { isErrorCode, ProtocolError } from '../protocol/errors.ts'
import { idText } from '../protocol/ids.ts'
import { KIND, kindName } from '../protocol/kinds.ts'
import { quoted } from './output.ts'
import type { Arguments } from './verb.ts'

export async function printNews(core: Core, args: Arguments): Promise<number> {
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
  if (content.type === 'mark') return printMark(core, args, item, content, channelName)
  const id = idText(item.id)
  const from = item.from === null ? null : idText(item.from)
  const fromName = item.from === null ? '?' : nameOf(core.replica, item.from)
  const at = new Date(item.at).toISOString()
  const kind = kindName(item.kind)
  const rings = content.type === 'alert'
  const more = rings ? { answers: content.answers, severity: content.severity } : fileOf(content)
  const where = { channel: idText(item.channel), n: item.n }
  const value = { id, ...where, from, at, kind, text: content.text, fromName, channelName, ...more }
  const stripe = rings ? `${kind.toUpperCase()} ` : ''
  const line = `${at}  ${stripe}[${quoted(channelName)}] ${quoted(fromName)}: ${quoted(content.text)}`
  args.out.result(value, line + hintFor(id, content))
}

type MarkContent = Extract<Content, { type: 'mark' }>

/** What is said about another message must not be read as one: an all-clear is no text of its own. */
function printMark(
  core: Core,
  args: Arguments,
  { from, at, channel, n }: MessageView,
  { mark, target, text }: MarkContent,
  channelName: string,
): void {
  const name = markName(mark)
  const fromName = from === null ? '?' : nameOf(core.replica, from)
  const when = new Date(at).toISOString()
  const value = {
    mark: name,
    of: idText(target),
    channel: idText(channel),
    n,
    from: from === null ? null : idText(from),
    at: when,
    text,
  }
  const words = text === '' ? '' : `: ${quoted(text)}`
  const line = `${when}  [${quoted(channelName)}] ${quoted(fromName)}, ${name} of ${idText(target)}${words}`
  args.out.result(value, line)
}

function fileOf(content: Content): Record<string, unknown> {
  if (content.type !== 'file') return {}
  const { name, size, mime } = content
  return { file: { name, size, mime } }
}

function hintFor(id: string, content: Content): string {
  if (content.type === 'alert') {
    const choices = content.answers.map((one) => `"${quoted(one)}"`).join(', ')
    return `\n    Answer: holdfast answer ${id} CHOICE   with ${choices} or your own words`
  }
  if (content.type !== 'file') return ''
  const size = `${Math.ceil(content.size / 1024)} KiB`
  return `\n    File: ${quoted(content.name)}, ${size}. Fetch it: holdfast save ${id}`
}

/** A refused message is said once, with its text, and then given up: it will not go out by itself. */
export async function giveUp(core: Core, args: Arguments, one: Waiting): Promise<void> {
  const { failure, plain, kind } = one.row
  if (!isErrorCode(failure)) return
  const content = kind === KIND.text ? decodeContent(plain) : null
  const text =
    content !== null && 'text' in content ? `: ${quoted(content.text).slice(0, 200)}` : ''
  args.out.note(`Not sent: ${new ProtocolError(failure).message}${text}`)
  await discard(core, one)
}
