// What kind of device this is, as far as it decides what to tell people.
type Platform = 'iphone' | 'android' | 'desktop'

/** Runs as an installed app, in a window of its own. */
export function isInstalled(): boolean {
  const { standalone } = navigator as { standalone?: boolean }
  return standalone === true || matchMedia('(display-mode: standalone)').matches
}

/** iPads call themselves Macs; those have no touch screen. */
export function platform(): Platform {
  const { userAgent, maxTouchPoints } = navigator
  if (/iPhone|iPad/.test(userAgent)) return 'iphone'
  if (/Macintosh/.test(userAgent) && maxTouchPoints > 1) return 'iphone'
  return /Android/.test(userAgent) ? 'android' : 'desktop'
}

const JOINED = 'joined'

/** Somebody had joined in this browser, and nobody has removed them: the browser has thrown the rest away. */
export const wasHere = (): boolean => localStorage.getItem(JOINED) !== null

/** Somebody is in: from here on the browser is not somebody new's. */
export const rememberJoining = (): void => localStorage.setItem(JOINED, 'yes')

/** Asks the browser to keep what the app stores, which it may still refuse. */
export function keepStorage(): void {
  void navigator.storage?.persist?.().catch(() => {})
}

export const forgetJoining = (): void => localStorage.removeItem(JOINED)
