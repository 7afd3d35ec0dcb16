// Network and clock of a device that can be stopped: whatever it waits for ends with the signal.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../client/core.ts'
import { type Network, systemNetwork } from '../../client/network.ts'

/** Milliseconds for the other side to answer a goodbye. */
const GOODBYE = 1_000
/** RFC 6455 section 7.4.1: closed without a close frame. */
const ABNORMAL = 1006

/** Requests end when `signal` aborts, which the engine takes for a box out of reach. */
export function networkUntil(signal: AbortSignal): Network {
  return {
    fetch: (input, init) => {
      const given = init?.signal ?? null
      const both = given === null ? signal : AbortSignal.any([signal, given])
      return systemNetwork.fetch(input, { ...init, signal: both })
    },
    openSocket: (url) => new ClosingSocket(url),
  }
}

/** A peer that has gone without a word never answers the goodbye, and Node waits for it without end. */
class ClosingSocket extends WebSocket {
  override close(): void {
    super.close()
    const late = new CloseEvent('close', { code: ABNORMAL })
    setTimeout(() => this.dispatchEvent(late), GOODBYE)
  }
}

/** The system's clock; pauses end when `signal` aborts. */
export function clockUntil(signal: AbortSignal): Clock {
  return {
    now: () => Date.now(),
    wait: (milliseconds) => sleep(milliseconds, undefined, { signal }).catch(() => {}),
  }
}
