// Phones of a town: a store, the engine on it, and what a person does with it without thinking.
import { join } from 'node:path'
import { type Clock, Core } from '../../client/core.ts'
import { join as joinBox } from '../../client/enrol.ts'
import { MemoryStore } from '../../client/memory-store.ts'
import type { Network } from '../../client/network.ts'
import { SqliteStore } from '../../client/node/sqlite-store.ts'
import { pull } from '../../client/pull.ts'
import type { Store } from '../../client/store.ts'
import type { DeviceId, PersonId } from '../../protocol/ids.ts'
import { townNetwork } from './town-network.ts'

export type PhoneOptions = {
  /** Name of a folder for a phone that is on disk; in memory without. */
  folder?: string
  network?: Network
  clock?: Clock
}
type Place = { folder: string; url: string; clock: Clock }

export class Phone {
  readonly core: Core
  readonly store: Store
  /** The root key on paper, for the first owner's phone. */
  readonly rootPaper: string | null
  readonly #ends: (() => Promise<void>)[] = []
  #closed = false

  constructor(core: Core, store: Store, rootPaper: string | null = null) {
    this.core = core
    this.store = store
    this.rootPaper = rootPaper
  }

  get person(): PersonId {
    return this.core.replica.identity.person
  }

  get device(): DeviceId {
    return this.core.replica.identity.device
  }

  /** What a verb does: alone on the store, on the newest state. */
  act<T>(work: (core: Core) => Promise<T>): Promise<T> {
    return this.core.run(async () => {
      await pull(this.core)
      return work(this.core)
    })
  }

  /** Runs before the store is closed. */
  beforeClose(end: () => Promise<void>): void {
    this.#ends.push(end)
  }

  /** As if the process had died: nothing is finished, the file stays. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const end of this.#ends) await end()
    await this.store.close()
  }
}

function storeOf(place: Place, options: PhoneOptions): Store {
  const { folder } = options
  return folder === undefined ? new MemoryStore() : new SqliteStore(join(place.folder, folder))
}

function surroundings(place: Place, options: PhoneOptions, store: Store) {
  const { network = townNetwork, clock = place.clock } = options
  return { store, clock, network }
}

export async function enrol(place: Place, card: string, options: PhoneOptions): Promise<Phone> {
  const store = storeOf(place, options)
  try {
    const { core, rootPaper } = await joinBox(surroundings(place, options, store), card, place.url)
    return new Phone(core, store, rootPaper)
  } catch (error) {
    await store.close()
    throw error
  }
}

/** Another process on the folder of a phone that has joined before. */
export async function reopen(
  place: Place & { phones: Phone[] },
  options: PhoneOptions & { folder: string },
): Promise<Phone> {
  const store = storeOf(place, options)
  const core = await Core.open(surroundings(place, options, store))
  if (core === null) throw new Error('no device in this folder')
  const phone = new Phone(core, store)
  place.phones.push(phone)
  return phone
}
