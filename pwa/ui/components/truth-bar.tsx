// The bar that tells the truth: is the box reachable, since when, and what waits on this device.
import { useValue } from '../link.ts'
import { when, words } from '../words.ts'
import { Icon } from './icon.tsx'

/** Always one, so that the words stay in their place. */
const SIGN = { null: 'clock', true: 'check', false: 'noLink' } as const

export function TruthBar() {
  const now = useValue('now', undefined)
  const { truth } = words()
  if (now === undefined) return <p class="truth">&nbsp;</p>
  const { link, waiting, refused } = now
  const since = { time: when(link.since) }
  return (
    <p class={link.online === false ? 'truth offline' : 'truth'} role="status">
      <Icon name={SIGN[String(link.online) as keyof typeof SIGN]} />
      <span>
        {link.online === null && truth.looking()}
        {link.online === true && truth.online(since)}
        {link.online === false && truth.offline(since)}
      </span>
      {waiting > 0 && <span class="truth-more">{truth.waiting({ count: waiting })}</span>}
      {refused > 0 && <span class="truth-more bad">{truth.refused({ count: refused })}</span>}
    </p>
  )
}
