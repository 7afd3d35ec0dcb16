// Screens that are rarely opened are loaded when they are: the first load stays small.
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Problem } from './problem.tsx'

/** The part that `load` brings. Once there, it shows at once. */
export function later<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let part: ComponentType<P> | null = null
  return function Later(props: P) {
    const [state, setState] = useState<'waiting' | 'there' | 'missing'>('waiting')
    useEffect(() => {
      if (part !== null) return
      const bring = async (): Promise<void> => {
        part = await load()
        setState('there')
      }
      bring().catch(() => setState('missing'))
    }, [])
    if (part !== null) {
      const Part = part
      return <Part {...props} />
    }
    return state === 'missing' ? <Problem code="box_unreachable" /> : null
  }
}
