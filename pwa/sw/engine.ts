// The engine of the app, in the service worker: loaded when somebody has to be woken, never just to open the app.
import type { Engine } from '../device/engine.ts'
import { scope } from './scope.ts'

/** Filled in by the build. */
declare const ENGINE: string
declare const holdfastEngine: () => Promise<Engine>

const policy = globalThis.trustedTypes?.createPolicy('holdfast', {
  createScriptURL: (url) => {
    if (url !== ENGINE) throw new TypeError(`not a script of ours: ${url}`)
    return url
  },
})
let running: Promise<Engine> | null = null

/** Only what was imported while the service worker was installed can be imported later. */
export function bringEngine(): void {
  scope.importScripts(policy?.createScriptURL(ENGINE) ?? ENGINE)
}

export function engine(): Promise<Engine> {
  running ??= (async () => {
    bringEngine()
    return holdfastEngine()
  })()
  return running
}
