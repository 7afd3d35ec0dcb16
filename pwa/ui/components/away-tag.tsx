// Until when somebody is away: a word in lists.
import type { View } from '../../device/wire.ts'
import { when, words } from '../words.ts'

/** The date, also of today: whoever is away thinks in days. */
export const lastDay = (at: number): string => when(at, 0)

export function AwayTag({ away }: { away: View<'people'>[number]['away'] }) {
  if (away === null) return null
  return <span class="tag">{words().away.until({ time: lastDay(away.until) })}</span>
}
