// Network and clock of a device that can be stopped: whatever it waits for ends with the signal.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../client/core.ts'
import { type Network, systemNetwork } from '../../client/network.ts'

/** Requests end when `signal` aborts, which the engine takes for a box out of reach. */
export function networkUntil(signal: AbortSignal): Network {
  return {
    fetch: (input, init) => {
      const given = init?.signal ?? null
      const both = given === null ? signal : AbortSignal.any([signal, given])
      return systemNetwork.fetch(input, { ...init, signal: both })
    },
    openSocket: (url) => systemNetwork.openSocket(url),
  }
}

/** The system's clock; pauses end when `signal` aborts. */
export function clockUntil(signal: AbortSignal): Clock {
  return {
    now: () => Date.now(),
    wait: (milliseconds) => sleep(milliseconds, undefined, { signal }).catch(() => {}),
  }
}
