// Something to look at that lies over the screen until it is closed.
import type { ComponentChildren } from 'preact'
import { useId, useRef } from 'preact/hooks'
import { words } from '../words.ts'
import { useOpen } from './open-dialog.ts'

type Props = {
  title: string
  close: () => void
  /** Instead of the button that closes it. */
  actions?: ComponentChildren
  children: ComponentChildren
}

/** Open for as long as it is rendered. */
export function Sheet({ title, close, actions, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useOpen(dialog, close)
  return (
    <dialog ref={dialog} class="sheet" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
      <div class="actions">
        {actions ?? (
          <button type="button" class="button" onClick={close}>
            {words().common.close()}
          </button>
        )}
      </div>
    </dialog>
  )
}
