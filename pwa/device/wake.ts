// What the service worker does with the device while no window needs to be open: fetch what is new, say it, take
// an answer, send what waits. It works on the same store as the tabs, one act at a time.
import { answerHere } from './own-answer.ts'
import { Core } from '../../client/core.ts'
import { Marks } from '../../client/marks.ts'
import { anyWaiting, drain, waiting } from '../../client/outbox.ts'
import { pull } from '../../client/pull.ts'
import { refusalOf } from '../../client/refusal.ts'
import { SealedStore } from '../../client/sealed-store.ts'
import { tidy } from '../../client/upkeep.ts'
import { channels as channelsOf, titleOf } from '../../client/views.ts'
import { IdbStore } from '../../client/web/idb-store.ts'
import { Vault } from '../../client/web/vault.ts'
import { equal } from '../../protocol/bytes.ts'
import { idText, type MessageId, parseId } from '../../protocol/ids.ts'
import { keepHeard } from './last-heard.ts'
import { DATABASE, VAULT } from './local.ts'
import { recentAlerts } from './views/alert.ts'
import { mutedUntil, unreadOf } from './views/unread.ts'
import { BETWEEN, type BetweenTabs } from './wire.ts'

/** A tab that is there answers at once; one that the phone has frozen does not. Milliseconds. */
const KEY_PATIENCE = 300
/** What is known by then is shown: a phone gives a woken app little time. Milliseconds. */
const FETCH_PATIENCE = 6_000

export type WokenAlert = {
  id: string
  exercise: boolean
  from: string
  text: string
  answers: string[]
}
/** What has not been looked at on this device. `alert`: the first of them that asks for an answer. */
export type Woken = {
  org: string
  alert: WokenAlert | null
  /** Alerts that wait for an answer, looked at or not. */
  unanswered: number
  unread: { title: string; count: number }[]
  /** Messages in conversations that are muted here. */
  muted: number
}

/**
 * Fetches, and hands what is new to `show` at once; what else is due follows. False: nobody has joined here, or
 * the device is locked, and nothing was shown. What the box does not give is left for later.
 */
export async function wake(show: (woken: Woken) => Promise<void>): Promise<boolean> {
  const shown = await withDevice(async (core) => {
    const fetching = fetchAll(core)
    await Promise.race([fetching, core.clock.wait(FETCH_PATIENCE)])
    await show(await newsOf(core))
    await fetching
    await sendAll(core)
    return true
  })
  return shown === true
}

/**
 * "sent", "waits" where the box cannot be reached, "failed" where it has refused; null as in `wake`. On disk before
 * anything is waited for: the phone may end this at any moment. Throws what the alert does not allow.
 */
export function answerWoken(
  alert: string,
  choice: string,
): Promise<'sent' | 'waits' | 'failed' | null> {
  return withDevice(async (core) => {
    const id = parseId<MessageId>(alert)
    const answer = await answerHere(
      { core, marks: new Marks(core) },
      { alert: id, choice, etaMinutes: 0 },
    )
    await sendAll(core)
    const own = (await waiting(core)).find(({ row }) => equal(row.mid, answer))
    if (own === undefined) return 'sent'
    return own.row.failure === '' ? 'waits' : 'failed'
  })
}

/** Sends what waits; false where some of it still does, and can be tried again. */
export async function sendWaiting(): Promise<boolean> {
  const left = await withDevice(async (core) => {
    await sendAll(core)
    if (await anyWaiting(core)) {
      // The keys for it may have come while nobody looked.
      await fetchAll(core)
      await sendAll(core)
    }
    return anyWaiting(core)
  })
  return left !== true
}

async function withDevice<T>(work: (core: Core) => Promise<T>): Promise<T | null> {
  const key = await keyOfStore()
  if (key === null) return null
  const store = new SealedStore(await IdbStore.open(DATABASE), key)
  try {
    const core = await Core.open({ store })
    if (core === null || core.replica.identity.state === 0) return null
    return await work(core)
  } finally {
    store.end()
    key.fill(0)
    await store.close()
  }
}

/** Where there is a lock, a tab may have it open. */
async function keyOfStore(): Promise<Uint8Array | null> {
  const vault = await Vault.open(VAULT)
  try {
    const lock = await vault.lock()
    if (lock === null) return null
    return lock.kind === 'none' ? await vault.unlock(null, Date.now()) : await keyOfTabs()
  } finally {
    vault.close()
  }
}

function keyOfTabs(): Promise<Uint8Array | null> {
  const between = new BroadcastChannel(BETWEEN)
  const wanted: BetweenTabs = { to: 'holder', wants: 'key' }
  return new Promise<Uint8Array | null>((resolve) => {
    setTimeout(() => resolve(null), KEY_PATIENCE)
    between.addEventListener('message', ({ data }: MessageEvent<BetweenTabs>) => {
      if (data.to === 'all' && data.news === 'key') resolve(data.key)
    })
    between.postMessage(wanted)
  }).finally(() => between.close())
}

function fetchAll(core: Core): Promise<void> {
  return asFarAsItGoes(() =>
    core.run(async () => {
      await pull(core)
      await keepHeard(core)
    }),
  )
}

/** What waits, and the word that this device holds what it has fetched. */
function sendAll(core: Core): Promise<void> {
  return asFarAsItGoes(() =>
    core.run(async () => {
      await drain(core)
      await tidy(core)
    }),
  )
}

/** Whatever the box refuses, what is on this device can be shown. */
async function asFarAsItGoes(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    refusalOf(error)
  }
}

async function newsOf(core: Core): Promise<Woken> {
  const device = { core, marks: new Marks(core), waiting: () => waiting(core) }
  const { open: alerts } = await recentAlerts(device)
  const asking = alerts.filter(({ asks }) => asks)
  const unread: Woken['unread'] = []
  const fresh = new Set<string>()
  let muffled = 0
  for (const channel of channelsOf(core.replica)) {
    const places = await unreadOf(core, channel.id)
    const { length: count } = places
    for (const alert of channel.alerts.keys())
      if (places.includes(channel.alerts.get(alert) ?? 0)) fresh.add(idText(alert))
    const muted = (await mutedUntil(core, channel.id)) !== null
    if (muted) muffled += count
    else if (count > 0) unread.push({ title: titleOf(core.replica, channel), count })
  }
  const first = asking.find(({ id }) => fresh.has(id))
  return {
    org: core.replica.identity.orgName,
    alert: first === undefined ? null : { ...first, from: first.from.name },
    unanswered: asking.length,
    unread,
    muted: muffled,
  }
}
