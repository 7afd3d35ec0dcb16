// Quiet for one conversation, on this device: for how long, and what it does not do.
import type { View } from '../../device/wire.ts'
import { call } from '../link.ts'
import { moment, words } from '../words.ts'
import { Act } from './act.tsx'
import { Icon } from './icon.tsx'

type Channel = NonNullable<View<'channel'>>

const HOURS = [1, 8, null] as const

export function MuteChoice({ channel: { id, muted } }: { channel: Channel }) {
  const { mute: text } = words()
  const turn = (hours: number | null) => () => call('muteChannel', { channel: id, hours })
  return (
    <section class="mute" aria-labelledby="mute-title">
      <h2 id="mute-title">{text.title()}</h2>
      {muted === null ? (
        <div class="actions">
          {HOURS.map((hours) => (
            <Act key={hours} act={turn(hours)}>
              {hours === null ? text.always() : text.hours({ count: hours })}
            </Act>
          ))}
        </div>
      ) : (
        <>
          <p role="status">
            <Icon name="silence" />{' '}
            {muted.until === null ? text.on() : text.until({ time: moment(muted.until) })}
          </p>
          <div class="actions">
            <Act act={turn(0)}>{text.off()}</Act>
          </div>
        </>
      )}
      <p class="note">{text.alerts()}</p>
      <p class="note">{text.pushes()}</p>
    </section>
  )
}
