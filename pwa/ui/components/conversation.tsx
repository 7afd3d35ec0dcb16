// One conversation: its lines, what waits to be sent, and where to write.
import { useLocation } from 'preact-iso'
import { useEffect, useState } from 'preact/hooks'
import { aim, goTo } from '../going.ts'
import { useView } from '../link.ts'
import { words } from '../words.ts'
import type { Answering, Composing } from '../composing.ts'
import { Composer } from './composer.tsx'
import { Icon } from './icon.tsx'
import { LineList } from './line-list.tsx'
import { Members } from './members.tsx'
import { useOpener } from './opener.ts'
import { PinnedButton } from './pinned-list.tsx'
import { Head } from './screen.tsx'

export function Conversation({ id }: { id: string }) {
  const seen = useView('channel', { channel: id }).value
  const ready = useArrival(id)
  if (seen.state === 'waiting') return <section class="conversation" />
  const channel = seen.state === 'there' ? seen.value : null
  return channel === null ? <Gone /> : <Opened channel={channel} ready={ready} />
}

function Opened({ channel, ready }: { channel: Composing['channel']; ready: boolean }) {
  const { replyTo } = channel.draft
  const [answering, setAnswering] = useState<Answering | null>(
    replyTo && { ...replyTo, edit: false },
  )
  const [details, setDetails] = useState(false)
  const opener = useOpener(details)
  const { channel: text } = words()
  return (
    <>
      <section class="conversation" aria-label={channel.title}>
        <Head
          title={channel.title}
          place={words().nav.channels()}
          back="/channels"
          note={text.members({ count: channel.members.length })}
          actions={
            <>
              <PinnedButton channel={channel} />
              <button
                ref={opener}
                type="button"
                class="icon-button"
                aria-label={text.details()}
                aria-expanded={details}
                onClick={() => setDetails(!details)}
              >
                <Icon name="info" />
              </button>
            </>
          }
        />
        {ready ? <LineList channel={channel} answer={setAnswering} /> : <div class="lines-frame" />}
        {channel.mayWrite ? (
          <Composer channel={channel} answering={answering} answer={setAnswering} />
        ) : (
          <p class="note composer-none">{text.readOnly()}</p>
        )}
      </section>
      <Members channel={channel} open={details} close={() => setDetails(false)} />
    </>
  )
}

/** False while it is being found out where the message is that the address names. */
function useArrival(channel: string): boolean {
  const { message } = useLocation().query
  const [ready, setReady] = useState(message === undefined)
  useEffect(() => {
    if (message !== undefined)
      void goTo(channel, message)
        .catch(() => {})
        .finally(() => setReady(true))
    return () => {
      aim.value = null
    }
  }, [channel, message])
  return ready
}

function Gone() {
  return (
    <section class="conversation">
      <Head title={words().channel.gone()} back="/channels" />
      <p class="note empty">{words().channel.goneWhy()}</p>
    </section>
  )
}
