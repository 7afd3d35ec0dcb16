// What wants somebody's attention in peace: a clock that is wrong, one owner too few, a device that is new.
import type { View } from '../../device/wire.ts'
import { call, useValue } from '../link.ts'
import { standing } from '../push.ts'
import { words } from '../words.ts'
import { Act } from './act.tsx'
import { Icon } from './icon.tsx'
import { problemText } from './problem.tsx'

type Now = View<'now'>

export function Attention({ now }: { now: Now }) {
  const { attention } = words()
  const { clockError, owners, notices, problems, otherApps } = now
  const told = notices.length + problems.length > 0
  const proven = useValue('push', undefined)?.proven
  const silent = proven === null || standing.value !== 'on'
  const nothing = clockError === 0 && owners !== 1 && otherApps.length === 0
  if (nothing && !told && !silent) return null
  return (
    <section class="attention" aria-labelledby="attention-title">
      <h2 id="attention-title">{attention.title()}</h2>
      <ul class="stack">
        {silent && (
          <Item>
            {attention.silent()} <a href="/settings">{attention.makeReachable()}</a>
          </Item>
        )}
        {owners === 1 && <OneOwner />}
        {otherApps.length > 0 && (
          <Item>
            {attention.otherApp({ names: otherApps.map(({ name }) => name).join(', ') })}{' '}
            <a href="/about">{attention.look()}</a>
          </Item>
        )}
        {clockError !== 0 && (
          <Item>{attention.clock({ minutes: Math.round(Math.abs(clockError) / 60_000) })}</Item>
        )}
        {notices.map(({ who, device, waits }) => (
          <Item key={device}>
            {waits ? attention.ownDevice() : attention.device({ name: who.name })}{' '}
            <a href={`/people/${who.person}`}>{attention.look()}</a>
          </Item>
        ))}
        {problems.map(({ channel, code, n }) => (
          <Item key={`${channel}/${n}/${code}`}>{problemText(code)}</Item>
        ))}
      </ul>
      {told && <Act act={() => call('dismissNews', undefined)}>{attention.read()}</Act>}
    </section>
  )
}

function OneOwner() {
  const { attention } = words()
  return (
    <Item>
      {attention.oneOwner()} <a href="/people/new?role=owner">{attention.secondOwner()}</a>{' '}
      <a href="/people">{attention.raiseOwner()}</a>
    </Item>
  )
}

function Item({ children }: { children: preact.ComponentChildren }) {
  return (
    <li class="attention-item">
      <Icon name="warning" />
      <span>{children}</span>
    </li>
  )
}
