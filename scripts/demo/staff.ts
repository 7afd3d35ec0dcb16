// Forty headless devices: the same engine as the app's, each with its own file on disk and its own
// live connection.
import { join } from 'node:path'
import { type Core } from '../../client/core.ts'
import { join as enrol } from '../../client/enrol.ts'
import { stayLive } from '../../client/live.ts'
import { SqliteStore } from '../../client/node/sqlite-store.ts'
import { drain, enqueue, waiting } from '../../client/outbox.ts'
import { pull } from '../../client/pull.ts'
import { upkeep } from '../../client/upkeep.ts'
import { messagesOf } from '../../client/views.ts'
import { idText, type LogId, type MessageId } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'

export type Phone = {
  name: string
  core: Core
  /** Ids of channel messages that this phone has put into its outbox. */
  said: Set<string>
  /** Those of them that the box has confirmed to a call of this phone. */
  confirmed: Set<string>
  close(): Promise<void>
}

export async function enrolPhone(
  folder: string,
  name: string,
  card: string,
  box: string,
): Promise<Phone> {
  const store = new SqliteStore(join(folder, name.replace(/[^\p{L}\p{N}]+/gu, '-')))
  const { core } = await enrol({ store }, card, box)
  const ending = new AbortController()
  const nothing = { changed: () => Promise.resolve(), state: () => {} }
  const live = stayLive(core, nothing, ending.signal).catch(() => {})
  return {
    name,
    core,
    said: new Set(),
    confirmed: new Set(),
    async close() {
      ending.abort()
      await live
      await store.close()
    },
  }
}

/** Into the outbox, then out as far as the box is there; what waits goes with a later call. */
export async function say(phone: Phone, channel: LogId, text: string): Promise<MessageId> {
  return phone.core.run(async () => {
    const id = await enqueue(phone.core, channel, KIND.text, { type: 'text', text, replyTo: null })
    phone.said.add(idText(id))
    await flush(phone)
    return id
  })
}

/** Call inside `core.run`. */
export async function flush(phone: Phone): Promise<void> {
  const { sent } = await drain(phone.core)
  for (const { id } of sent) if (phone.said.has(idText(id))) phone.confirmed.add(idText(id))
}

/** Until nothing waits on the phone; each step may find the box away. */
export async function settle(phone: Phone): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const left = await phone.core.run(async () => {
      try {
        await pull(phone.core)
        await upkeep(phone.core)
        await flush(phone)
      } catch {
        // The box is away: the next attempt finds it.
      }
      return (await waiting(phone.core)).filter(({ row }) => row.failure === '').length
    })
    if (left === 0) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** What this phone itself holds of a channel: message id and place, from its own verified store. */
export async function heldBy(
  phone: Phone,
  channel: LogId,
): Promise<{ id: string; n: number; text: string }[]> {
  return phone.core.run(async () => {
    const messages = await messagesOf(phone.core, channel)
    return messages.map(({ id, n, content }) => ({
      id: idText(id),
      n,
      text: 'text' in content ? content.text : '',
    }))
  })
}
