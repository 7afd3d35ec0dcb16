// Those whose data are others in the file, field by field, before they are applied.
import { call } from '../link.ts'
import { seldomWords } from '../words.ts'
import type { Waiting } from '../screens/import.tsx'
import { Batches } from './batches.tsx'
import { LongList } from './long-list.tsx'
import type { Plan } from './roster-read.tsx'

type Props = { plan: Plan; wait: (more: Waiting[]) => void }
type Change = Plan['changed'][number]

/** One entry each; small enough that the progress moves. */
const AT_ONCE = 64

export function RosterChanges({ plan: { changed }, wait }: Props) {
  const { roster: text } = seldomWords()
  if (changed.length === 0) return null
  return (
    <section aria-labelledby="changed-title">
      <h2 id="changed-title">{text.changedTitle({ count: changed.length })}</h2>
      <LongList items={changed} row={(change) => <Row key={change.person} change={change} />} />
      <Batches
        items={changed}
        size={AT_ONCE}
        act={async (part) => wait(await call('changeData', { changes: part.map(essence) }))}
        start={text.apply({ count: changed.length })}
        progress={text.applied}
      />
    </section>
  )
}

const essence = ({ person, row }: Change) => ({ person, row })

function Row({ change: { row, fields } }: { change: Change }) {
  const { roster: text, invite } = seldomWords()
  return (
    <li class="row">
      <span class="row-text">
        <span class="row-title">{row.name}</span>
        {fields.map(({ field, before, after }) => (
          <span key={field} class="field-change">
            <span class="note">{invite.fields[field]()}:</span> <del>{before || text.empty()}</del>{' '}
            <span aria-hidden="true">→</span> <ins>{after || text.empty()}</ins>
          </span>
        ))}
      </span>
    </li>
  )
}
