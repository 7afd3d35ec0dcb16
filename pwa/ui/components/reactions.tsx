// Reactions under a message: how many of each, and mine to give or take back.
import { call } from '../link.ts'
import { words } from '../words.ts'
import type { MessageLine } from './line.tsx'

export function Reactions({ line, channel }: { line: MessageLine; channel: string }) {
  if (line.reactions.length === 0) return null
  const { channel: text } = words()
  return (
    <p class="reactions">
      {line.reactions.map(({ text: sign, by }) => {
        const mine = by.some((one) => one.mine)
        const names = by.map(({ name }) => name).join(', ')
        return (
          <button
            key={sign}
            type="button"
            class="reaction"
            aria-pressed={mine}
            title={names}
            onClick={() => void react(channel, line.id, mine ? '' : sign)}
          >
            {sign} {by.length}
            <span class="unseen"> {text.reaction({ names })}</span>
          </button>
        )
      })}
    </p>
  )
}

export function react(channel: string, target: string, sign: string): Promise<void> {
  return call('mark', { channel, target, mark: 'reaction', text: sign })
}
