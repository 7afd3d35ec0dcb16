// The live line: frames as they are committed on the box; what is missing is pulled. Reconnects by
// itself, with a random pause that grows, so that a whole company does not return in one second.
import { decodeFrame, type Frame } from '../protocol/frames.ts'
import { ERRORS, ProtocolError } from '../protocol/errors.ts'
import { auditPage } from './audit.ts'
import type { Core } from './core.ts'
import { anyWaiting, drain } from './outbox.ts'
import { pull, takeIn } from './pull.ts'
import { upkeepRank } from './keep-keys.ts'
import { tidy, upkeep } from './upkeep.ts'

export const FIRST_PAUSE = 500
export const LONGEST_PAUSE = 60_000
/**
 * After a line that has stood: a box that starts again cannot shake hands with ten thousand devices at once, so that they
 * come spread over half a minute, and a small organisation at once. Milliseconds.
 */
export const SPREAD_PER_DEVICE = 3
export const LONGEST_SPREAD = 30_000
/** The box speaks every 25 s; two missed words mean a dead line. */
const SILENCE = 60_000
/** Receipts gather for this long, at random, so that they tell no one when a message was opened. */
const TIDY_PAUSE = 2_000
/** Per device that goes before this one; the caps bound the wait when those are offline. */
const RANK_PAUSE = 2_000
const LONGEST_RANK = 15

export type LiveEvents = {
  /** Something new was stored. */
  changed(): Promise<void>
  state(online: boolean, reason: string): void
}

/** Runs until `signal` aborts or the device is refused for good. */
export async function stayLive(core: Core, events: LiveEvents, signal: AbortSignal): Promise<void> {
  let pause = FIRST_PAUSE
  // Only a line that has spoken counts: where something breaks live lines, catching up has to slow down.
  const online = (): void => {
    pause = FIRST_PAUSE
    events.state(true, '')
  }
  while (!signal.aborted) {
    let spread = 0
    try {
      await catchUp(core, events)
      await hold(core, events, signal, online)
      spread = spreadOf(core)
      // Trying again may itself take long to find out that nobody is there.
      if (!signal.aborted) events.state(false, ERRORS.box_unreachable[1])
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      if (isOver(core, error)) throw error
      events.state(false, error.message)
    }
    if (signal.aborted) return
    await Promise.race([
      core.clock.wait(pause * (0.5 + Math.random()) + spread * Math.random()),
      aborted(signal),
    ])
    pause = Math.min(pause * 2, LONGEST_PAUSE)
  }
}

function spreadOf({ replica }: Core): number {
  return Math.min(replica.directory.devices.size * SPREAD_PER_DEVICE, LONGEST_SPREAD)
}

/** A box that once knew this device and does not any more was brought back from a backup: it may learn of it again. */
function isOver({ replica }: Core, { code }: ProtocolError): boolean {
  return code === 'device_revoked' || (code === 'device_unknown' && !replica.active)
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

async function catchUp(core: Core, events: LiveEvents): Promise<void> {
  await core.run(async () => {
    await pull(core)
    // What waits goes first: new keys for a large audience take minutes on a thin line.
    if ((await drain(core)).unreachable) return
    await upkeep(core)
    await auditPage(core)
  })
  await events.changed()
}

function hold(
  core: Core,
  events: LiveEvents,
  signal: AbortSignal,
  online: () => void,
): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const connection = new Connection(core, events, { online, ended: resolve, failed: reject })
    const hangUp = (): void => connection.hangUp()
    signal.addEventListener('abort', hangUp, { once: true })
    connection.onEnd = () => signal.removeEventListener('abort', hangUp)
    if (signal.aborted) hangUp()
  })
}

type Outcome = { online: () => void; ended: () => void; failed: (error: unknown) => void }
type Timer = ReturnType<typeof setTimeout>

/** One connection, from the signed hello to its end. Frames are handled one after the other. */
class Connection {
  readonly #core: Core
  readonly #events: LiveEvents
  readonly #outcome: Outcome
  readonly hangUp: () => void
  onEnd: () => void = () => {}
  #work: Promise<void> = Promise.resolve()
  #greeted = false
  #over = false
  /** When everything that waits was tried last; no wall clock, which may be set back. */
  #tried = 0
  #quiet: Timer | null = null
  #tidying: Timer | null = null
  #turn: Timer | null = null

  constructor(core: Core, events: LiveEvents, outcome: Outcome) {
    this.#core = core
    this.#events = events
    this.#outcome = outcome
    this.hangUp = core.line.live(
      core.signer,
      (bytes) => this.#hear(bytes),
      () => this.#end(),
    )
    this.#listen()
  }

  #end(): void {
    this.#over = true
    for (const timer of [this.#quiet, this.#tidying, this.#turn]) clearTimeout(timer ?? undefined)
    this.onEnd()
    void this.#work.then(this.#outcome.ended)
  }

  /** Silence for too long means a dead line, whatever the socket believes. */
  #listen(): void {
    clearTimeout(this.#quiet ?? undefined)
    this.#quiet = this.#over ? null : setTimeout(() => this.hangUp(), SILENCE)
  }

  #enqueue(task: () => Promise<void>): void {
    this.#work = this.#work.then(task).catch((error: unknown) => {
      this.hangUp()
      this.#outcome.failed(error)
    })
  }

  #hear(bytes: Uint8Array): void {
    this.#listen()
    const heard = performance.now()
    this.#enqueue(async () => {
      // What was committed between the last pull and this greeting came on neither way.
      if (!this.#greeted) {
        this.#greeted = true
        this.#outcome.online()
        return this.#catchUp()
      }
      const frame = decodeFrame(bytes)
      if (frame.type === 'alive') return this.#stillThere(frame.t, heard)
      const held = waits(this.#core)
      await takeLive(this.#core, frame, this.#events)
      // Administrators have spoken for a box that was brought back: what has waited for that goes out at once.
      if (held && !waits(this.#core)) return this.#catchUp()
      this.#tidyLater()
    })
  }

  /** What could not be sent so far is tried again: a full disk has space by now, or a key has come. */
  async #stillThere(boxTime: number, heard: number): Promise<void> {
    this.#core.noteHeard(Math.round(boxTime + performance.now() - heard))
    // Words that came while the last try was under way ask for no other.
    if (this.#over || heard < this.#tried) return
    if (await anyWaiting(this.#core)) await this.#catchUp()
  }

  async #catchUp(): Promise<void> {
    await catchUp(this.#core, this.#events)
    this.#tried = performance.now()
  }

  #tidyLater(): void {
    if (this.#over) return
    this.#tidying ??= setTimeout(() => {
      this.#tidying = null
      this.#enqueue(async () => {
        await this.#core.run(() => tidy(this.#core))
        await this.#events.changed()
        this.#waitForTurn()
      })
    }, TIDY_PAUSE * Math.random())
  }

  #waitForTurn(): void {
    const rank = upkeepRank(this.#core)
    if (rank === null || this.#over) return
    this.#turn ??= setTimeout(
      () => {
        this.#turn = null
        this.#enqueue(() => this.#catchUp())
      },
      RANK_PAUSE * Math.min(rank, LONGEST_RANK),
    )
  }
}

/** For administrators to say that the box was brought back. */
const waits = ({ replica }: Core): boolean => replica.distrust !== null || replica.restoring

async function takeLive(core: Core, frame: Frame, events: LiveEvents): Promise<void> {
  await core.run(async () => {
    const intake = await takeIn(core, [frame])
    if (intake.gap || intake.parcels.length > 0) await pull(core)
  })
  await events.changed()
}
