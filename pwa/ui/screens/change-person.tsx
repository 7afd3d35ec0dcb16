// Other data or another role for somebody, and in plain words what the role may do before it is given.
import { useState } from 'preact/hooks'
import { useLocation, useRoute } from 'preact-iso'
import type { View } from '../../device/wire.ts'
import { Act } from '../components/act.tsx'
import { Confirm } from '../components/confirm.tsx'
import { ProfileFields } from '../components/profile-fields.tsx'
import { Proposal } from '../components/proposal.tsx'
import { RoleChoice } from '../components/role-choice.tsx'
import { Head } from '../components/screen.tsx'
import { call, useValue } from '../link.ts'
import { seldomWords, words } from '../words.ts'

type Details = NonNullable<View<'person'>>
const FIELDS = ['name', 'department', 'title', 'mobile', 'mail', 'site'] as const

export function ChangePerson() {
  const id = useRoute().params['person'] ?? ''
  const person = useValue('person', { person: id })
  const { people } = words()
  const { change: text } = seldomWords()
  const back = `/people/${id}`
  if (person === undefined) return <Head title={text.title()} back={back} />
  if (person === null) return <Head title={people.gone()} back="/people" />
  return (
    <div class="column">
      <Head title={text.title()} note={person.name} back={back} />
      {person.mayRevoke ? <Form person={person} /> : <p>{text.mayNot()}</p>}
    </div>
  )
}

function Form({ person }: { person: Details }) {
  const [profile, setProfile] = useState(person.profile)
  const [role, setRole] = useState(person.role)
  const [asking, setAsking] = useState(false)
  const [proposal, setProposal] = useState<string | null>(null)
  const { route } = useLocation()
  const { people } = words()
  const { change: text } = seldomWords()
  const raised = role !== person.role
  const two =
    person.twoSign && [role, person.role].some((one) => one === 'admin' || one === 'owner')
  const save = async (): Promise<void> => {
    const next = { ...profile, name: profile.name.trim() }
    const made = await call('changeRole', { person: person.person, role, profile: next })
    if (made.proposal === null) route(`/people/${person.person}`)
    else setProposal(made.proposal)
  }
  const empty = profile.name.trim() === ''
  return (
    <>
      <ProfileFields fields={FIELDS} profile={profile} change={setProfile} />
      {person.lastOwner ? (
        <p class="note">{people.lastOwner()}</p>
      ) : (
        <RoleChoice title={seldomWords().invite.role()} role={role} choose={setRole} />
      )}
      {two && <p class="note">{text.takesTwo()}</p>}
      <div class="actions">
        {raised ? (
          <button
            type="button"
            class="button main"
            disabled={empty}
            onClick={() => setAsking(true)}
          >
            {text.save()}
          </button>
        ) : (
          <Act kind="main" disabled={empty} act={save}>
            {text.save()}
          </Act>
        )}
      </div>
      {proposal !== null && <Proposal text={proposal} />}
      {asking && (
        <RoleQuestion
          person={person}
          role={role}
          two={two}
          act={save}
          close={() => setAsking(false)}
        />
      )}
    </>
  )
}

type QuestionProps = {
  person: Details
  role: Details['role']
  two: boolean
  act: () => Promise<void>
  close: () => void
}

function RoleQuestion({ person, role, two, act, close }: QuestionProps) {
  const { people } = words()
  const { change: text, invite } = seldomWords()
  const { name, mine } = person
  return (
    <Confirm
      title={text.ask({ name, role: people.roles[role]() })}
      yes={text.yes()}
      danger={role === 'owner' || role === 'admin'}
      act={act}
      close={close}
    >
      <p>{text.was({ role: people.roles[person.role]() })}</p>
      <p>
        <strong>{people.roles[role]()}</strong>: {invite.roles[role]()}
      </p>
      {mine && <p>{text.own()}</p>}
      {two && <p>{text.takesTwo()}</p>}
    </Confirm>
  )
}
