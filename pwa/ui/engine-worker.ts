// The worker with the engine. Where somebody is in, it begins before the screens are loaded: reading what is stored
// takes longest.
import { scriptUrl } from './trusted.ts'

let running: Worker | null = null

/** One for this page. */
export function engineWorker(): Worker {
  running ??= new Worker(scriptUrl('engine'), { name: 'holdfast' })
  return running
}

/** For good: what it held is out of memory. */
export function endEngine(): void {
  running?.terminate()
}
