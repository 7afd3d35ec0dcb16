// Members to choose from while somebody writes an @: with the keys or a finger. What goes into the message is
// the name as plain text.
import { useEffect, useId, useState } from 'preact/hooks'
import type { View } from '../../device/wire.ts'
import { language, words } from '../words.ts'

type Member = NonNullable<View<'channel'>>['members'][number]
type Started = { from: number; query: string }
type Props = {
  field: { current: HTMLTextAreaElement | null }
  text: string
  setText: (text: string) => void
  members: Member[]
}

/** As many as fit above a keyboard. */
const MOST = 5
/** Nobody's name is longer. */
const LONGEST = 60

export function useMentions({ field, text, setText, members }: Props) {
  const [started, setStarted] = useState<Started | null>(null)
  const [at, setAt] = useState(0)
  const id = useId()
  useEffect(() => {
    const place = field.current?.selectionStart ?? text.length
    setStarted(document.activeElement === field.current ? startOf(text.slice(0, place)) : null)
    setAt(0)
  }, [text])
  const offered = started === null ? [] : matching(members, started.query)
  const choose = (name: string): void => {
    const { current } = field
    if (started === null || current === null) return
    const { value } = current
    const rest = value.slice(started.from + 1 + started.query.length).trimStart()
    const head = `${value.slice(0, started.from)}@${name} `
    // Into the field at once: the next letter may come before anything is drawn.
    current.value = head + rest
    current.focus()
    current.setSelectionRange(head.length, head.length)
    setText(head + rest)
    setStarted(null)
  }
  /** True: the key was for the list. */
  const press = (event: KeyboardEvent): boolean => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    const chosen = offered[at]
    if (chosen === undefined || event.isComposing) return false
    if (step !== undefined) setAt((at + step + offered.length) % offered.length)
    else if (event.key === 'Enter' || event.key === 'Tab') choose(chosen.name)
    else if (event.key === 'Escape') setStarted(null)
    else return false
    event.preventDefault()
    return true
  }
  const open = offered.length > 0
  const aria = {
    'aria-autocomplete': 'list',
    'aria-controls': open ? id : undefined,
    'aria-activedescendant': open ? `${id}-${at}` : undefined,
  } as const
  const list = open ? <List id={id} offered={offered} at={at} choose={choose} /> : null
  return { press, aria, list }
}

type ListProps = { id: string; offered: Member[]; at: number; choose: (name: string) => void }

function List({ id, offered, at, choose }: ListProps) {
  return (
    <ul id={id} class="mention-list" role="listbox" aria-label={words().channel.mention()}>
      {offered.map(({ person, name }, i) => (
        <li
          key={person}
          id={`${id}-${i}`}
          role="option"
          aria-selected={i === at}
          // The field keeps the focus, and the keyboard of a phone stays.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => choose(name)}
        >
          {name}
        </li>
      ))}
    </ul>
  )
}

/** An @ that begins a word, and what stands between it and where somebody writes. */
function startOf(before: string): Started | null {
  const from = before.lastIndexOf('@')
  const query = before.slice(from + 1)
  if (from === -1 || query.length > LONGEST || query.includes('\n')) return null
  return /[\p{L}\p{N}_]$/u.test(before.slice(0, from)) ? null : { from, query }
}

/** Those one of whose names begins so, whatever the case and the accents. */
function matching(members: Member[], query: string): Member[] {
  const { compare } = new Intl.Collator(language.value, { sensitivity: 'base', usage: 'search' })
  const begins = (text: string): boolean => compare(text.slice(0, query.length), query) === 0
  const fits = ({ name }: Member): boolean =>
    begins(name) || name.split(/[\s-]+/u).some((part) => begins(part))
  return members.filter((one) => !one.mine && fits(one)).slice(0, MOST)
}
