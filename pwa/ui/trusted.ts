// Scripts that this page starts besides its own: named by the page that the box has served, and nothing else
// (Trusted Types: https://www.w3.org/TR/trusted-types/).
const meta = (name: string): string =>
  document.querySelector<HTMLMetaElement>(`meta[name="holdfast-${name}"]`)?.content ?? ''

const SCRIPTS = { engine: meta('engine'), serviceWorker: '/sw.js' } as const

/** The page that draws a PDF; it is shown in a frame. */
export const PDF_FRAME = meta('pdf')

/** The release that the app was made from. */
export const RELEASE = meta('release')

/** The digest over the files of this app. */
export const VERSION = meta('version')

const policy = globalThis.trustedTypes?.createPolicy('holdfast', {
  createScriptURL: (url) => {
    if (!Object.values(SCRIPTS).includes(url)) throw new TypeError(`not a script of ours: ${url}`)
    return url
  },
})

export function scriptUrl(name: keyof typeof SCRIPTS): string {
  const url = SCRIPTS[name]
  return policy?.createScriptURL(url) ?? url
}
