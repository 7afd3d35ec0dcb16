// The live line: frames as they are committed on the box; what is missing is pulled. Reconnects by
// itself, with a random pause that grows, so that a whole company does not return in one second.
import { decodeFrame, type Frame } from '../protocol/frames.ts'
import { ProtocolError } from '../protocol/errors.ts'
import type { Core } from './core.ts'
import { drain } from './outbox.ts'
import { pull, takeIn } from './pull.ts'
import { upkeep } from './upkeep.ts'

const FIRST_PAUSE = 500
const LONGEST_PAUSE = 60_000
/** The box speaks every 25 s; two missed words mean a dead line. */
const SILENCE = 60_000
/** Others may be doing the same upkeep: who is not the cause waits a little. */
const UPKEEP_PAUSE = 2_000

export type LiveEvents = {
  /** Something new was stored. */
  changed(): Promise<void>
  state(online: boolean, reason: string): void
}

/** Runs until `signal` aborts or the device is refused for good. */
export async function stayLive(core: Core, events: LiveEvents, signal: AbortSignal): Promise<void> {
  let pause = FIRST_PAUSE
  while (!signal.aborted) {
    try {
      await catchUp(core, events)
      events.state(true, '')
      pause = FIRST_PAUSE
      await hold(core, events, signal)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      if (['device_revoked', 'device_unknown'].includes(error.code)) throw error
      events.state(false, error.message)
    }
    if (signal.aborted) return
    await Promise.race([core.clock.wait(pause * (0.5 + Math.random())), aborted(signal)])
    pause = Math.min(pause * 2, LONGEST_PAUSE)
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

async function catchUp(core: Core, events: LiveEvents): Promise<void> {
  await core.run(async () => {
    await pull(core)
    await upkeep(core)
    await drain(core)
  })
  await events.changed()
}

/** One connection, from the signed hello to its end. Frames are handled one after the other. */
function hold(core: Core, events: LiveEvents, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let work: Promise<void> = Promise.resolve()
    let quiet = setTimeout(() => hangUp(), SILENCE)
    let greeted = false
    let due: ReturnType<typeof setTimeout> | null = null
    const enqueue = (task: () => Promise<void>): void => {
      work = work.then(task).catch((error: unknown) => {
        hangUp()
        reject(error)
      })
    }
    const later = (): void => {
      due ??= setTimeout(() => {
        due = null
        enqueue(() => tend(core, events))
      }, UPKEEP_PAUSE * Math.random())
    }
    const hangUp = core.line.live(
      core.signer,
      (bytes) => {
        clearTimeout(quiet)
        quiet = setTimeout(() => hangUp(), SILENCE)
        enqueue(async () => {
          // What was committed between the last pull and this greeting came on neither way.
          if (!greeted) {
            greeted = true
            await catchUp(core, events)
          } else if (await takeLive(core, decodeFrame(bytes), events)) later()
        })
      },
      () => {
        clearTimeout(quiet)
        if (due !== null) clearTimeout(due)
        void work.then(resolve)
      },
    )
    signal.addEventListener('abort', () => hangUp(), { once: true })
    if (signal.aborted) hangUp()
  })
}

/** True when the frame brought something that upkeep may have to follow. */
async function takeLive(core: Core, frame: Frame, events: LiveEvents): Promise<boolean> {
  if (frame.type === 'alive') return false
  await core.run(async () => {
    const intake = await takeIn(core, [frame])
    if (intake.gap || intake.parcels.length > 0) await pull(core)
  })
  await events.changed()
  return true
}

async function tend(core: Core, events: LiveEvents): Promise<void> {
  await core.run(async () => {
    await upkeep(core)
    await drain(core)
  })
  await events.changed()
}
