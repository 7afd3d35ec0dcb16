// A button that opens something beside it.
import { useEffect, useRef } from 'preact/hooks'
import { isFocusFree } from '../focus.ts'

/** For the button: it has the focus again when what it has opened is gone, unless that went elsewhere. */
export function useOpener(open: boolean): { current: HTMLButtonElement | null } {
  const button = useRef<HTMLButtonElement>(null)
  const before = useRef(open)
  useEffect(() => {
    if (before.current && !open && isFocusFree()) button.current?.focus()
    before.current = open
  }, [open])
  return button
}

/** Escape ends what is open, unless a dialog over it takes the key. */
export function useEscape(open: boolean, close: () => void): void {
  const told = useRef(close)
  told.current = close
  useEffect(() => {
    if (!open) return
    const press = ({ key }: KeyboardEvent): void => {
      if (key === 'Escape' && document.querySelector('dialog[open]') === null) told.current()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [open])
}
