// Whether this device can be woken: the truth, and what to do about it.
import { useValue } from '../link.ts'
import { call } from '../link.ts'
import { enable, prove, renew, standing } from '../push.ts'
import { moment, words } from '../words.ts'
import { Act } from './act.tsx'
import { Icon } from './icon.tsx'

export function PushSettings() {
  const { push: text } = words()
  return (
    <section aria-labelledby="push-title">
      <h2 id="push-title">{text.title()}</h2>
      <Reachable />
      <MuteChat />
    </section>
  )
}

/** For the first steps, too. */
export function Reachable() {
  const push = useValue('push', undefined)
  const { push: text } = words()
  if (push === undefined) return null
  if (standing.value === 'unable') return <p>{text.unable()}</p>
  if (standing.value === 'denied') return <p>{text.denied()}</p>
  if (standing.value === 'on' && push.proven !== null)
    return (
      <>
        <p class="calm" role="status">
          <Icon name="check" />
          {text.reachable({ time: moment(push.proven) })}
        </p>
        <div class="actions">
          <Act act={prove}>{text.test()}</Act>
        </div>
      </>
    )
  return (
    <>
      <p>{text.why()}</p>
      <div class="actions">
        <Act kind="main" act={enable}>
          {text.enable()}
        </Act>
      </div>
    </>
  )
}

function MuteChat() {
  const push = useValue('push', undefined)
  const { push: text } = words()
  if (push === undefined || standing.value !== 'on') return null
  const turn = async (mute: boolean): Promise<void> => {
    await call('muteChat', { mute })
    await renew()
  }
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={push.muted}
        onChange={(event) => void turn(event.currentTarget.checked).catch(() => {})}
      />
      <span>
        {text.mute()} <span class="note">{text.muteNote()}</span>
      </span>
    </label>
  )
}
