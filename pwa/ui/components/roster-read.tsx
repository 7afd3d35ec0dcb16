// What a file held: how it was read, how many are new, changed, the same or gone, and each row that has a fault.
import type { CallResult } from '../../device/wire.ts'
import { seldomWords } from '../words.ts'
import { LongList } from './long-list.tsx'

export type Plan = Exclude<CallResult<'readRoster'>, { refused: unknown }>
type Fault = Plan['problems'][number]

export function RosterRead({ name, plan }: { name: string; plan: Plan }) {
  const { roster: text } = seldomWords()
  const errors = plan.problems.filter(({ severity }) => severity === 'error')
  const lines = new Set(errors.map(({ line }) => line))
  const counts = [
    ['fresh', plan.fresh.length],
    ['changed', plan.changed.length],
    ['same', plan.same.length],
    ['gone', plan.gone.length],
    ['bad', lines.size],
  ] as const
  return (
    <>
      <section aria-labelledby="read-title">
        <h2 id="read-title">{name}</h2>
        <p class="note">
          {text.read({
            encoding: text.encodings[plan.encoding](),
            delimiter: text.delimiters[DELIMITERS[plan.delimiter]](),
          })}
        </p>
        <dl class="counts">
          {counts.map(([what, count]) => (
            <div key={what} class={what === 'bad' && count > 0 ? 'count-box bad' : 'count-box'}>
              <dt>{text.counts[what]()}</dt>
              <dd>{count}</dd>
            </div>
          ))}
        </dl>
        {plan.unlisted > 0 && <p class="note">{text.unlisted({ count: plan.unlisted })}</p>}
      </section>
      {plan.problems.length > 0 && (
        <section aria-labelledby="faults-title">
          <h2 id="faults-title">{text.faults()}</h2>
          <p class="note">{text.faultsWhat()}</p>
          <LongList
            items={plan.problems.toSorted((a, b) => a.line - b.line)}
            row={(fault) => <Row key={`${fault.line} ${fault.code}`} fault={fault} />}
          />
        </section>
      )}
      {plan.same.length > 0 && (
        <details class="fold">
          <summary>{text.sameTitle({ count: plan.same.length })}</summary>
          <LongList items={plan.same} row={(row) => <li key={row.line}>{row.name}</li>} />
        </details>
      )}
    </>
  )
}

const DELIMITERS = { ',': 'comma', ';': 'semicolon', '\t': 'tab' } as const

function Row({ fault: { line, severity, code, values } }: { fault: Fault }) {
  const { roster: text } = seldomWords()
  return (
    <li class="row">
      <span class="row-text">
        <span class={severity === 'error' ? 'row-title bad' : 'row-title'}>
          {text.line({ line })} · {text.severity[severity]()}
        </span>
        <span>{text.rows[code](values)}</span>
      </span>
    </li>
  )
}
