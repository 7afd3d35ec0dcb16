// One alert: my answer, and for those who lead it the roll call, corrections and the end.
import { useState } from 'preact/hooks'
import { useRoute } from 'preact-iso'
import type { View } from '../../device/wire.ts'
import { AlertSummary } from '../components/alert-summary.tsx'
import { Confirm } from '../components/confirm.tsx'
import { Trouble } from '../components/problem.tsx'
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
  if (alert === null) return <NotHere />
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

/** Whoever has just raised one without the box is here, too: it waits on this device. */
function NotHere() {
  const [channel] = useValue('now', undefined)?.unsent ?? []
  const { alert: text, now } = words()
  if (channel === undefined) return <Head title={text.gone()} back="/" />
  return (
    <div class="column">
      <Head title={text.title()} back="/" />
      <Trouble>
        {now.unsent()} <a href={`/channels/${channel}`}>{now.unsentLook()}</a>
      </Trouble>
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
