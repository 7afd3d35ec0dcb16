// A button that does something which takes a while or may be refused: it says so where it stands.
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Refused } from '../link.ts'
import { Problem } from './problem.tsx'

type Props = {
  act: () => Promise<unknown>
  kind?: 'plain' | 'main' | 'danger' | 'quiet'
  disabled?: boolean
  children: ComponentChildren
}

export function Act({ act, kind = 'plain', disabled = false, children }: Props) {
  const { busy, refused, run } = useAct(act)
  return (
    <>
      <button
        type="button"
        class={`button ${kind}`}
        disabled={disabled}
        aria-disabled={busy}
        onClick={() => run()}
      >
        {children}
      </button>
      {refused !== null && <Problem code={refused.code} detail={refused.detail} />}
    </>
  )
}

type Acting<A extends unknown[]> = {
  busy: boolean
  refused: Refused | null
  run: (...args: A) => void
}

/**
 * Runs `act` once at a time and keeps its refusal. Anything but a refusal is a fault, shown as one. While it runs, its
 * button says so by aria-disabled: a disabled one would lose the focus.
 */
export function useAct<A extends unknown[]>(act: (...args: A) => Promise<unknown>): Acting<A> {
  const [busy, setBusy] = useState(false)
  const [refused, setRefused] = useState<Refused | null>(null)
  const run = (...args: A): void => {
    if (busy) return
    setBusy(true)
    setRefused(null)
    act(...args)
      .catch((error: unknown) => setRefused(asRefused(error)))
      .finally(() => setBusy(false))
  }
  return { busy, refused, run }
}

/** Anything but a refusal is a fault of ours, shown as one. */
export function asRefused(error: unknown): Refused {
  return error instanceof Refused ? error : new Refused({ code: 'internal', detail: String(error) })
}
