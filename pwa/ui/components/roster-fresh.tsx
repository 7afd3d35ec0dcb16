// Those who are new in the file: their role, and a card for each.
import { useState } from 'preact/hooks'
import { call, type CardMade } from '../link.ts'
import { seldomWords } from '../words.ts'
import { Act } from './act.tsx'
import { Batches } from './batches.tsx'
import { LongList } from './long-list.tsx'
import { Problem } from './problem.tsx'
import { RoleChoice, type RoleName } from './role-choice.tsx'
import type { Plan } from './roster-read.tsx'

/** As on the command line: two entries each, well below what one request may hold. */
const AT_ONCE = 64

type Props = { plan: Plan; keep: (cards: CardMade[]) => void; running: (running: boolean) => void }

export function RosterFresh({ plan, keep, running }: Props) {
  const [role, setRole] = useState<RoleName>('member')
  const [begun, setBegun] = useState(false)
  const [there, setThere] = useState(0)
  const [notJoined, setNotJoined] = useState<string | null>(null)
  const { roster: text } = seldomWords()
  if (plan.fresh.length === 0) return null
  const make = async (rows: Plan['fresh']): Promise<void> => {
    const made = await call('makeCards', { rows, role, audiences: plan.audiences })
    keep(made.cards)
    setThere((before) => before + made.there)
    setNotJoined(made.notJoined)
  }
  return (
    <section aria-labelledby="fresh-title">
      <h2 id="fresh-title">{text.freshTitle({ count: plan.fresh.length })}</h2>
      <details class="fold">
        <summary>{text.who()}</summary>
        <LongList
          items={plan.fresh}
          row={(row) => (
            <li key={row.line}>
              {row.name} <span class="note">{facts(row)}</span>
            </li>
          )}
        />
      </details>
      {!begun && <RoleChoice title={text.role()} role={role} choose={setRole} />}
      <Batches
        items={plan.fresh}
        size={AT_ONCE}
        act={make}
        start={text.make({ count: plan.fresh.length })}
        progress={text.made}
        running={(now) => {
          setBegun(true)
          running(now)
        }}
      />
      {there > 0 && <p class="note">{text.there({ count: there })}</p>}
      {notJoined !== null && (
        <>
          <p>{text.notJoined()}</p>
          <Problem code={notJoined} />
          <div class="actions">
            <Act act={() => make([])}>{text.joinAgain()}</Act>
          </div>
        </>
      )}
    </section>
  )
}

const facts = ({ mail, department, site, title }: Plan['fresh'][number]): string =>
  [mail, title, department, site].filter((one) => one !== '').join(' · ')
