// A card for somebody new.
import { useState } from 'preact/hooks'
import { useRoute } from 'preact-iso'
import { Act } from '../components/act.tsx'
import { CardSheet } from '../components/card-sheet.tsx'
import { leave } from '../components/leave-guard.tsx'
import { EMPTY_PROFILE, ProfileFields } from '../components/profile-fields.tsx'
import { Proposal } from '../components/proposal.tsx'
import { RoleChoice, ROLES } from '../components/role-choice.tsx'
import { Head } from '../components/screen.tsx'
import { call, type CardMade } from '../link.ts'
import { seldomWords } from '../words.ts'

export function CardScreen() {
  const asked = ROLES.find((one) => one === useRoute().query['role'])
  const [role, setRole] = useState(asked ?? 'member')
  const [profile, setProfile] = useState(EMPTY_PROFILE)
  const [card, setCard] = useState<CardMade | null>(null)
  const { invite: text } = seldomWords()
  if (card !== null) return <Made card={card} again={() => setCard(null)} />
  const make = async (): Promise<void> => {
    setCard(await call('invite', { profile: { ...profile, name: profile.name.trim() }, role }))
    setProfile(EMPTY_PROFILE)
    // What makes somebody an owner is chosen each time.
    setRole('member')
  }
  return (
    <div class="column">
      <Head title={text.title()} back="/people" />
      <ProfileFields
        fields={['name', 'department', 'mobile', 'mail']}
        profile={profile}
        change={setProfile}
      />
      <RoleChoice title={text.role()} role={role} choose={setRole} />
      <div class="actions">
        <Act kind="main" disabled={profile.name.trim() === ''} act={make}>
          {text.make()}
        </Act>
      </div>
    </div>
  )
}

function Made({ card, again }: { card: CardMade; again: () => void }) {
  const { invite: text } = seldomWords()
  return (
    <div class="column">
      <Head title={text.made({ name: card.name })} place={text.title()} back="/people" />
      {card.proposal !== null && <Proposal text={card.proposal} />}
      <CardSheet cards={[card]} />
      <div class="actions no-print">
        <button type="button" class="button main" onClick={() => leave(again)}>
          {text.next()}
        </button>
      </div>
    </div>
  )
}
