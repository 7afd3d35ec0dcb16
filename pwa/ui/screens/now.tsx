// The first screen: what asks for an answer, the way to alert everybody, what is unread, what wants attention.
import { type AlertCard, AlertSummary } from '../components/alert-summary.tsx'
import { ChannelRow } from '../components/channel-row.tsx'
import { Icon } from '../components/icon.tsx'
import { Attention } from '../components/attention.tsx'
import { Trouble } from '../components/problem.tsx'
import { Head } from '../components/screen.tsx'
import { useValue } from '../link.ts'
import { when, words } from '../words.ts'

export function NowScreen() {
  const now = useValue('now', undefined)
  const me = useValue('stage', undefined)
  const { now: text } = words()
  if (now === undefined) return <Head title={text.title()} />
  return (
    <div class="column">
      <Head title={text.title()} note={me?.org ?? ''} />
      {now.alerts.length === 0 ? (
        <p class="calm">
          <Icon name="shield" />
          {now.link.online === false
            ? text.noneKnown({ time: when(now.link.since) })
            : text.noAlert()}
        </p>
      ) : (
        <ul class="stack">
          {now.alerts.map((alert) => (
            <li key={alert.id}>
              <AlertSummary alert={alert} />
            </li>
          ))}
        </ul>
      )}
      {now.unsent.map((channel) => (
        <Trouble key={channel}>
          {text.unsent()} <a href={`/channels/${channel}`}>{text.unsentLook()}</a>
        </Trouble>
      ))}
      {now.mayAlert && (
        <a class="button alarm large" href="/alerts/new">
          <Icon name="siren" />
          {text.raise()}
        </a>
      )}
      <Ended alerts={now.ended} />
      <Attention now={now} />
      <Unread />
    </div>
  )
}

/** Whoever was alerted learns here that it is over, from whom, and in which words. */
function Ended({ alerts }: { alerts: readonly AlertCard[] }) {
  if (alerts.length === 0) return null
  return (
    <section aria-labelledby="ended-title">
      <h2 id="ended-title">{words().now.ended()}</h2>
      <ul class="stack">
        {alerts.map((alert) => (
          <li key={alert.id}>
            <AlertSummary alert={alert} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function Unread() {
  const channels = useValue('channels', undefined) ?? []
  const unread = channels.filter((one) => one.counted > 0)
  const { now: text } = words()
  return (
    <section aria-labelledby="unread-title">
      <h2 id="unread-title">{text.unread()}</h2>
      {unread.length === 0 ? (
        <p class="note">{text.nothingUnread()}</p>
      ) : (
        <ul class="rows">
          {unread.map((one) => (
            <ChannelRow key={one.id} channel={one} here={false} />
          ))}
        </ul>
      )}
    </section>
  )
}
