// How to install, in three pictures; the one for this device comes first.
import type { ComponentChildren } from 'preact'
import { platform } from '../platform.ts'
import { words } from '../words.ts'

const PICTURES = { iphone: Iphone, android: Android, desktop: Desktop } as const

export function InstallPictures() {
  const mine = platform()
  const others = (['iphone', 'android', 'desktop'] as const).filter((one) => one !== mine)
  const { install } = words()
  return (
    <div class="pictures">
      {[mine, ...others].map((name) => {
        const Picture = PICTURES[name]
        return (
          <figure key={name} class={name === mine ? 'picture mine' : 'picture'}>
            <Picture />
            <figcaption>
              <strong>{install[name].name()}</strong>
              <span>{install[name].how()}</span>
            </figcaption>
          </figure>
        )
      })}
    </div>
  )
}

function Drawing({ children }: { children: ComponentChildren }) {
  return (
    <svg class="drawing" viewBox="0 0 120 90" aria-hidden="true">
      {children}
    </svg>
  )
}

/** The share sign at the bottom of Safari, and the line of its menu. */
function Iphone() {
  return (
    <Drawing>
      <rect class="d-device" x="8" y="4" width="44" height="82" rx="8" />
      <path class="d-mark" d="M24 70h12v9H24zM30 73V61m-4 4 4-4 4 4" />
      <path class="d-arrow" d="M58 46h8m-3-3 3 3-3 3" />
      <rect class="d-sheet" x="72" y="22" width="42" height="46" rx="6" />
      <path class="d-line" d="M78 32h22M78 40h18" />
      <rect class="d-hit" x="75" y="47" width="36" height="15" rx="4" />
      <path class="d-mark" d="M80 50h9v9h-9zm4.5 2v5m-2.5-2.500h5M94 54.500h13" />
    </Drawing>
  )
}

/** The three dots of Chrome, and the line of its menu. */
function Android() {
  return (
    <Drawing>
      <rect class="d-device" x="8" y="4" width="44" height="82" rx="8" />
      <path class="d-dots" d="M44 13v.01M44 18v.01M44 23v.01" />
      <path class="d-arrow" d="M58 46h8m-3-3 3 3-3 3" />
      <rect class="d-sheet" x="72" y="22" width="42" height="46" rx="6" />
      <path class="d-line" d="M78 32h22M78 40h18" />
      <rect class="d-hit" x="75" y="47" width="36" height="15" rx="4" />
      <path class="d-mark" d="M84 50v7m-3-3 3 3 3-3M94 54.500h13" />
    </Drawing>
  )
}

/** The sign at the end of the address line. */
function Desktop() {
  return (
    <Drawing>
      <rect class="d-device" x="6" y="10" width="108" height="70" rx="6" />
      <rect class="d-sheet" x="14" y="17" width="92" height="13" rx="6" />
      <path class="d-line" d="M21 23.500h44" />
      <rect class="d-hit" x="86" y="17" width="20" height="13" rx="5" />
      <path
        class="d-mark"
        d="M91 20h10v6H91zm3 8h4M96 21.500v3m-1.500-1.500 1.500 1.500 1.500-1.500"
      />
      <path class="d-line" d="M6 36h108" />
    </Drawing>
  )
}
