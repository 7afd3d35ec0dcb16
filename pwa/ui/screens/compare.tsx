// Is this really the phone of that person? Both open this place on their phones and see the same, or not.
import { useEffect, useRef, useState } from 'preact/hooks'
import { useRoute } from 'preact-iso'
import type { CallResult, View } from '../../device/wire.ts'
import { printWord } from '../../languages/print-words.ts'
import { Act, asRefused } from '../components/act.tsx'
import { Icon } from '../components/icon.tsx'
import { Problem } from '../components/problem.tsx'
import { QrCode } from '../components/qr-code.tsx'
import { Scanner } from '../components/scanner.tsx'
import { Head } from '../components/screen.tsx'
import { call, type Refused, useValue } from '../link.ts'
import { date, language, seldomWords, words } from '../words.ts'

type Details = NonNullable<View<'verification'>>
type Result = CallResult<'compare'>

export function Compare() {
  const id = useRoute().params['person'] ?? ''
  const seen = useValue('verification', { person: id })
  const { people } = words()
  const { compare: text } = seldomWords()
  const back = `/people/${id}`
  if (seen === undefined) return <Head title={text.title()} back={back} />
  if (seen === null) return <Head title={people.gone()} back="/people" />
  const { who, shown } = seen
  return (
    <div class="column">
      <Head title={text.title()} note={who.name} back={back} />
      {shown === null ? (
        <p>{text.noDevice({ name: who.name })}</p>
      ) : (
        <Both seen={seen} shown={shown} />
      )}
    </div>
  )
}

type Shown = NonNullable<Details['shown']>

function Both({ seen: { who, state, at }, shown }: { seen: Details; shown: Shown }) {
  const [result, setResult] = useState<Result | null>(null)
  const { compare: text } = seldomWords()
  const { name } = who
  const same = async (): Promise<void> =>
    setResult(await call('compare', { person: who.person, code: shown.code }))
  return (
    <>
      <p>{who.mine ? text.howMine() : text.how({ name })}</p>
      {!who.mine && result === null && at !== null && state !== 'never' && (
        <p class={state === 'changed' ? 'verdict bad' : 'verdict good'}>
          <Icon name={state === 'changed' ? 'warning' : 'shield'} />
          {text.states[state]({ day: date(at), name })}
        </p>
      )}
      {result !== null && <Verdict result={result} name={name} />}
      <section aria-labelledby="code-title">
        <h2 id="code-title">{text.byCode()}</h2>
        <div class="compare-code">
          <QrCode text={shown.code} label={text.code({ name })} />
        </div>
        <Scan person={who.person} told={setResult} />
      </section>
      <section aria-labelledby="words-title">
        <h2 id="words-title">{text.byWords()}</h2>
        <p class="note">{text.wordsHow()}</p>
        <ol class="print-words">
          {shown.things.map((thing, i) => (
            <li key={i}>{printWord(thing, language.value)}</li>
          ))}
        </ol>
        <details class="fold">
          <summary>{text.byNumbers()}</summary>
          <p class="note">{text.numbersHow()}</p>
          <ol class="numbers">
            {shown.numbers.map((group, i) => (
              <li key={i}>{group}</li>
            ))}
          </ol>
        </details>
        {!who.mine && (
          <div class="actions">
            <Act act={same}>{text.same()}</Act>
            <button type="button" class="button" onClick={() => setResult('mismatch')}>
              {text.notSame()}
            </button>
          </div>
        )}
      </section>
    </>
  )
}

function Scan({ person, told }: { person: string; told: (result: Result) => void }) {
  const [open, setOpen] = useState(false)
  const [refused, setRefused] = useState<Refused | null>(null)
  const { compare: text } = seldomWords()
  const found = (code: string): void => {
    setOpen(false)
    setRefused(null)
    call('compare', { person, code }).then(told, (error: unknown) => setRefused(asRefused(error)))
  }
  return (
    <>
      {open ? (
        <Scanner hint={text.hold()} found={found} close={() => setOpen(false)} />
      ) : (
        <div class="actions">
          <button type="button" class="button main" onClick={() => setOpen(true)}>
            {text.scan()}
          </button>
        </div>
      )}
      {refused !== null && <Problem code={refused.code} detail={refused.detail} />}
    </>
  )
}

/** Nobody may take the one for the other: sign, colour, words. */
function Verdict({ result, name }: { result: Result; name: string }) {
  const { compare: text } = seldomWords()
  const good = result === 'match'
  const box = useRef<HTMLElement>(null)
  useEffect(() => box.current?.scrollIntoView({ block: 'center' }), [result])
  return (
    <section ref={box} class={good ? 'verdict large good' : 'verdict large bad'} role="alert">
      <h2>
        <Icon name={good ? 'check' : 'warning'} />
        {text.results[result].title()}
      </h2>
      <p>{text.results[result].what({ name })}</p>
    </section>
  )
}
