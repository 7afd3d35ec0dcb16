// Something here is lost when the page is left: asks first, whichever way leads away.
import { useLayoutEffect, useState } from 'preact/hooks'
import { Confirm } from './confirm.tsx'

type Go = () => void
/** `ask`: before `go`; false where that was agreed to already. `back`: for the button of the browser that leads back. */
type Guard = { ask: (go: Go) => boolean; back: (event: PopStateEvent) => void }
/** One after the other asks: each guards something else. */
const guards: Guard[] = []
// Here and not where it guards: listeners of a window are asked in the order in which they came, and the router,
// which would go there at once, comes later than this module.
addEventListener('popstate', (event) => guards.at(-1)?.back(event))

/** Goes there; where something would be lost, only after a yes. For ways that are no links. */
export function leave(go: Go): void {
  if (!guards.some(({ ask }) => ask(() => leave(go)))) go()
}

type Props = { title: string; what: string; yes: string }

/** Guards for as long as it is rendered. */
export function LeaveGuard({ title, what, yes }: Props) {
  const [asked, setAsked] = useState<{ go: Go } | null>(null)
  // From the first picture on: a plain effect comes after it, and a tap may come between.
  useLayoutEffect(() => guard((go) => setAsked({ go })), [])
  if (asked === null) return null
  const act = (): Promise<void> => {
    asked.go()
    return Promise.resolve()
  }
  return (
    <Confirm title={title} yes={yes} danger act={act} close={() => setAsked(null)}>
      <p>{what}</p>
    </Confirm>
  )
}

/** Returns what ends it. */
function guard(tell: (go: Go) => void): () => void {
  const here = location.pathname + location.search
  let free = false
  const asking = (go: Go): void =>
    tell(() => {
      free = true
      go()
    })
  const unload = (event: BeforeUnloadEvent): void => {
    if (!free) event.preventDefault()
  }
  const click = (event: MouseEvent): void => {
    const link = free ? null : linkOf(event)
    if (link === null) return
    event.preventDefault()
    // The next guard is asked when this way is gone again.
    event.stopImmediatePropagation()
    asking(() => link.click())
  }
  const own: Guard = {
    ask: (go) => {
      if (!free) asking(go)
      return !free
    },
    back: (event) => {
      if (location.pathname + location.search === here) return
      const next = guards.find(({ ask }) => ask(() => history.back()))
      if (next === undefined) return
      event.stopImmediatePropagation()
      history.pushState(null, '', here)
    },
  }
  guards.push(own)
  addEventListener('beforeunload', unload)
  addEventListener('click', click, { capture: true })
  return () => {
    guards.splice(guards.indexOf(own), 1)
    removeEventListener('beforeunload', unload)
    removeEventListener('click', click, { capture: true })
  }
}

/** A link that leads to another place of the app, in this window. */
function linkOf(event: MouseEvent): HTMLAnchorElement | null {
  if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return null
  const link = event.composedPath().find((one) => one instanceof HTMLAnchorElement)
  // By its address, and not by its origin: a file to save has that, too.
  const inApp = link?.href.startsWith(`${location.origin}/`) === true
  const away = inApp && link.getAttribute('href')?.startsWith('#') === false
  return link !== undefined && away && link.target === '' ? link : null
}
