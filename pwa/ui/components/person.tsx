// One person: how to reach them, their devices, and what an administrator can do.
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { View } from '../../device/wire.ts'
import { call, type CardMade, useView } from '../link.ts'
import { dialOf } from '../telephone.ts'
import { seldomWords, words } from '../words.ts'
import { Act } from './act.tsx'
import { Away } from './away.tsx'
import { CardSheet } from './card-sheet.tsx'
import { Confirm } from './confirm.tsx'
import { Icon } from './icon.tsx'
import { Proposal } from './proposal.tsx'
import { Head } from './screen.tsx'

export type Details = NonNullable<View<'person'>>

export function Person({ id }: { id: string }) {
  const [card, setCard] = useState<CardMade | null>(null)
  const [proposal, setProposal] = useState<string | null>(null)
  const seen = useView('person', { person: id }).value
  const { people: text } = words()
  if (seen.state === 'waiting') return <section class="conversation" />
  const person = seen.state === 'there' ? seen.value : null
  if (person === null)
    return (
      <section class="conversation">
        <Head title={text.gone()} back="/people" />
      </section>
    )
  return (
    <section class="conversation scrolls" aria-label={person.name}>
      <Head
        title={person.name}
        place={words().nav.people()}
        back="/people"
        note={text.roles[person.role]()}
      />
      <div class="column">
        <Reach person={person} />
        <Away person={person} />
        <Compared person={person} />
        <Devices person={person} propose={setProposal} />
        {card !== null && <CardSheet cards={[card]} />}
        {proposal !== null && <Proposal text={proposal} />}
        {person.mayInvite && <NewCard person={person} made={setCard} />}
        {person.mayRevoke && <Change person={person} />}
        {person.mayRevoke && !person.mine && <Remove person={person} propose={setProposal} />}
      </div>
    </section>
  )
}

function Reach({ person }: { person: Details }) {
  const { route } = useLocation()
  const { people: text } = words()
  const { mobile, mail, department, site, title } = person.profile
  const facts = [title, department, site, mail].filter((one) => one !== '')
  const dial = dialOf(mobile)
  const write = async (): Promise<void> => {
    const { id } = await call('openDirect', { person: person.person })
    route(`/channels/${id}`)
  }
  return (
    <>
      {facts.length > 0 && <p>{facts.join(' · ')}</p>}
      <div class="actions">
        {!person.mine && <Act act={write}>{text.write()}</Act>}
        {dial !== null && (
          <a class="button" href={dial}>
            <Icon name="phone" />
            {text.call()}
          </a>
        )}
      </div>
    </>
  )
}

function Compared({ person }: { person: Details }) {
  const { people } = words()
  const { compare: text } = seldomWords()
  const { compared, mine } = person
  return (
    <section aria-labelledby="compared-title">
      <h2 id="compared-title">{people.compare()}</h2>
      {!mine && (
        <p class={compared === 'changed' ? 'verdict bad' : 'note'}>
          {compared !== 'never' && <Icon name={compared === 'changed' ? 'warning' : 'shield'} />}
          {people.compared[compared]()}
        </p>
      )}
      <div class="actions">
        <a class="button" href={`/people/${person.person}/compare`}>
          {mine ? text.openMine() : text.open()}
        </a>
      </div>
    </section>
  )
}

function Change({ person }: { person: Details }) {
  const { change: text } = seldomWords()
  return (
    <section aria-labelledby="change-title">
      <h2 id="change-title">{text.heading()}</h2>
      {person.lastOwner && <p class="note">{words().people.lastOwner()}</p>}
      <div class="actions">
        <a class="button" href={`/people/${person.person}/change`}>
          {text.title()}
        </a>
      </div>
    </section>
  )
}

type Proposing = { person: Details; propose: (text: string | null) => void }

function Devices({ person, propose }: Proposing) {
  const { people: text } = words()
  const approve = async (device: string): Promise<void> =>
    propose((await call('approve', { device })).proposal)
  return (
    <section aria-labelledby="devices-title">
      <h2 id="devices-title">{text.devices()}</h2>
      {person.list.length === 0 && <p class="note">{text.noDevices()}</p>}
      <ul class="rows">
        {person.list.map((device) => (
          <li key={device.id} class="row">
            <span class="row-text">
              <span class="row-title device-id">{device.id.slice(0, 8)}</span>
              <span class="row-note">
                {device.here ? text.thisDevice() : text.deviceStates[device.state]()}
              </span>
            </span>
            {device.state === 'waiting' && (person.mine || person.mayRevoke) && (
              <Act kind="main" act={() => approve(device.id)}>
                {text.approve()}
              </Act>
            )}
            {device.state === 'active' && !person.mine && person.list.length > 1 && (
              <HandOver device={device.id} name={person.name} />
            )}
            {device.state !== 'removed' && person.mayRevoke && !device.here && (
              <RemoveDevice device={device.id} name={person.name} propose={propose} />
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

type DeviceProps = { device: string; name: string; propose: Proposing['propose'] }

/** The act of somebody who is sure: no device asks for it by itself. */
function HandOver({ device, name }: { device: string; name: string }) {
  const [asking, setAsking] = useState(false)
  const [handed, setHanded] = useState<number | null>(null)
  const { people: text } = words()
  return (
    <>
      <button type="button" class="button" onClick={() => setAsking(true)}>
        {text.handOver()}
      </button>
      {handed !== null && <p role="status">{text.handedOver({ count: handed })}</p>}
      {asking && (
        <Confirm
          title={text.handOverAsk({ name })}
          yes={text.handOverYes()}
          act={async () => setHanded(await call('handOver', { device }))}
          close={() => setAsking(false)}
        >
          <p>{text.handOverWhat({ name })}</p>
        </Confirm>
      )}
    </>
  )
}

function RemoveDevice({ device, name, propose }: DeviceProps) {
  const [asking, setAsking] = useState(false)
  const { people: text } = words()
  const act = async (): Promise<void> =>
    propose((await call('revoke', { what: 'device', id: device, reason: 'lost' })).proposal)
  return (
    <>
      <button type="button" class="button" onClick={() => setAsking(true)}>
        {text.lost()}
      </button>
      {asking && (
        <Confirm
          title={text.lostAsk({ name })}
          yes={text.lostYes()}
          danger
          act={act}
          close={() => setAsking(false)}
        >
          <p>{text.lostWhat()}</p>
        </Confirm>
      )}
    </>
  )
}

function NewCard({ person, made }: { person: Details; made: (card: CardMade) => void }) {
  const { people: text } = words()
  const make = async (): Promise<void> => made(await call('inviteAgain', { person: person.person }))
  return (
    <section aria-labelledby="card-title">
      <h2 id="card-title">{text.card()}</h2>
      <p class="note">{text.cardWhat()}</p>
      <div class="actions">
        <Act act={make}>{text.newCard()}</Act>
      </div>
    </section>
  )
}

function Remove({ person, propose }: Proposing) {
  const [asking, setAsking] = useState(false)
  const { people: text } = words()
  if (person.lastOwner) return null
  const act = async (): Promise<void> =>
    propose((await call('revoke', { what: 'person', id: person.person, reason: 'left' })).proposal)
  return (
    <div class="actions">
      <button type="button" class="button danger" onClick={() => setAsking(true)}>
        {text.remove()}
      </button>
      {asking && (
        <Confirm
          title={text.removeAsk({ name: person.name })}
          yes={text.removeYes()}
          danger
          act={act}
          close={() => setAsking(false)}
        >
          <p>{text.removeWhat()}</p>
        </Confirm>
      )}
    </div>
  )
}
