// What the service worker does while no window is open, as a script of the release: the guard (sw.ts) runs it when
// somebody has to be woken.
import { engine } from './engine.ts'
import { clicked, pushed } from './woken.ts'

export type Waker = {
  pushed(): Promise<void>
  clicked(notification: Notification, action: string): Promise<void>
  /** Throws where some of it waits. */
  sendOutbox(): Promise<void>
}

async function sendOutbox(): Promise<void> {
  const { sendWaiting } = await engine()
  if (!(await sendWaiting())) throw new Error('some of it waits')
}

Object.assign(globalThis, { holdfastWaker: { pushed, clicked, sendOutbox } satisfies Waker })
