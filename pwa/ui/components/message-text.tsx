// The words of a message, with the people who are spoken to in them.
import type { MessageLine } from './line.tsx'

export function MessageText({ line: { text, mentions } }: { line: MessageLine }) {
  const parts: preact.ComponentChild[] = []
  let at = 0
  for (const { from, to, mine } of mentions) {
    parts.push(
      text.slice(at, from),
      <strong key={from} class={mine ? 'mention mine' : 'mention'}>
        {text.slice(from, to)}
      </strong>,
    )
    at = to
  }
  return (
    <p class="message-text">
      {parts}
      {text.slice(at)}
    </p>
  )
}
