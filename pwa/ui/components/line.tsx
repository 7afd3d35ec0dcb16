// One line: a message with what can be done about it, who came and went, or what could not be read.
import { useState } from 'preact/hooks'
import type { View } from '../../device/wire.ts'
import { time, words } from '../words.ts'
import type { Answering } from '../composing.ts'
import { DeliveryState } from './delivery-state.tsx'
import { FileBubble } from './file-bubble.tsx'
import { Icon } from './icon.tsx'
import { MessageActions } from './message-actions.tsx'
import { MessageText } from './message-text.tsx'
import { useOpener } from './opener.ts'
import { Reactions } from './reactions.tsx'
import { ReplyQuote } from './reply-quote.tsx'

type Channel = NonNullable<View<'channel'>>
export type AnyLine = View<'lines'>[number]
export type MessageLine = Extract<AnyLine, { id: string }>
type Props = {
  line: AnyLine
  channel: Channel
  /** Right behind another one of the same person. */
  follows: boolean
  answer: (to: Answering) => void
}

export function Line({ line, channel, follows, answer }: Props) {
  if (line.type === 'event') return <Event line={line} />
  if (line.type === 'unreadable')
    return (
      <p class="line-event bad">
        <Icon name="warning" />
        {line.why === 'locked' ? words().channel.locked() : words().channel.unverified()}
      </p>
    )
  return <Message line={line} channel={channel} follows={follows} answer={answer} />
}

function Event({ line }: { line: Extract<AnyLine, { type: 'event' }> }) {
  const { event } = words()
  const people = line.people.map(({ name }) => name).join(', ')
  return (
    <p class="line-event">
      {event[line.event]({ name: line.from.name, people })}{' '}
      <time dateTime={new Date(line.at).toISOString()}>{time(line.at)}</time>
    </p>
  )
}

function Message({ line, channel, follows, answer }: Props & { line: MessageLine }) {
  const [open, setOpen] = useState(false)
  const opener = useOpener(open)
  const { channel: text } = words()
  const kind = line.type === 'alert' ? (line.exercise ? 'exercise' : 'live') : ''
  return (
    <article class={`message ${line.from.mine ? 'mine' : ''} ${follows ? 'follows' : ''} ${kind}`}>
      {!follows && !line.from.mine && <p class="message-from">{line.from.name}</p>}
      <div class="bubble">
        {line.type === 'alert' && <AlertLabel line={line} />}
        {line.type === 'text' && line.replyTo !== null && (
          <ReplyQuote channel={channel.id} id={line.replyTo} />
        )}
        {line.removed ? (
          <p class="message-text removed">{text.removed({ name: line.from.name })}</p>
        ) : (
          <Body line={line} channel={channel.id} />
        )}
        <p class="message-foot">
          {line.pinned && <Icon name="pin" />}
          {line.original !== null && <span>{text.edited()}</span>}
          <time dateTime={new Date(line.at).toISOString()}>{time(line.at)}</time>
          {line.delivery !== null && <DeliveryState delivery={line.delivery} />}
        </p>
        <button
          ref={opener}
          type="button"
          class="icon-button message-more"
          aria-label={text.more({ name: line.from.name, time: time(line.at) })}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          <Icon name="more" />
        </button>
      </div>
      <Reactions line={line} channel={channel.id} />
      {open && (
        <MessageActions
          line={line}
          channel={channel}
          answer={answer}
          close={() => setOpen(false)}
        />
      )}
    </article>
  )
}

function Body({ line, channel }: { line: MessageLine; channel: string }) {
  return (
    <>
      {line.type === 'file' && <FileBubble line={line} channel={channel} />}
      {line.text !== '' && <MessageText line={line} />}
    </>
  )
}

function AlertLabel({ line }: { line: Extract<MessageLine, { type: 'alert' }> }) {
  const { alert } = words()
  return (
    <a class="alert-label" href={`/alerts/${line.id}`}>
      <Icon name={line.exercise ? 'exercise' : 'siren'} />
      <strong>{line.exercise ? alert.exercise() : alert.live()}</strong>
      <span>{alert.states[line.state]()}</span>
    </a>
  )
}
