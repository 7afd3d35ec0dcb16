// Cards as they are printed or shown: the plain address, and the secret that never goes into a link.
import type { CardMade } from '../link.ts'
import { words } from '../words.ts'
import { QrCode } from './qr-code.tsx'

export function CardSheet({ cards }: { cards: CardMade[] }) {
  const { card: text, common } = words()
  return (
    <section class="card-sheet" aria-label={text.title()}>
      <p class="note no-print">{text.once()}</p>
      {cards.map((one) => (
        <Card key={one.card} card={one} />
      ))}
      <div class="actions no-print">
        <button type="button" class="button" onClick={() => print()}>
          {common.print()}
        </button>
      </div>
    </section>
  )
}

function Card({ card: { name, org, box, card } }: { card: CardMade }) {
  const { card: text } = words()
  const steps = [text.step1(), text.step2(), text.step3(), text.step4(), text.step5()]
  return (
    <article class="paper-card">
      <header>
        <strong>{org}</strong>
        <span>{name}</span>
      </header>
      <div class="paper-codes">
        <figure>
          <QrCode text={box} label={text.addressCode()} />
          <figcaption>
            {text.address()} <span class="paper-box">{box}</span>
          </figcaption>
        </figure>
        <figure>
          <QrCode text={card} label={text.secretCode()} />
          <figcaption>
            {text.secret()} <code class="paper-secret">{card}</code>
          </figcaption>
        </figure>
      </div>
      <ol>
        {steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    </article>
  )
}
