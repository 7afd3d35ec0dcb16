// Cards that are out and not used yet: whose, since when, until when, and the way to end one or make a new one.
import { useState } from 'preact/hooks'
import type { View } from '../../device/wire.ts'
import { Act } from '../components/act.tsx'
import { CardSheet } from '../components/card-sheet.tsx'
import { Confirm } from '../components/confirm.tsx'
import { Icon } from '../components/icon.tsx'
import { LongList } from '../components/long-list.tsx'
import { Proposal } from '../components/proposal.tsx'
import { Head } from '../components/screen.tsx'
import { call, type CardMade, useValue } from '../link.ts'
import { date, seldomWords, words } from '../words.ts'

type Open = View<'cards'>[number]

export function CardsScreen() {
  const cards = useValue('cards', undefined)
  const [made, setMade] = useState<CardMade[]>([])
  const [ending, setEnding] = useState<Open | null>(null)
  const { cards: text } = seldomWords()
  if (cards === undefined) return <Head title={text.title()} back="/people" />
  const keep = (card: CardMade): void => setMade((before) => [...before, card])
  return (
    <div class="column">
      <Head
        title={text.title()}
        back="/people"
        note={text.count({ count: cards.length })}
        actions={
          <a class="icon-button" href="/people/new" aria-label={words().people.invite()}>
            <Icon name="plus" />
          </a>
        }
      />
      <p class="note">{text.what()}</p>
      {cards.length > 0 && (
        <LongList
          items={cards}
          row={(card) => <Row key={card.id} card={card} made={keep} end={() => setEnding(card)} />}
        />
      )}
      {made.map(
        ({ card, proposal }) => proposal !== null && <Proposal key={card} text={proposal} />,
      )}
      {made.length > 0 && <CardSheet cards={made} />}
      {ending !== null && (
        <Confirm
          title={text.endAsk({ name: ending.name })}
          yes={text.endYes()}
          danger
          act={() => call('revoke', { what: 'card', id: ending.id, reason: 'lost' })}
          close={() => setEnding(null)}
        >
          <p>{text.endWhat()}</p>
        </Confirm>
      )}
    </div>
  )
}

type RowProps = { card: Open; made: (card: CardMade) => void; end: () => void }

function Row({ card, made, end }: RowProps) {
  const { people } = words()
  const { cards: text } = seldomWords()
  const again = async (): Promise<void> => made(await call('inviteAgain', { person: card.person }))
  const facts = [
    people.roles[card.role](),
    card.made === null ? null : text.made({ day: date(card.made), name: makerOf(card) }),
    text.until({ day: date(card.until) }),
    card.further ? text.further() : null,
  ]
  return (
    <li class="row">
      <span class="row-text">
        <a class="row-title" href={`/people/${card.person}`}>
          {card.name}
        </a>
        <span class="note">{facts.filter((one) => one !== null).join(' · ')}</span>
      </span>
      <div class="actions">
        <Act act={again}>
          {text.again()}
          <span class="unseen"> {card.name}</span>
        </Act>
        <button type="button" class="button" onClick={end}>
          {text.end()}
          <span class="unseen"> {card.name}</span>
        </button>
      </div>
    </li>
  )
}

const makerOf = ({ by }: Open): string => by?.name ?? seldomWords().cards.rootKey()
