// What a worker can do with a device: be the worker of a tab, or wake up for a moment.
import { Tab } from './tab.ts'
import { answerWoken, sendWaiting, wake } from './wake.ts'

export const engine = { startTab: () => Tab.start(), wake, answerWoken, sendWaiting }
export type Engine = typeof engine
