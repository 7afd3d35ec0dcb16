// What every act of a device needs: its store, its replica, its line to the box and its clock.
import type { Context } from '../protocol/entry.ts'
import { emptyHead } from '../protocol/chain.ts'
import { ensure, type ErrorCode, ProtocolError } from '../protocol/errors.ts'
import type { LogId } from '../protocol/ids.ts'
import { CLOCK_TOLERANCE } from '../protocol/limits.ts'
import { BoxLine, type Network, type Signer, systemNetwork } from './network.ts'
import { META, Replica } from './replica.ts'
import { type Identity, identityRow, readRow } from './rows.ts'
import type { Store, Write } from './store.ts'

/** Wall clock in milliseconds; `wait` passes time. */
export type Clock = { now(): number; wait(milliseconds: number): Promise<void> }
export const systemClock: Clock = {
  now: () => Date.now(),
  wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
}

export type Surroundings = { store: Store; network?: Network; clock?: Clock }

export class Core {
  readonly store: Store
  readonly clock: Clock
  readonly line: BoxLine
  replica: Replica
  #version: number
  #clockError = 0
  #heardAt: number | null = null

  private constructor(
    surroundings: Surroundings,
    identity: Identity,
    replica: Replica,
    version: number,
  ) {
    this.store = surroundings.store
    this.clock = surroundings.clock ?? systemClock
    this.line = new BoxLine(identity.box, surroundings.network ?? systemNetwork, (ms) =>
      this.clock.wait(ms),
    )
    this.replica = replica
    this.#version = version
  }

  /** Null when the store holds no device yet. */
  static async open(surroundings: Surroundings): Promise<Core | null> {
    // Before reading: what another process commits meanwhile is then read again.
    const version = surroundings.store.foreignVersion()
    const identity = await readIdentity(surroundings.store)
    if (identity === null) return null
    return undamaged(async () => {
      const replica = await Replica.load(surroundings.store, identity)
      return new Core(surroundings, identity, replica, version)
    })
  }

  get signer(): Signer {
    const { identity, pair } = this.replica
    return { org: identity.org, device: identity.device, secretKey: pair.secretKey }
  }

  /** One act at a time, on a replica that knows what other processes have stored. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return this.store.exclusive(async () => {
      if (this.store.foreignVersion() !== this.#version) await this.reload()
      return work()
    })
  }

  async reload(): Promise<void> {
    this.#version = this.store.foreignVersion()
    const identity = await readIdentity(this.store)
    ensure(identity !== null, 'data_missing', 'device')
    this.replica = await undamaged(() => Replica.load(this.store, identity))
  }

  /** Memory never runs ahead of the disk: when the disk refuses, what is in memory is read again. */
  async commit(writes: Write[]): Promise<void> {
    if (writes.length === 0) return
    try {
      await this.store.commit(writes)
      this.replica.settle()
    } catch (error) {
      await this.reload()
      throw error
    }
  }

  /** How far this device's clock is from the box's, when that is worth a word; else 0. Milliseconds. */
  get clockError(): number {
    return Math.abs(this.#clockError) > CLOCK_TOLERANCE ? this.#clockError : 0
  }

  /** When the box was heard last by this process, by this device's clock; null: not yet. Milliseconds. */
  get heardAt(): number | null {
    return this.#heardAt
  }

  /** `boxTime`: null where the box has not told it. */
  noteHeard(boxTime: number | null): void {
    this.#heardAt = this.clock.now()
    if (boxTime !== null) this.#clockError = this.#heardAt - boxTime
  }

  /** The context of an entry that this device signs into a log: the last place it has seen there. */
  context(log: LogId): Context {
    const { identity } = this.replica
    const { n, h } = this.replica.headOf(log) ?? emptyHead(log)
    return {
      org: identity.org,
      log,
      signer: identity.device,
      refN: n,
      refH: h,
      t: this.clock.now(),
    }
  }
}

/** What a store says of the disk under it. */
const OF_THE_DISK: readonly ErrorCode[] = ['data_unwritable', 'data_in_use', 'device_full']

/** The device has verified what it stored: that it cannot read it back is damage, whatever it looks like. */
async function undamaged<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    if (cause instanceof ProtocolError && OF_THE_DISK.includes(cause.code)) throw cause
    throw new ProtocolError('database_damaged', 'of this device', { cause })
  }
}

export async function readIdentity(store: Store): Promise<Identity | null> {
  const row = await store.get('meta', META.identity)
  return row === null ? null : readRow(identityRow, row)
}
