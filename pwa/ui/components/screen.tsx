// The head of a screen: its name, the way back, what can be done here.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { isFocusFree } from '../focus.ts'
import { words } from '../words.ts'
import { Icon } from './icon.tsx'

type Props = {
  title: string
  /** Where back leads; null on the four places themselves. */
  back?: string | null
  /** Beside the title. */
  actions?: ComponentChildren
  /** Under the title. */
  note?: string
  /** What the browser may write into its history, where the title is the name of somebody. */
  place?: string
  /** Another head says where somebody has come to. */
  beside?: boolean
}

export function Head({ title, back = null, actions, note, place = title, beside = false }: Props) {
  useEffect(() => {
    if (!beside) document.title = `${place} · Holdfast`
  }, [place, beside])
  return (
    <header class="head">
      {back !== null && (
        <a class="icon-button head-back" href={back} aria-label={words().common.back()}>
          <Icon name="back" />
        </a>
      )}
      <div class="head-title">
        <Title beside={beside}>{title}</Title>
        {note !== undefined && <p class="note">{note}</p>}
      </div>
      {actions}
    </header>
  )
}

/** Whoever listens instead of looking hears where they have come to. */
export function Title({ children, beside = false }: { children: string; beside?: boolean }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    if (!beside && isFocusFree()) heading.current?.focus()
  }, [children, beside])
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  )
}
