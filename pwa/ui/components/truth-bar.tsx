// The bar that tells the truth: is the box reachable, since when, and what waits on this device.
import { useValue } from '../link.ts'
import { when, words } from '../words.ts'
import { Icon } from './icon.tsx'

export function TruthBar() {
  const now = useValue('now', undefined)
  const { truth } = words()
  if (now === undefined) return <p class="truth">&nbsp;</p>
  const { link, waiting, refused } = now
  const since = { time: when(link.since) }
  return (
    <p class={link.online ? 'truth' : 'truth offline'} role="status">
      <Icon name={link.online ? 'check' : 'noLink'} />
      <span>{link.online ? truth.online(since) : truth.offline(since)}</span>
      {waiting > 0 && <span class="truth-more">{truth.waiting({ count: waiting })}</span>}
      {refused > 0 && <span class="truth-more bad">{truth.refused({ count: refused })}</span>}
    </p>
  )
}
