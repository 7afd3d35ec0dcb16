// A card for somebody new.
import { useState } from 'preact/hooks'
import { useRoute } from 'preact-iso'
import { Act } from '../components/act.tsx'
import { CardSheet } from '../components/card-sheet.tsx'
import { Proposal } from '../components/proposal.tsx'
import { Head } from '../components/screen.tsx'
import { call, type CardMade } from '../link.ts'
import { words } from '../words.ts'

const ROLES = ['member', 'coordinator', 'admin', 'owner', 'guest'] as const
type Role = (typeof ROLES)[number]
/** What a phone offers to type with. */
const KEYBOARDS = { name: 'text', department: 'text', mobile: 'tel', mail: 'email' } as const
const EMPTY = { name: '', mobile: '', mail: '', department: '', site: '', title: '' }

export function CardScreen() {
  const asked = ROLES.find((one) => one === useRoute().query['role'])
  const [role, setRole] = useState<Role>(asked ?? 'member')
  const [profile, setProfile] = useState(EMPTY)
  const [card, setCard] = useState<CardMade | null>(null)
  const { invite: text } = words()
  if (card !== null) return <Made card={card} again={() => setCard(null)} />
  const make = async (): Promise<void> => {
    setCard(await call('invite', { profile: { ...profile, name: profile.name.trim() }, role }))
    setProfile(EMPTY)
  }
  return (
    <div class="column">
      <Head title={text.title()} back="/people" />
      {(['name', 'department', 'mobile', 'mail'] as const).map((field) => (
        <label key={field} class="field">
          <span>{text.fields[field]()}</span>
          <input
            value={profile[field]}
            inputMode={KEYBOARDS[field]}
            autocomplete="off"
            onInput={(event) => setProfile({ ...profile, [field]: event.currentTarget.value })}
          />
        </label>
      ))}
      <fieldset class="options">
        <legend>{text.role()}</legend>
        {ROLES.map((one) => (
          <label key={one} class="option">
            <input type="radio" name="role" checked={role === one} onChange={() => setRole(one)} />
            <span>
              <strong>{words().people.roles[one]()}</strong>{' '}
              <span class="note">{text.roles[one]()}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <div class="actions">
        <Act kind="main" disabled={profile.name.trim() === ''} act={make}>
          {text.make()}
        </Act>
      </div>
    </div>
  )
}

function Made({ card, again }: { card: CardMade; again: () => void }) {
  const { invite: text } = words()
  return (
    <div class="column">
      <Head title={text.made({ name: card.name })} back="/people" />
      {card.proposal !== null && <Proposal text={card.proposal} />}
      <CardSheet cards={[card]} />
      <div class="actions no-print">
        <button type="button" class="button main" onClick={again}>
          {text.next()}
        </button>
      </div>
    </div>
  )
}
