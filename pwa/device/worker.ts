// Where the worker of a tab begins. It listens before anything else is loaded: what a page says while libsodium
// starts would be lost otherwise.
import type { FromPage } from './wire.ts'

const early: FromPage[] = []
let hear = (message: FromPage): void => void early.push(message)

addEventListener('message', ({ data }: MessageEvent<FromPage>) => hear(data))

const tab = await import('./tab.ts')
hear = tab.hear
for (const message of early) tab.hear(message)
