// As much as is used of https://www.w3.org/TR/service-workers/ and of the APIs around it: TypeScript knows windows
// or workers, not both.
export type Extendable = Event & { waitUntil(work: Promise<unknown>): void }
export type Fetching = Extendable & {
  request: Request
  respondWith(answer: Promise<Response>): void
}
export type Clicking = Extendable & { notification: Notification; action: string }
export type Hearing = Extendable & { data: unknown; ports: readonly MessagePort[] }
export type Syncing = Extendable & { tag: string }
export type OpenWindow = {
  url: string
  focus(): Promise<unknown>
  postMessage(data: unknown): void
}
type Action = { action: string; title: string }
export type ShowOptions = NotificationOptions & {
  actions?: Action[]
  renotify?: boolean
}

type Scope = {
  addEventListener(type: 'install' | 'push', hear: (event: Extendable) => void): void
  addEventListener(type: 'message', hear: (event: Hearing) => void): void
  addEventListener(type: 'fetch', hear: (event: Fetching) => void): void
  addEventListener(type: 'notificationclick', hear: (event: Clicking) => void): void
  addEventListener(type: 'sync', hear: (event: Syncing) => void): void
  skipWaiting(): Promise<void>
  registration: {
    showNotification(title: string, options: ShowOptions): Promise<void>
  }
  clients: {
    matchAll(options: object): Promise<OpenWindow[]>
    openWindow(url: string): Promise<unknown>
  }
}

export const scope = globalThis as unknown as Scope

export const windows = (): Promise<OpenWindow[]> =>
  scope.clients.matchAll({ type: 'window', includeUncontrolled: true })
