// The page that guides somebody through trusting the private authority, and says whether this device does.
import { createHash } from 'node:crypto'
import de from './words/de.json' with { type: 'json' }
import en from './words/en.json' with { type: 'json' }
import fr from './words/fr.json' with { type: 'json' }

export const LANGUAGES = { en, de, fr } as const
export type Language = keyof typeof LANGUAGES
const NAMES: Record<Language, string> = { en: 'English', de: 'Deutsch', fr: 'Français' }

const SYSTEMS = ['ios', 'android', 'windows', 'mac', 'linux'] as const
type System = (typeof SYSTEMS)[number]

/** The answer of `/v1/trusted` arrives only over a connection that this browser trusts. */
const SCRIPT = `const status = document.querySelector('#status')
async function look() {
  status.dataset.state = 'checking'
  try {
    await fetch(status.dataset.address + '/v1/trusted', { cache: 'no-store', signal: AbortSignal.timeout(8000) })
    status.dataset.state = 'trusted'
  } catch {
    status.dataset.state = 'untrusted'
  }
}
document.querySelector('#again').addEventListener('click', look)
addEventListener('pageshow', look)
addEventListener('focus', look)`

const STYLE = `:root { color-scheme: light dark; font: 1.0625rem/1.5 system-ui, sans-serif }
body { max-width: 40rem; margin: 0 auto; padding: 1rem; color: light-dark(#14181f, #e9edf3); background: light-dark(#fff, #10141a) }
h1 { font-size: 1.5rem; line-height: 1.25; text-wrap: balance }
h2, summary { font-size: 1.125rem; font-weight: 600 }
summary { min-height: 2.75rem; align-content: center; cursor: pointer }
section, details { margin: 1rem 0; padding: .75rem 1rem; border: 1px solid light-dark(#b9c2cf, #414b5a); border-radius: .5rem }
li { margin: .5rem 0 }
nav { display: flex; gap: 1rem }
a { color: light-dark(#0b57d0, #9cc2ff) }
nav a { min-height: 2.75rem; align-content: center }
.button, button { display: inline-block; padding: .75rem 1.25rem; border: 0; border-radius: .5rem; font: inherit; font-weight: 600; text-decoration: none; color: #fff; background: #0b57d0; cursor: pointer }
:focus-visible { outline: 3px solid light-dark(#0b57d0, #9cc2ff); outline-offset: 2px }
code { display: block; font: 1.125rem/1.6 ui-monospace, monospace; white-space: pre-line }
#status > * { display: none; margin: 0 }
#status[data-state=checking] .checking, #status[data-state=trusted] .trusted, #status[data-state=untrusted] .untrusted { display: grid; gap: .75rem; justify-items: start }
.trusted strong { color: light-dark(#146c2e, #7fd99a) }`

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64')

/** Where the page looks for the box is the one place that it may reach. */
export const policyOf = (address: string): string =>
  [
    "default-src 'none'",
    `script-src 'sha256-${sha256(SCRIPT)}'`,
    `style-src 'sha256-${sha256(STYLE)}'`,
    `connect-src ${address}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

/** By what the browser says of itself; the others stand below. */
export function systemOf(agent: string): System {
  if (/iPhone|iPad/.test(agent)) return 'ios'
  if (/Android/.test(agent)) return 'android'
  if (/Windows/.test(agent)) return 'windows'
  return /Macintosh/.test(agent) ? 'mac' : 'linux'
}

export function languageOf(asked: string | null, accepted: string): Language {
  const wanted = [asked ?? '', ...accepted.split(',').map((one) => one.trim().slice(0, 2))]
  return wanted.find((one): one is Language => Object.hasOwn(LANGUAGES, one)) ?? 'en'
}

/** Sixteen groups of four. */
export const groups = (fingerprint: string): string =>
  (fingerprint.replaceAll(':', '').match(/.{4}/g) ?? []).join(' ')

const inRows = (text: string): string => text.replaceAll(/((?:\S+ ){3}\S+) /g, '$1\n')

type Shown = { language: Language; system: System; address: string; fingerprint: string }

/** `address`: of the box; it is an origin. `fingerprint`: SHA-256 of the authority, as Node writes it. */
export function page({ language, system, address, fingerprint }: Shown): string {
  const words = LANGUAGES[language]
  const others = SYSTEMS.filter((one) => one !== system)
  const links = Object.entries(NAMES).map(
    ([code, name]) => `<a href="?lang=${code}" lang="${code}" hreflang="${code}">${name}</a>`,
  )
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${words.title}</title>
<style>${STYLE}</style>
</head>
<body>
<nav>${links.join('')}</nav>
<main>
<h1>${words.title}</h1>
<p>${words.why}</p>
<section id="status" role="status" data-state="" data-address="${address}">
<p class="checking">${words.checking}</p>
<div class="trusted"><strong>${words.trusted}</strong><a class="button" href="${address}/">${words.open}</a></div>
<div class="untrusted"><span>${words.untrusted}</span><button id="again">${words.again}</button></div>
</section>
<section>
<h2>${words.compareTitle}</h2>
<p>${words.compare}</p>
<code>${inRows(groups(fingerprint))}</code>
</section>
${steps(language, system, true)}
${others.map((one) => steps(language, one, false)).join('\n')}
</main>
<script>${SCRIPT}</script>
</body>
</html>
`
}

function steps(language: Language, system: System, open: boolean): string {
  const words = LANGUAGES[language]
  const file =
    system === 'ios'
      ? `<a class="button" href="holdfast.mobileconfig?lang=${language}">${words.profile}</a>`
      : `<a class="button" href="holdfast.crt">${words.certificate}</a>`
  const list = words[system].map((step) => `<li>${step}</li>`).join('')
  const title = words[`${system}Title`]
  return `<details${open ? ' open' : ''}><summary>${title}</summary><p>${file}</p><ol>${list}</ol></details>`
}
