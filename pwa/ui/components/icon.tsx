// An icon. It says nothing by itself: what it means stands beside it, or in the label of its button.
import { h } from 'preact'
import { type IconName, ICONS } from '../icons.ts'

export function Icon({ name }: { name: IconName }) {
  const shapes = ICONS[name].map(([element, attributes]) => h(element, attributes))
  return (
    <svg
      class="icon"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {shapes}
    </svg>
  )
}
