// Brings one message into the middle of the window, and keeps it there while lines around it are drawn and change
// their height, until somebody scrolls by themselves.
import { useLayoutEffect } from 'preact/hooks'
import { isFocusFree } from '../focus.ts'
import type { Aim } from '../going.ts'
import { BLOCK } from './line-block.tsx'

type Ref<T> = { current: T | null }

/** After that even a slow device has drawn what is around it. Milliseconds. */
const HOLD = 6_000
const OWN_SCROLLING = ['wheel', 'touchstart', 'pointerdown', 'keydown'] as const

/** `settled`: the message is left to itself from here on. */
export function useAim(
  scroller: Ref<HTMLElement>,
  content: Ref<HTMLElement>,
  aim: Aim | null,
  settled: () => void,
): void {
  useLayoutEffect(() => {
    const { current: outer } = scroller
    const { current: inner } = content
    if (aim === null || outer === null || inner === null) return
    const ending = new AbortController()
    const bring = (): void => center(outer, inner, aim)
    const grown = new ResizeObserver(bring)
    const drawn = new MutationObserver(bring)
    const stop = (): void => {
      ending.abort()
      grown.disconnect()
      drawn.disconnect()
      clearTimeout(timer)
      settled()
    }
    const timer = setTimeout(stop, HOLD)
    grown.observe(inner)
    drawn.observe(inner, { childList: true, subtree: true })
    for (const event of OWN_SCROLLING)
      outer.addEventListener(event, stop, { passive: true, signal: ending.signal })
    bring()
    return stop
  }, [aim])
}

/** The message, or the block that it will be drawn in. */
function center(outer: HTMLElement, inner: HTMLElement, { message, line }: Aim): void {
  const there = inner.querySelector<HTMLElement>(`[data-message="${message}"]`)
  const place = there ?? inner.children[Math.floor(line / BLOCK)]
  if (place === undefined) return
  const { top, height } = place.getBoundingClientRect()
  const frame = outer.getBoundingClientRect()
  // Of what is higher than the window its beginning.
  const above = Math.max(0, (outer.clientHeight - height) / 2)
  outer.scrollTop += top - frame.top - above
  if (there !== null && (isFocusFree() || document.activeElement?.matches('h1') === true))
    there.focus({ preventScroll: true })
}
