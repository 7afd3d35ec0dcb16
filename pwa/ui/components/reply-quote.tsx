// What a message answers to, and the way there.
import { goTo } from '../going.ts'
import { useValue } from '../link.ts'
import { words } from '../words.ts'

export function ReplyQuote({ channel, id }: { channel: string; id: string }) {
  const message = useValue('message', { channel, id })
  if (message === undefined) return <p class="reply-quote">&nbsp;</p>
  if (message === null) return <p class="reply-quote">{words().channel.lost()}</p>
  return (
    <button type="button" class="reply-quote" onClick={() => void goTo(channel, id)}>
      <strong>{message.from.name}</strong> <span>{message.text}</span>
    </button>
  )
}
