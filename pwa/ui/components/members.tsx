// Who is in a conversation; beside it on a wide screen, over it on a phone.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { View } from '../../device/wire.ts'
import { call, useValue } from '../link.ts'
import { words } from '../words.ts'
import { Act } from './act.tsx'
import { Confirm } from './confirm.tsx'
import { Icon } from './icon.tsx'
import { MuteChoice } from './mute-choice.tsx'
import { Picker } from './picker.tsx'

type Channel = NonNullable<View<'channel'>>
type Props = { channel: Channel; open: boolean; close: () => void }

export function Members({ channel, open, close }: Props) {
  const { channel: text, common } = words()
  const closer = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (open) closer.current?.focus()
  }, [open])
  return (
    <aside
      class={open ? 'details open' : 'details'}
      aria-label={text.details()}
      onKeyDown={({ key, target }) => {
        if (open && key === 'Escape' && !isInDialog(target)) close()
      }}
      onFocusOut={({ relatedTarget: to, currentTarget: here }) => {
        // Over the screen it hides what the keyboard has come to.
        if (open && to instanceof Element && !here.contains(to) && !isInDialog(to)) close()
      }}
    >
      <div class="details-head">
        <h2>{text.members({ count: channel.members.length })}</h2>
        <button
          ref={closer}
          type="button"
          class="icon-button details-close"
          aria-label={common.close()}
          onClick={close}
        >
          <Icon name="close" />
        </button>
      </div>
      {channel.type === 'response' && <p class="note">{text.response()}</p>}
      <ul class="rows">
        {channel.members.map((member) => (
          <Member key={member.person} member={member} channel={channel} />
        ))}
      </ul>
      {channel.mayManage && <AddMembers channel={channel} />}
      <MuteChoice channel={channel} />
    </aside>
  )
}

const isInDialog = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('dialog') !== null

type Member = Channel['members'][number]

function Member({ member, channel }: { member: Member; channel: Channel }) {
  const [asking, setAsking] = useState(false)
  const { channel: text, people } = words()
  const name = member.mine ? people.you({ name: member.name }) : member.name
  return (
    <li class="row">
      <a class="row-text" href={`/people/${member.person}`}>
        <span class="row-title">{name}</span>
        {member.as !== 'member' && <span class="row-note">{text.as[member.as]()}</span>}
      </a>
      {channel.mayManage && !member.mine && channel.type !== 'direct' && (
        <button
          type="button"
          class="icon-button"
          aria-label={text.remove({ name: member.name })}
          onClick={() => setAsking(true)}
        >
          <Icon name="close" />
        </button>
      )}
      {asking && (
        <Confirm
          title={text.removeAsk({ name: member.name })}
          yes={text.removeYes()}
          danger
          close={() => setAsking(false)}
          act={() => call('removeMembers', { channel: channel.id, people: [member.person] })}
        >
          <p>{text.removeWhat()}</p>
        </Confirm>
      )}
    </li>
  )
}

function AddMembers({ channel }: { channel: Channel }) {
  const [chosen, setChosen] = useState<string[] | null>(null)
  const { channel: text, common } = words()
  const all = useValue('people', undefined) ?? []
  const others = all.filter(({ person }) => !channel.members.some((one) => one.person === person))
  if (channel.type === 'direct' || others.length === 0) return null
  if (chosen === null)
    return (
      <button type="button" class="button" onClick={() => setChosen([])}>
        {text.add()}
      </button>
    )
  const add = async (): Promise<void> => {
    await call('addMembers', { channel: channel.id, people: chosen })
    setChosen(null)
  }
  return (
    <>
      <Picker people={others} chosen={chosen} choose={setChosen} />
      <div class="actions">
        <Act kind="main" disabled={chosen.length === 0} act={add}>
          {text.addYes({ count: chosen.length })}
        </Act>
        <button type="button" class="button" onClick={() => setChosen(null)}>
          {common.back()}
        </button>
      </div>
    </>
  )
}
