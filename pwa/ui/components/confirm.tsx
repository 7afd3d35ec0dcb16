// A question before something that cannot be undone.
import type { ComponentChildren } from 'preact'
import { useId, useRef } from 'preact/hooks'
import { words } from '../words.ts'
import { Act } from './act.tsx'
import { useOpen } from './open-dialog.ts'

type Props = {
  title: string
  /** What the button that goes ahead says. */
  yes: string
  danger?: boolean
  /** Something is still missing. */
  disabled?: boolean
  act: () => Promise<unknown>
  close: () => void
  children?: ComponentChildren
}

/** Open for as long as it is rendered. */
export function Confirm(props: Props) {
  const { title, yes, danger = false, disabled = false, act, close, children } = props
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useOpen(dialog)
  return (
    <dialog ref={dialog} class="sheet" aria-labelledby={id} onClose={close}>
      <h2 id={id}>{title}</h2>
      {children}
      <div class="actions">
        <Act kind={danger ? 'danger' : 'main'} disabled={disabled} act={() => act().then(close)}>
          {yes}
        </Act>
        <button type="button" class="button" onClick={close}>
          {words().common.back()}
        </button>
      </div>
    </dialog>
  )
}
