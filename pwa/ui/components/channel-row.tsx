// A conversation in a list: its name, what was said last, how much is unread.
import type { View } from '../../device/wire.ts'
import { messagePath } from '../going.ts'
import { when, words } from '../words.ts'
import { Icon } from './icon.tsx'

type Card = View<'channels'>[number]

export function ChannelRow({ channel, here }: { channel: Card; here: boolean }) {
  const { channels } = words()
  const { last, unread, mentions, mention, muted, type } = channel
  const icon = type === 'audience' ? 'siren' : type === 'direct' ? 'message' : 'users'
  return (
    <li>
      <a
        href={messagePath(channel.id, mention)}
        class={unread > 0 && muted === null ? 'row unread' : 'row'}
        aria-current={here ? 'page' : undefined}
      >
        <span class={`badge ${type}`}>
          <Icon name={icon} />
        </span>
        <span class="row-text">
          <span class="row-title">{channel.title}</span>
          <span class="row-note">{last === null ? channels.empty() : preview(last)}</span>
          {mentions > 0 && (
            <span class="row-mention">
              {channels.mentions({ unread: channels.unread({ count: unread }), count: mentions })}
            </span>
          )}
        </span>
        <span class="row-end">
          {last !== null && <time dateTime={new Date(last.at).toISOString()}>{when(last.at)}</time>}
          {muted !== null && (
            <span class="muted">
              <Icon name="silence" />
              <span class="unseen">{channels.muted()}</span>
            </span>
          )}
          {unread > 0 && <Count unread={unread} said={mentions > 0} muted={muted !== null} />}
        </span>
      </a>
    </li>
  )
}

type CountProps = { unread: number; said: boolean; muted: boolean }

/** `said`: how many there are stands beside it in words. */
function Count({ unread, said, muted }: CountProps) {
  return (
    <span
      class={muted ? 'count quiet' : 'count'}
      aria-label={said ? undefined : words().channels.unread({ count: unread })}
      aria-hidden={said ? true : undefined}
    >
      {unread}
    </span>
  )
}

function preview(last: NonNullable<Card['last']>): string {
  return last.from.mine
    ? words().channels.mine({ text: last.text })
    : `${last.from.name}: ${last.text}`
}
