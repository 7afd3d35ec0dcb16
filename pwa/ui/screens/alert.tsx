// One alert: my answer, and for those who lead it the roll call, corrections and the end.
import { useState } from 'preact/hooks'
import { useRoute } from 'preact-iso'
import type { View } from '../../device/wire.ts'
import { AlertSummary } from '../components/alert-summary.tsx'
import { Confirm } from '../components/confirm.tsx'
import { problemText, Trouble } from '../components/problem.tsx'
import { RollCall } from '../components/roll-call.tsx'
import { Head } from '../components/screen.tsx'
import { call, useValue, useView } from '../link.ts'
import { words } from '../words.ts'

export type Details = NonNullable<View<'alert'>>

export function AlertScreen() {
  const id = useRoute().params['alert'] ?? ''
  const seen = useView('alert', { alert: id }).value
  const { alert: text } = words()
  if (seen.state === 'waiting') return <Head title={text.title()} back="/" />
  const alert = seen.state === 'there' ? seen.value : null
  if (alert === null) return <NotHere id={id} />
  return (
    <div class="alert-screen">
      <div class="column">
        <Head title={alert.exercise ? text.exercise() : text.title()} back="/" />
        <AlertSummary alert={alert} whole />
        {alert.mayDirect && <Direct alert={alert} />}
      </div>
      <RollCall alert={alert} />
    </div>
  )
}

/** Whoever has just raised one is here before the box has it. */
function NotHere({ id }: { id: string }) {
  const seen = useView('unsentAlert', { alert: id }).value
  const { alert: text } = words()
  if (seen.state === 'waiting') return <Head title={text.title()} back="/" />
  const unsent = seen.state === 'there' ? seen.value : null
  if (unsent === null) return <Head title={text.gone()} back="/" />
  return <Unsent alert={unsent} />
}

function Unsent({ alert }: { alert: NonNullable<View<'unsentAlert'>> }) {
  const online = useValue('now', undefined)?.link.online
  const { alert: text, now } = words()
  const { failure, channel, exercise } = alert
  const waits = online === false ? now.unsent() : null
  const why = failure === '' ? waits : problemText(failure)
  return (
    <div class="column">
      <Head title={exercise ? text.exercise() : text.title()} back="/" />
      <blockquote>{alert.text}</blockquote>
      {why !== null && (
        <Trouble>
          {why} <a href={`/channels/${channel}`}>{now.unsentLook()}</a>
        </Trouble>
      )}
    </div>
  )
}

type Step = 'correction' | 'allClear' | 'cancel'

/** Correction, all-clear and cancel reach everybody who was alerted. */
function Direct({ alert }: { alert: Details }) {
  const [step, setStep] = useState<Step | null>(null)
  const { alert: text } = words()
  if (alert.state !== 'open') return null
  return (
    <div class="actions">
      {(['allClear', 'correction', 'cancel'] as const).map((one) => (
        <button key={one} type="button" class="button" onClick={() => setStep(one)}>
          {text.steps[one].name()}
        </button>
      ))}
      {step !== null && <StepForm alert={alert} step={step} close={() => setStep(null)} />}
    </div>
  )
}

function StepForm({ alert, step, close }: { alert: Details; step: Step; close: () => void }) {
  const [said, setSaid] = useState('')
  const { alert: text } = words()
  const { title, hint, yes } = text.steps[step]
  const act = (): Promise<void> =>
    call('mark', { channel: alert.channel, target: alert.id, mark: step, text: said.trim() })
  return (
    <Confirm
      title={title()}
      yes={yes()}
      danger={step === 'cancel'}
      disabled={step === 'correction' && said.trim() === ''}
      act={act}
      close={close}
    >
      <label class="field">
        <span>{hint()}</span>
        <textarea
          rows={3}
          autocomplete="off"
          value={said}
          onInput={(event) => setSaid(event.currentTarget.value)}
        />
      </label>
    </Confirm>
  )
}
