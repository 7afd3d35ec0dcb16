// What a message answers to.
import { useValue } from '../link.ts'
import { words } from '../words.ts'

export function ReplyQuote({ channel, id }: { channel: string; id: string }) {
  const message = useValue('message', { channel, id })
  if (message === undefined) return <p class="reply-quote">&nbsp;</p>
  if (message === null) return <p class="reply-quote">{words().channel.lost()}</p>
  return (
    <p class="reply-quote">
      <strong>{message.from.name}</strong> <span>{message.text}</span>
    </p>
  )
}
