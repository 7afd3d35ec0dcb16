// The engine of the app, in the service worker: loaded when somebody has to be woken, never just to open the app.
import type { Engine } from '../device/engine.ts'

/** Of the guard (sw.ts): runs a script of the release that is kept. */
declare const holdfastLoad: (name: string) => Promise<void>
declare const holdfastEngine: () => Promise<Engine>

let running: Promise<Engine> | null = null

export function engine(): Promise<Engine> {
  running ??= holdfastLoad('engine').then(() => holdfastEngine())
  running.catch(() => (running = null))
  return running
}
