// A dialog that is open for as long as it is rendered.
import { useLayoutEffect, useRef } from 'preact/hooks'

/**
 * Closed before it goes: only then the browser gives the focus back to what opened it. A plain effect would end when the
 * dialog is gone already. `close` hears that Escape wants it to end. Nothing else is heard of it: the browser tells of an
 * end a moment later, and by then something may have been opened again in its place.
 */
export function useOpen(dialog: { current: HTMLDialogElement | null }, close: () => void): void {
  const told = useRef(close)
  told.current = close
  useLayoutEffect(() => {
    const own = dialog.current
    if (own === null) return
    const listening = new AbortController()
    const hear = (event: Event): void => {
      // A choice of files in it may be cancelled as well.
      if (event.target !== own) return
      event.preventDefault()
      told.current()
    }
    own.addEventListener('cancel', hear, { signal: listening.signal })
    // A second Escape ends it without being asked.
    own.addEventListener('close', hear, { signal: listening.signal })
    own.showModal()
    return () => {
      listening.abort()
      own.close()
    }
  }, [])
}
