// The card, scanned or typed, and what comes of it.
import { useState } from 'preact/hooks'
import { call } from '../link.ts'
import { words } from '../words.ts'
import { useAct } from './act.tsx'
import { Problem } from './problem.tsx'
import { Scanner } from './scanner.tsx'

/** 26 characters and two that check them, in groups of four. */
const LENGTH = 28

const plain = (text: string): string => text.replace(/[^0-9A-Za-z]/g, '').toUpperCase()
const grouped = (text: string): string =>
  plain(text)
    .slice(0, LENGTH)
    .replace(/.{4}(?=.)/g, '$&-')

/** `next`: with a card that somebody can join with. */
export function CardEntry({ next }: { next: (card: string) => void }) {
  const [card, setCard] = useState('')
  const [scanning, setScanning] = useState(false)
  const { busy, refused, run } = useAct(async () => {
    await call('checkCard', { card })
    next(card)
  })
  // A refusal is about the card that was tried.
  const [tried, setTried] = useState('')
  const { enrol } = words()
  const scanned = (text: string): void => {
    setScanning(false)
    setCard(grouped(text))
  }
  const left = LENGTH - plain(card).length
  return (
    <form
      class="card-entry"
      onSubmit={(event) => {
        event.preventDefault()
        if (left !== 0 || busy) return
        setTried(card)
        run()
      }}
    >
      {scanning ? (
        <Scanner found={scanned} close={() => setScanning(false)} />
      ) : (
        <button type="button" class="button main large" onClick={() => setScanning(true)}>
          {enrol.scan()}
        </button>
      )}
      <CardField card={card} change={setCard} left={left} />
      <button type="submit" class="button main large" disabled={left !== 0} aria-disabled={busy}>
        {busy ? enrol.joining() : enrol.join()}
      </button>
      {refused !== null && tried === card && (
        <Problem code={refused.code} detail={refused.detail} />
      )}
    </form>
  )
}

type FieldProps = { card: string; change: (card: string) => void; left: number }

function CardField({ card, change, left }: FieldProps) {
  const { enrol } = words()
  return (
    <label class="field">
      <span>{enrol.typeIt()}</span>
      <textarea
        class="card-text"
        rows={2}
        value={card}
        onInput={(event) => change(grouped(event.currentTarget.value))}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return
          event.preventDefault()
          event.currentTarget.form?.requestSubmit()
        }}
        autocomplete="off"
        autocapitalize="characters"
        spellcheck={false}
        placeholder="ABCD-EFGH-JKMN-PQRS-TVWX-YZ01-2345"
        aria-describedby="card-left"
      />
      <span id="card-left" class="note">
        {left === 0 ? enrol.complete() : enrol.left({ count: left })}
      </span>
    </label>
  )
}
