// The store of the browser inside a page, for a test to call.
import { IdbStore } from '../../../client/web/idb-store.ts'
import { put } from '../../../client/store.ts'
import { isErrorCode } from '../../../protocol/errors.ts'
import { STORE_CASES } from '../../helpers/store-contract.ts'

const KEY = Uint8Array.of(1)
let opened = 0

const actions = {
  /** Each case on databases of its own. */
  async runCase(at: number): Promise<void> {
    await STORE_CASES[at]?.run(() => IdbStore.open(`case-${at}-${(opened += 1)}`), 10)
  },
  async write(name: string, value: number): Promise<void> {
    const store = await IdbStore.open(name)
    await store.commit([put('meta', KEY, Uint8Array.of(value))])
    await store.close()
  },
  async read(name: string): Promise<number | null> {
    const store = await IdbStore.open(name)
    const found = await store.get('meta', KEY)
    await store.close()
    return found?.[0] ?? null
  },
}

export type StorePage = typeof actions & {
  /** Kept open between calls. */
  held: IdbStore | null
  hold(name: string): Promise<void>
  addOne(): Promise<void>
  foreign(): Promise<number>
  codeOf(work: 'write' | 'fill', name: string): Promise<string>
  /** Reads and writes until it fails; what each of them ended with, and what failed with nobody there to hear it. */
  work(): Promise<string[]>
  ended: Promise<string[]> | null
}

const page: StorePage = {
  ...actions,
  held: null,
  async hold(name) {
    page.held = await IdbStore.open(name)
  },
  /** Read, wait, write: two tabs lose one of the two unless one waits for the other. */
  async addOne() {
    const { held } = page
    await held?.exclusive(async () => {
      const before = (await held.get('meta', KEY))?.[0] ?? 0
      await new Promise((resolve) => setTimeout(resolve, 5))
      await held.commit([put('meta', KEY, Uint8Array.of(before + 1))])
    })
  },
  async foreign() {
    await page.held?.exclusive(() => Promise.resolve())
    return page.held?.foreignVersion() ?? -1
  },
  /** The code of the refusal; empty when there was none. */
  async codeOf(work, name) {
    try {
      if (work === 'write') await page.held?.commit([put('meta', KEY, Uint8Array.of(1))])
      else await fill(name)
      return ''
    } catch (error) {
      return codeIn(error)
    }
  },
  ended: null,
  async work() {
    const { held } = page
    const unheard: string[] = []
    addEventListener('unhandledrejection', ({ reason }) => unheard.push(String(reason)))
    const rows = Array.from({ length: 20 }, (_, i) => put('meta', Uint8Array.of(i), KEY))
    const kinds = [() => held?.commit(rows), () => held?.list('meta'), () => held?.get('meta', KEY)]
    const all = [...kinds, ...kinds, ...kinds].map((one) => untilItFails(async () => one()))
    const codes = await Promise.all(all)
    // What nobody hears is reported a turn later.
    await new Promise((resolve) => setTimeout(resolve, 100))
    return [...new Set(codes), ...unheard]
  },
}

async function untilItFails(work: () => Promise<unknown>): Promise<string> {
  for (;;) {
    try {
      await work()
    } catch (error) {
      return codeIn(error)
    }
  }
}

function codeIn(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : ''
  return isErrorCode(code) ? code : String(error)
}

/** More than the origin may store; a test sets how much that is. */
async function fill(name: string): Promise<void> {
  const store = await IdbStore.open(name)
  const megabyte = new Uint8Array(1024 * 1024)
  for (let i = 0; i < 64; i++) {
    // What compresses would take less than it seems.
    for (let at = 0; at < megabyte.length; at += 65_536)
      crypto.getRandomValues(megabyte.subarray(at, at + 65_536))
    await store.commit([put('entries', Uint8Array.of(i), megabyte)])
  }
}

Object.assign(globalThis, { page, ready: true })
