// What can be done about a message.
import { useState } from 'preact/hooks'
import type { View } from '../../device/wire.ts'
import type { IconName } from '../icons.ts'
import { call } from '../link.ts'
import { words } from '../words.ts'
import type { Answering } from '../composing.ts'
import { Confirm } from './confirm.tsx'
import { Icon } from './icon.tsx'
import { later } from './later.tsx'
import type { MessageLine } from './line.tsx'
import { useEscape } from './opener.ts'
import { react } from './reactions.tsx'

const WhoHasIt = later(async () => (await import('../seldom.ts')).WhoHasIt)

/** Enough to answer without words; the whole set of pictures is on the keyboard. */
const SIGNS = ['👍', '✅', '❌', '👀', '❓', '🙏'] as const

type Props = {
  line: MessageLine
  channel: NonNullable<View<'channel'>>
  answer: (to: Answering) => void
  close: () => void
}

export function MessageActions({ line, channel, answer, close }: Props) {
  const [removing, setRemoving] = useState(false)
  const { channel: text } = words()
  useEscape(true, close)
  const { id, from } = line
  const closing = (work: () => unknown) => (): void => {
    work()
    close()
  }
  const to = (edit: boolean): void => answer({ id, name: from.name, text: line.text, edit })
  const pin = line.pinned ? 'unpin' : 'pin'
  const own = from.mine && !line.removed
  return (
    <div class="message-actions" role="group" aria-label={text.actions()}>
      {channel.mayWrite && (
        <>
          <Signs give={(sign) => closing(() => react(channel.id, id, sign))()} />
          <Action icon="reply" name={text.reply()} act={closing(() => to(false))} />
          <Action
            icon="pin"
            name={text[pin]()}
            act={closing(() => call('mark', { channel: channel.id, target: id, mark: pin }))}
          />
        </>
      )}
      <Action
        icon="copy"
        name={text.copy()}
        act={closing(() => navigator.clipboard.writeText(line.text))}
      />
      <WhoHasItAction line={line} channel={channel.id} close={close} />
      {own && line.type === 'text' && (
        <Action icon="edit" name={text.edit()} act={closing(() => to(true))} />
      )}
      {own && line.type !== 'alert' && (
        <Action icon="trash" name={text.delete()} act={() => setRemoving(true)} />
      )}
      {line.original !== null && <p class="original">{text.original({ text: line.original })}</p>}
      {removing && (
        <Confirm
          title={text.deleteAsk()}
          yes={text.deleteYes()}
          danger
          close={close}
          act={() => call('mark', { channel: channel.id, target: id, mark: 'remove' })}
        >
          <p>{text.deleteWhat()}</p>
        </Confirm>
      )}
    </div>
  )
}

function Signs({ give }: { give: (sign: string) => void }) {
  return (
    <>
      {SIGNS.map((sign) => (
        <button
          key={sign}
          type="button"
          class="sign"
          aria-label={words().channel.reactWith({ sign })}
          onClick={() => give(sign)}
        >
          {sign}
        </button>
      ))}
    </>
  )
}

type AskingProps = { line: MessageLine; channel: string; close: () => void }

function WhoHasItAction({ line, channel, close }: AskingProps) {
  const [asking, setAsking] = useState(false)
  if (line.delivery === null) return null
  if (asking) return <WhoHasIt channel={channel} n={line.n} close={close} />
  return <Action icon="checkAll" name={words().holders.title()} act={() => setAsking(true)} />
}

function Action({ icon, name, act }: { icon: IconName; name: string; act: () => void }) {
  return (
    <button type="button" class="action" onClick={act}>
      <Icon name={icon} />
      <span>{name}</span>
    </button>
  )
}
