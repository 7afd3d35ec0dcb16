// The head of a screen: its name, the way back, what can be done here.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
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
}

export function Head({ title, back = null, actions, note }: Props) {
  const heading = useRef<HTMLHeadingElement>(null)
  // Whoever listens instead of looking hears where they have come to.
  useEffect(() => {
    document.title = `${title} · Holdfast`
    if (document.activeElement === document.body) heading.current?.focus()
  }, [title])
  return (
    <header class="head">
      {back !== null && (
        <a class="icon-button head-back" href={back} aria-label={words().common.back()}>
          <Icon name="back" />
        </a>
      )}
      <div class="head-title">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {note !== undefined && <p class="note">{note}</p>}
      </div>
      {actions}
    </header>
  )
}
