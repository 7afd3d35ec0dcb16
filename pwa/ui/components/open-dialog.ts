// A dialog that is open for as long as it is rendered.
import { useEffect } from 'preact/hooks'

/** Closed before it goes: only then the browser gives the focus back to what opened it. */
export function useOpen(dialog: { current: HTMLDialogElement | null }): void {
  useEffect(() => {
    dialog.current?.showModal()
    return () => dialog.current?.close()
  }, [])
}
