// Screens that few people need every day come when they are opened.
import { useEffect, useState } from 'preact/hooks'
import { type ComponentType, h } from 'preact'
import { Problem } from './components/problem.tsx'

/** A component that is loaded when it is shown first; nothing until then. */
export function later(load: () => Promise<ComponentType>): ComponentType {
  let known: ComponentType | null = null
  return function Later() {
    const [state, setState] = useState<'waiting' | 'there' | 'failed'>('waiting')
    useEffect(() => {
      if (known !== null) return
      const bring = async (): Promise<void> => {
        known = await load()
        setState('there')
      }
      bring().catch(() => setState('failed'))
    }, [])
    if (known !== null) return h(known, null)
    return state === 'failed' ? <Problem code="box_unreachable" /> : null
  }
}
