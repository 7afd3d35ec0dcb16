// Conversations: the list, and beside it, or instead of it on a phone, the one that is open.
import { useRoute } from 'preact-iso'
import { ChannelRow } from '../components/channel-row.tsx'
import { Conversation } from '../components/conversation.tsx'
import { Icon } from '../components/icon.tsx'
import { Head } from '../components/screen.tsx'
import { useValue } from '../link.ts'
import { words } from '../words.ts'

export function ChannelsScreen() {
  const open = useRoute().params['channel'] ?? null
  return (
    <div class={open === null ? 'panes' : 'panes opened'}>
      <List open={open} />
      {open === null ? (
        <p class="pane-hint">{words().channels.choose()}</p>
      ) : (
        <Conversation key={open} id={open} />
      )}
    </div>
  )
}

function List({ open }: { open: string | null }) {
  const channels = useValue('channels', undefined)
  const { channels: text } = words()
  return (
    <section class="pane-list" aria-label={text.title()}>
      <Head
        title={text.title()}
        beside={open !== null}
        actions={
          <>
            <a class="icon-button" href="/search" aria-label={words().search.title()}>
              <Icon name="search" />
            </a>
            <a class="icon-button" href="/channels/new" aria-label={text.open()}>
              <Icon name="plus" />
            </a>
          </>
        }
      />
      {channels?.length === 0 && <p class="note empty">{text.none()}</p>}
      <ul class="rows">
        {(channels ?? []).map((one) => (
          <ChannelRow key={one.id} channel={one} here={one.id === open} />
        ))}
      </ul>
    </section>
  )
}
