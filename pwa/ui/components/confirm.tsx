// A question before something that cannot be undone.
import type { ComponentChildren } from 'preact'
import { words } from '../words.ts'
import { Act } from './act.tsx'
import { Sheet } from './sheet.tsx'

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
  const actions = (
    <>
      <Act kind={danger ? 'danger' : 'main'} disabled={disabled} act={() => act().then(close)}>
        {yes}
      </Act>
      <button type="button" class="button" onClick={close}>
        {words().common.back()}
      </button>
    </>
  )
  return (
    <Sheet title={title} close={close} actions={actions}>
      {children}
    </Sheet>
  )
}
