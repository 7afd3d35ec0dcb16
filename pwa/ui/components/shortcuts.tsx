// Keys for those who have a keyboard, and the sheet that lists them.
import { useEffect, useRef } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { words } from '../words.ts'
import { leave } from './leave-guard.tsx'

const KEYS: readonly [key: string, path: string][] = [
  ['n', '/'],
  ['c', '/channels'],
  ['p', '/people'],
  ['s', '/settings'],
  ['a', '/alerts/new'],
  ['/', '/search'],
]

/** What takes letters; a choice among few does not. */
const TEXT = 'input:not([type=checkbox], [type=radio], [type=file]), textarea, select'
const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches(TEXT)

export function Shortcuts() {
  const { route } = useLocation()
  const sheet = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const { key, ctrlKey, metaKey, altKey, target } = event
      if (ctrlKey || metaKey || altKey || isTyping(target)) return
      if (document.querySelector('dialog[open]') !== null) return
      if (key === '?') return sheet.current?.showModal()
      const path = KEYS.find(([known]) => known === key)?.[1]
      if (path === undefined) return
      event.preventDefault()
      leave(() => route(path))
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [])
  return <Sheet sheet={sheet} />
}

function Sheet({ sheet }: { sheet: { current: HTMLDialogElement | null } }) {
  const { keys, nav, search } = words()
  const names = [
    nav.now(),
    nav.channels(),
    nav.people(),
    nav.settings(),
    keys.alert(),
    search.title(),
  ]
  return (
    <dialog ref={sheet} class="sheet" aria-labelledby="keys-title">
      <h2 id="keys-title">{keys.title()}</h2>
      <dl class="keys">
        {KEYS.map(([key], i) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{names[i]}</dd>
          </div>
        ))}
        <div>
          <dt>
            <kbd>?</kbd>
          </dt>
          <dd>{keys.thisSheet()}</dd>
        </div>
      </dl>
      <form method="dialog">
        <button class="button" type="submit">
          {keys.close()}
        </button>
      </form>
    </dialog>
  )
}
