// A conversation in a list: its name, what was said last, how much is unread.
import type { View } from '../../device/wire.ts'
import { when, words } from '../words.ts'
import { Icon } from './icon.tsx'

type Card = View<'channels'>[number]

export function ChannelRow({ channel, here }: { channel: Card; here: boolean }) {
  const { channels } = words()
  const { last, unread, type } = channel
  const icon = type === 'audience' ? 'siren' : type === 'direct' ? 'message' : 'users'
  return (
    <li>
      <a
        href={`/channels/${channel.id}`}
        class={unread > 0 ? 'row unread' : 'row'}
        aria-current={here ? 'page' : undefined}
      >
        <span class={`badge ${type}`}>
          <Icon name={icon} />
        </span>
        <span class="row-text">
          <span class="row-title">{channel.title}</span>
          <span class="row-note">{last === null ? channels.empty() : preview(last)}</span>
        </span>
        <span class="row-end">
          {last !== null && <time dateTime={new Date(last.at).toISOString()}>{when(last.at)}</time>}
          {unread > 0 && (
            <span class="count" aria-label={channels.unread({ count: unread })}>
              {unread}
            </span>
          )}
        </span>
      </a>
    </li>
  )
}

function preview(last: NonNullable<Card['last']>): string {
  return last.from.mine
    ? words().channels.mine({ text: last.text })
    : `${last.from.name}: ${last.text}`
}
