// Where the worker of a tab begins. It listens before the engine is loaded: what a page says while libsodium
// starts would be lost otherwise. The build puts the engine before these lines, as a function: a service worker
// may load the same file, and runs it only when somebody has to be woken.
import type { Engine } from './engine.ts'
import type { FromPage } from './wire.ts'

declare const holdfastEngine: () => Promise<Engine>

async function begin(): Promise<void> {
  const early: FromPage[] = []
  let hear = (message: FromPage): void => void early.push(message)
  addEventListener('message', ({ data }: MessageEvent<FromPage>) => hear(data))
  const tab = await (await holdfastEngine()).startTab()
  hear = (message) => tab.hear(message)
  for (const message of early) tab.hear(message)
}

if (!('ServiceWorkerGlobalScope' in globalThis)) void begin()
