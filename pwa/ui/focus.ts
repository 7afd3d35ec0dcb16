// The keyboard is never nowhere: where what had the focus goes away or takes no more keys, what lies around it gets it.

/** Whoever moves the focus on purpose after an act has done so by then. Milliseconds. */
const PATIENCE = 50
/** What can stand for something that was in it. */
const AROUND = 'dialog[open], [tabindex], section, article, form, aside, main'

/** What had it last, and all that lies around that, from the inside. */
let last: Element[] = []
let timer: ReturnType<typeof setTimeout> | undefined

/** Nobody has chosen where it is: a new screen may take it. */
export function isFocusFree(): boolean {
  const { activeElement: own, body } = document
  return own === null || own === body || own.matches('main') || !own.checkVisibility()
}

export function keepFocus(): void {
  addEventListener(
    'focusin',
    ({ target }) => (last = target instanceof Element ? lineOf(target) : []),
  )
  // Whoever taps beside everything wants it nowhere.
  addEventListener('pointerdown', () => (last = []), { capture: true })
  const watched = { childList: true, subtree: true, attributeFilter: ['disabled'] }
  new MutationObserver(look).observe(document.body, watched)
}

function lineOf(element: Element): Element[] {
  const line: Element[] = []
  for (let at: Element | null = element; at !== null; at = at.parentElement) line.push(at)
  return line
}

function look(): void {
  const [own] = last
  if (own === undefined) return
  // Cheap: it is asked after every change of the page.
  const stands = own.isConnected && !own.matches(':disabled')
  if (stands && document.activeElement !== document.body) return
  timer ??= setTimeout(settle, PATIENCE)
}

function settle(): void {
  timer = undefined
  const [own, ...around] = last
  if (own === undefined || document.activeElement !== document.body || isThere(own)) return
  const place = around.find((one) => one.matches(AROUND) && isThere(one))
  if (place !== undefined) take(place)
}

const isThere = (one: Element): boolean =>
  one.isConnected && one.checkVisibility() && !one.matches(':disabled')

/** Of a screen nothing: its head takes the focus when it is drawn. */
function take(place: Element): void {
  const heading = place.matches('main') ? null : place.querySelector('h1, h2')
  const target = heading !== null && isThere(heading) ? heading : place
  if (!(target instanceof HTMLElement)) return
  if (!target.hasAttribute('tabindex')) target.tabIndex = -1
  target.focus({ preventScroll: true })
  // Nothing moves under a finger.
  if (target.matches(':focus-visible')) target.scrollIntoView({ block: 'nearest' })
}
