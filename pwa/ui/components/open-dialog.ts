// A dialog that is open for as long as it is rendered.
import { useLayoutEffect } from 'preact/hooks'

/**
 * Closed before it goes: only then the browser gives the focus back to what opened it. A plain effect would end when the
 * dialog is gone already.
 */
export function useOpen(dialog: { current: HTMLDialogElement | null }): void {
  useLayoutEffect(() => {
    dialog.current?.showModal()
    return () => dialog.current?.close()
  }, [])
}
