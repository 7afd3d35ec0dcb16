// A running gateway: state folder -> device -> targets -> door, then live until it is told to stop.
import { Core } from '../../client/core.ts'
import { stayLive } from '../../client/live.ts'
import { SqliteStore } from '../../client/node/sqlite-store.ts'
import { pull } from '../../client/pull.ts'
import { isSilence, refusalOf } from '../../client/refusal.ts'
import type { Store } from '../../client/store.ts'
import { news } from '../../client/views.ts'
import { ensure, ERRORS, isErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { idText } from '../../protocol/ids.ts'
import type { Output } from '../output.ts'
import type { GatewayConfig } from './config.ts'
import { openDoor } from './door.ts'
import { HeldStore } from './held-store.ts'
import { Queue } from './queue.ts'
import { Sender } from './sender.ts'
import { clockUntil, networkUntil } from './surroundings.ts'
import { settleTargets } from './targets.ts'

/** How long the start waits for the box before it goes on with what the device has. */
const FIRST_LOOK = 10_000
const HOUR = 60 * 60 * 1000

/** Resolves when `ending` aborts. Throws what keeps the gateway from starting or staying. */
export async function runGateway(
  config: GatewayConfig,
  out: Output,
  ending: AbortSignal,
): Promise<void> {
  const store = new SqliteStore(config.state)
  try {
    await store.exclusive(() => serve(config, new HeldStore(store), out, ending))
  } finally {
    await store.close()
  }
}

async function serve(
  config: GatewayConfig,
  store: Store,
  out: Output,
  ending: AbortSignal,
): Promise<void> {
  for (const warning of config.warnings) out.note(`Warning: ${warning}`)
  await firstLook(config, store, out, ending)
  const over = new AbortController()
  ending.addEventListener('abort', () => over.abort(), { once: true })
  if (ending.aborted) return
  const core = await openCore(config, store, over.signal)
  const queue = new Queue(core, settleTargets(core.replica, config.routes))
  const sender = new Sender(core, {
    sent: ({ id }) => out.note(`On the box: ${idText(id)}`),
    refused: (id, reason) => out.note(`Refused: ${id} (${sentence(reason)})`),
  })
  await queue.forget()
  const door = await openDoor(config, insideOf(queue, sender, out))
  const note = (error: unknown): void => out.note(String(error))
  const forgetting = setInterval(() => void queue.forget().catch(note), HOUR)
  try {
    out.note(`The gateway listens on ${door.url}`)
    await untilOver(core, sender, out, over)
  } finally {
    clearInterval(forgetting)
    await door.close()
  }
}

async function openCore(config: GatewayConfig, store: Store, signal: AbortSignal): Promise<Core> {
  const network = networkUntil(signal)
  const core = await Core.open({ store, network, clock: clockUntil(signal) })
  if (core === null || core.replica.identity.state === 0)
    throw new ProtocolError('device_missing', config.state)
  return core
}

/** What has changed since the last time. A box that is away is no reason not to take webhooks. */
async function firstLook(
  config: GatewayConfig,
  store: Store,
  out: Output,
  ending: AbortSignal,
): Promise<void> {
  const signal = AbortSignal.any([ending, AbortSignal.timeout(FIRST_LOOK)])
  const core = await openCore(config, store, signal)
  try {
    await pull(core)
  } catch (error) {
    if (!isSilence(error)) throw error
    out.note(`${refusalOf(error).message} Webhooks are taken and kept until it is back.`)
  }
}

type Inside = Parameters<typeof openDoor>[1]

function insideOf(queue: Queue, sender: Sender, out: Output): Inside {
  return {
    async accept({ path }, notices) {
      const queued = await queue.accept(notices)
      const { duplicates } = queued
      const ids = queued.ids.map(idText)
      out.result(
        { route: path, queued: ids.length, duplicates, ids },
        `${path}: ${ids.length} queued, ${duplicates} known already`,
      )
      if (ids.length > 0) sender.kick()
      ensure(queued.refused === null, 'not_allowed', queued.refused ?? '')
      return queued
    },
    refused(path, error) {
      const text = error instanceof Error ? error.message : String(error)
      out.note(`Turned away at ${path}: ${text}`)
    },
  }
}

/** The first part that ends, ends the others; the reason is thrown unless it was the signal. */
async function untilOver(
  core: Core,
  sender: Sender,
  out: Output,
  over: AbortController,
): Promise<void> {
  let online: boolean | null = null
  const state = (now: boolean, reason: string): void => {
    if (now) sender.kick()
    if (now === online || over.signal.aborted) return
    online = now
    out.note(now ? 'Connected.' : `Not connected: ${reason}`)
  }
  const changed = (): Promise<void> => core.run(() => readNews(core, out))
  const parts = [stayLive(core, { changed, state }, over.signal), sender.run(over.signal)]
  const ended = parts.map((part) => part.finally(() => over.abort()))
  const outcomes = await Promise.allSettled(ended)
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

/** Nobody reads here; only what could not be verified is worth a word. */
async function readNews(core: Core, out: Output): Promise<void> {
  const { items, seen } = await news(core)
  for (const item of items) {
    if (item.type === 'problem') out.note(`Could not be verified: #${item.n}: ${item.reason}`)
  }
  await seen()
}

const sentence = (code: string): string => (isErrorCode(code) ? ERRORS[code][1] : code)
