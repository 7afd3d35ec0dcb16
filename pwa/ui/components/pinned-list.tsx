// What is pinned in a conversation, and the way to each of it.
import { useState } from 'preact/hooks'
import type { View } from '../../device/wire.ts'
import { goTo } from '../going.ts'
import { useValue } from '../link.ts'
import { moment, words } from '../words.ts'
import { Icon } from './icon.tsx'
import { Sheet } from './sheet.tsx'

type Channel = NonNullable<View<'channel'>>

export function PinnedButton({ channel }: { channel: Channel }) {
  const [open, setOpen] = useState(false)
  const { pinned: text } = words()
  if (channel.pinned === 0) return null
  const name = text.show({ count: channel.pinned })
  return (
    <>
      <button
        type="button"
        class="icon-button"
        aria-label={name}
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
      >
        <Icon name="pin" />
      </button>
      {open && (
        <Sheet title={name} close={() => setOpen(false)}>
          <List channel={channel.id} close={() => setOpen(false)} />
        </Sheet>
      )}
    </>
  )
}

function List({ channel, close }: { channel: string; close: () => void }) {
  const pinned = useValue('pinned', { channel }) ?? []
  const { pinned: text } = words()
  const go = (id: string): void => {
    close()
    void goTo(channel, id)
  }
  return (
    <ul class="rows">
      {pinned.map(({ id, from, at, text: said, by }) => (
        <li key={id}>
          <button type="button" class="row" onClick={() => go(id)}>
            <span class="row-text">
              <span class="row-title">{said}</span>
              <span class="row-note">
                {text.from({ name: from.name, time: moment(at), by: by.name })}
              </span>
            </span>
          </button>
        </li>
      ))}
    </ul>
  )
}
