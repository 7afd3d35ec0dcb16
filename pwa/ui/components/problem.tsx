// A refusal in the reader's language: what happened and what to do.
import type { ComponentChildren } from 'preact'
import { words } from '../words.ts'
import { Icon } from './icon.tsx'

export function problemText(code: string, detail = ''): string {
  const { problems } = words()
  const known = Object.hasOwn(problems, code)
    ? problems[code as keyof typeof problems]()
    : problems.other({ code })
  return code === 'internal' && detail !== '' ? `${known} (${detail})` : known
}

export function Problem({ code, detail = '' }: { code: string; detail?: string }) {
  return <Trouble>{problemText(code, detail)}</Trouble>
}

/** A sentence about something that does not work, read out at once. */
export function Trouble({ children }: { children: ComponentChildren }) {
  return (
    <p class="problem" role="alert">
      <Icon name="warning" />
      <span>{children}</span>
    </p>
  )
}
