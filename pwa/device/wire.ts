// What travels between a page, its worker and the worker that holds the device: calls and their results, and
// views, which come anew whenever they have changed. All of it is plain data that can be copied.
import type { CALLS } from './calls.ts'
import type { VIEWS } from './views.ts'

export type CallName = keyof typeof CALLS
export type CallArgs<N extends CallName> = Parameters<(typeof CALLS)[N]>[1]
export type CallResult<N extends CallName> = Awaited<ReturnType<(typeof CALLS)[N]>>

export type ViewName = keyof typeof VIEWS
export type ViewArgs<N extends ViewName> = Parameters<(typeof VIEWS)[N]>[1]
export type View<N extends ViewName> = Awaited<ReturnType<(typeof VIEWS)[N]>>

/** An error of the one table by its code, or `internal` for a fault of ours. */
export type Refusal = { code: string; detail: string }

/** `id` is unique within a page. */
export type FromPage =
  | { type: 'call'; id: number; name: CallName; args: unknown }
  | { type: 'watch'; id: number; name: ViewName; args: unknown }
  | { type: 'unwatch'; id: number }
export type ToPage =
  | { type: 'result'; id: number; value: unknown }
  | { type: 'refusal'; id: number; error: Refusal }
  | { type: 'view'; id: number; value: unknown }

/** The name of the channel between the workers of several tabs. */
export const BETWEEN = 'holdfast'

/** What is said there. */
export type BetweenTabs =
  | { to: 'holder'; wants: 'call'; from: string; message: FromPage }
  | { to: 'tab'; tab: string; message: ToPage }
  | { to: 'all'; news: 'new holder' }
  /** The key of the store, so that the next tab can hold the device without asking; null: forget it. */
  | { to: 'all'; news: 'key'; key: Uint8Array | null }
  | { to: 'holder'; wants: 'key' }
