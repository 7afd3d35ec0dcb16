// The engine of a device inside a page: the same modules as on the command line, with the store of the browser.
import { Core } from '../../../client/core.ts'
import { join } from '../../../client/enrol.ts'
import { stayLive } from '../../../client/live.ts'
import { drain, enqueue } from '../../../client/outbox.ts'
import { pull } from '../../../client/pull.ts'
import { upkeep } from '../../../client/upkeep.ts'
import { findChannel, messagesOf, nameOf } from '../../../client/views.ts'
import { IdbStore } from '../../../client/web/idb-store.ts'
import { toHex } from '../../../protocol/bytes.ts'
import { KIND } from '../../../protocol/kinds.ts'

const DATABASE = 'holdfast'

async function openCore(): Promise<Core> {
  const core = await Core.open({ store: await IdbStore.open(DATABASE) })
  if (core === null) throw new Error('nobody has joined here')
  return core
}

async function withCore<T>(work: (core: Core) => Promise<T>): Promise<T> {
  const core = await openCore()
  try {
    return await core.run(() => work(core))
  } finally {
    await core.store.close()
  }
}

const device = {
  /** The person's id as text. */
  async join(card: string, box: string): Promise<string> {
    const store = await IdbStore.open(DATABASE)
    const { core } = await join({ store }, card, box)
    await store.close()
    return toHex(core.replica.identity.person)
  },
  whoami: (): Promise<string> =>
    withCore((core) => Promise.resolve(nameOf(core.replica, core.replica.identity.person))),
  sync: (): Promise<void> =>
    withCore(async (core) => {
      await pull(core)
      await drain(core)
      await upkeep(core)
    }),
  /** Into the outbox, and on to the box where it can be reached; how many went out. */
  say: (channel: string, text: string): Promise<number> =>
    withCore(async (core) => {
      const { id } = findChannel(core.replica, channel)
      await enqueue(core, id, KIND.text, { type: 'text', text, replyTo: null })
      return (await drain(core)).sent.length
    }),
  read: (channel: string): Promise<string[]> =>
    withCore(async (core) => {
      const messages = await messagesOf(core, findChannel(core.replica, channel).id)
      return messages.flatMap(({ content }) => ('text' in content ? [content.text] : []))
    }),
  /** Stays on the live line until the page goes. */
  async live(): Promise<void> {
    const core = await openCore()
    const events = { changed: () => Promise.resolve(), state: () => {} }
    void stayLive(core, events, new AbortController().signal)
  },
}

export type DevicePage = typeof device

Object.assign(globalThis, { device, ready: true })
