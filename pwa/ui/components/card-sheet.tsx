// Cards as they are printed or shown: the plain address, and the secret that never goes into a link. What they say
// exists only here, until somebody says that it is on paper.
import type { VNode } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Language } from '../../languages/language.ts'
import { loadSeldom, type SeldomMessages } from '../../languages/messages.ts'
import { type CardMade, useValue } from '../link.ts'
import { language, seldomWords, words } from '../words.ts'
import { LanguageChips } from './language-choice.tsx'
import { LeaveGuard } from './leave-guard.tsx'
import { QrCode } from './qr-code.tsx'

type Words = SeldomMessages['card']
type Props = {
  cards: CardMade[]
  /** More are coming: printing waits for them. */
  growing?: boolean
}

export function CardSheet({ cards, growing = false }: Props) {
  const [safe, setSafe] = useState<ReadonlySet<string>>(new Set())
  const [spoken, setSpoken] = useState({ code: language.value, text: seldomWords().card })
  const shown = useGradually(cards.length)
  const draw = useDrawn(spoken.text)
  const { common } = words()
  const { card: text } = seldomWords()
  const over = useOver()
  const used = cards.filter(({ person }) => over.has(person)).length
  const atRisk = cards.filter(({ card, person }) => !safe.has(card) && !over.has(person)).length
  const speak = async (code: Language): Promise<void> =>
    setSpoken({ code, text: (await loadSeldom(code)).card })
  return (
    <section class="card-sheet" aria-label={text.title()}>
      <p class="note no-print">{text.once()}</p>
      <div class="no-print">
        <LanguageChips
          title={text.language()}
          chosen={spoken.code}
          choose={(one) => void speak(one)}
        />
      </div>
      <div class="actions no-print">
        <button
          type="button"
          class="button"
          disabled={growing || shown < cards.length}
          onClick={() => print()}
        >
          {common.print()}
        </button>
        <button
          type="button"
          class="button"
          disabled={atRisk === 0}
          onClick={() => setSafe(new Set(cards.map(({ card }) => card)))}
        >
          {text.safe({ count: cards.length })}
        </button>
        <p class="note" role="status">
          {used > 0 && text.used({ count: used })}{' '}
          {atRisk === 0 ? text.isSafe() : text.atRisk({ count: atRisk })}
        </p>
      </div>
      {(atRisk > 0 || growing) && (
        <LeaveGuard
          title={text.leaveAsk({ count: atRisk })}
          what={text.leaveWhat()}
          yes={text.leaveYes()}
        />
      )}
      <div class="paper-cards" lang={spoken.code}>
        {cards.slice(0, shown).map((one) => draw(one))}
      </div>
    </section>
  )
}

/** Whose card was good while this screen stood and is not any more: somebody has joined with it, or it was ended. */
function useOver(): ReadonlySet<string> {
  const good = useRef(new Set<string>())
  const people = useValue('people', undefined) ?? []
  for (const { card, person } of people) if (card) good.current.add(person)
  return new Set(
    people.flatMap(({ card, person }) => (!card && good.current.has(person) ? [person] : [])),
  )
}

/** What was drawn stays as it is while others are added: a card never changes. */
function useDrawn(text: Words): (card: CardMade) => VNode {
  const drawn = useMemo(() => new Map<string, VNode>(), [text])
  return (card) => {
    const made = drawn.get(card.card) ?? <Card key={card.card} card={card} text={text} />
    drawn.set(card.card, made)
    return made
  }
}

/** Some more with every picture, so that a thousand cards do not stop the screen. */
function useGradually(count: number): number {
  const [shown, setShown] = useState(AT_ONCE)
  useEffect(() => {
    if (shown >= count) return
    const next = requestAnimationFrame(() => setShown(shown + AT_ONCE))
    return () => cancelAnimationFrame(next)
  }, [shown, count])
  return Math.min(shown, count)
}
/** About as long as a picture of 60 a second takes on a phone. */
const AT_ONCE = 8

function Card({ card: { name, org, box, card }, text }: { card: CardMade; text: Words }) {
  const steps = [text.step1(), text.step2(), text.step3(), text.step4(), text.step5()]
  return (
    <article class="paper-card">
      {CORNERS.map((corner) => (
        <i key={corner} class={`cut ${corner}`} aria-hidden="true" />
      ))}
      <header>
        <strong>{org}</strong>
        <span>{name}</span>
      </header>
      <figure>
        <figcaption>{text.address()}</figcaption>
        <QrCode text={box} label={text.addressCode()} />
        <span class="paper-box">{box}</span>
      </figure>
      <figure>
        <figcaption>{text.secret()}</figcaption>
        <QrCode text={card} label={text.secretCode()} />
        <code class="paper-secret">{card}</code>
      </figure>
      <ol>
        {steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    </article>
  )
}
const CORNERS = ['top-left', 'top-right', 'bottom-left', 'bottom-right'] as const
