// One tab's end. One of all tabs holds the device, the one that got the lock: one engine, one socket.
// The others pass on what their pages say, and the next one takes over when that tab is gone.
import { Desk } from './desk.ts'
import type { BetweenTabs, FromPage, ToPage } from './wire.ts'
import { REPEATABLE } from './calls.ts'

const HOLDER = 'holdfast/holder'
const tab = crypto.randomUUID()
const between = new BroadcastChannel('holdfast')
/** What this page has asked for and not been given yet, and what it watches: a new holder hears it again. */
const open = new Map<number, FromPage>()
let desk: Desk | null = null
/** Of the store, while the device is unlocked in any tab. */
let key: Uint8Array | null = null

const tell = (message: BetweenTabs): void => between.postMessage(message)

function pass(message: FromPage): void {
  if (desk !== null) desk.hear(tab, message)
  else tell({ to: 'holder', wants: 'call', from: tab, message })
}

function give(message: ToPage): void {
  if (open.get(message.id)?.type === 'call') open.delete(message.id)
  postMessage(message)
}

/** What the page of this tab says. */
export function hear(message: FromPage): void {
  if (message.type === 'unwatch') open.delete(message.id)
  else open.set(message.id, message)
  pass(message)
}

between.addEventListener('message', ({ data }: MessageEvent<BetweenTabs>) => {
  if (data.to === 'tab') {
    if (data.tab === tab) give(data.message)
  } else if (data.to === 'all') {
    if (data.news === 'key') key = data.key
    else repeat()
  } else if (data.wants === 'call') desk?.hear(data.from, data.message)
  else desk?.tellKey()
})

/** Whether the holder before had done it nobody knows: only what may be done twice is asked for again. */
function repeat(): void {
  for (const [id, message] of open) {
    if (message.type !== 'call' || REPEATABLE.has(message.name)) pass(message)
    else give({ type: 'refusal', id, error: { code: 'interrupted', detail: message.name } })
  }
}

// Held for as long as this tab lives, so that the holder notices when it goes; and before it says anything, since
// the holder takes a tab without it for gone.
await new Promise<void>((held) => {
  void navigator.locks.request(`holdfast/tab/${tab}`, () => {
    held()
    return new Promise(() => {})
  })
})

tell({ to: 'holder', wants: 'key' })

void navigator.locks.request(HOLDER, async () => {
  const opened = await Desk.open(key, {
    give: (to, message) => {
      if (to === tab) give(message)
      else tell({ to: 'tab', tab: to, message })
    },
    key: (next) => tell({ to: 'all', news: 'key', key: next }),
  })
  desk = opened
  repeat()
  tell({ to: 'all', news: 'new holder' })
  await new Promise(() => {})
})
