// What stands on every screen: the truth about the line, and the way to the four places.
import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { IconName } from '../icons.ts'
import { useValue } from '../link.ts'
import { type AlertCard, said } from './alert-summary.tsx'
import { words } from '../words.ts'
import { Icon } from './icon.tsx'
import { Shortcuts } from './shortcuts.tsx'
import { TruthBar } from './truth-bar.tsx'
import { UpdateLine } from './update-line.tsx'

export function Frame({ children }: { children: ComponentChildren }) {
  const alerts = useValue('now', undefined)?.alerts ?? []
  // Beside a real alert nobody may read that nothing is real.
  const exercise = alerts.length > 0 && alerts.every((alert) => alert.exercise)
  const screen = useRef<HTMLElement>(null)
  const { path } = useLocation()
  // Each screen begins at its top: what asks for an answer stands there.
  useLayoutEffect(() => screen.current?.scrollTo(0, 0), [path])
  return (
    <div class="frame">
      <a class="skip" href="#screen">
        {words().nav.skip()}
      </a>
      <header class="top">
        {exercise && <p class="exercise-stripe">{words().alert.exerciseRuns()}</p>}
        <TruthBar />
        <OpenAlert alerts={alerts} path={path} />
        <UpdateLine />
      </header>
      <main ref={screen} id="screen" tabIndex={-1}>
        {children}
      </main>
      <Places />
      <Shortcuts />
    </div>
  )
}

/** Whoever has put a real alert aside still sees, wherever they are, that it waits for an answer. */
function OpenAlert({ alerts, path }: { alerts: readonly AlertCard[]; path: string }) {
  const open = alerts.find(({ asks, exercise }) => asks && !exercise)
  if (open === undefined || path === '/' || path === `/alerts/${open.id}`) return null
  return (
    <a class="alert-bar" href={`/alerts/${open.id}`}>
      <Icon name="siren" />
      <strong>{words().alert.live()}</strong>
      <span class="alert-bar-text">{said(open)}</span>
    </a>
  )
}

function Places() {
  const { nav } = words()
  const unread = (useValue('channels', undefined) ?? []).reduce((sum, one) => sum + one.counted, 0)
  return (
    <nav class="places" aria-label={nav.places()}>
      <Place href="/" icon="house" name={nav.now()} />
      <Place href="/channels" icon="message" name={nav.channels()} count={unread} />
      <Place href="/people" icon="users" name={nav.people()} />
      <Place href="/settings" icon="settings" name={nav.settings()} />
    </nav>
  )
}

type PlaceProps = { href: string; icon: IconName; name: string; count?: number }

function Place({ href, icon, name, count = 0 }: PlaceProps) {
  const { path } = useLocation()
  const here = href === '/' ? path === '/' : path.startsWith(href)
  return (
    <a href={href} class="place" aria-current={here ? 'page' : undefined}>
      <span class="place-icon">
        <Icon name={icon} />
        {count > 0 && (
          <span class="count" aria-hidden="true">
            {count > 99 ? '99+' : count}
          </span>
        )}
      </span>
      <span>{name}</span>
      {count > 0 && <span class="unseen">, {words().channels.unread({ count })}</span>}
    </a>
  )
}
