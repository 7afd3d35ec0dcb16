// The first steps: what this does on a private phone, and what guards it.
import { useState } from 'preact/hooks'
import { LockChoice } from '../components/lock-choice.tsx'
import { call } from '../link.ts'
import { words } from '../words.ts'

type Props = { org: string; name: string }

export function Welcome({ org, name }: Props) {
  const [step, setStep] = useState<'privacy' | 'lock'>('privacy')
  return (
    <main class="start">
      {step === 'privacy' ? (
        <Privacy org={org} next={() => setStep('lock')} />
      ) : (
        <ChooseLock org={org} name={name} />
      )}
    </main>
  )
}

function Privacy({ org, next }: { org: string; next: () => void }) {
  const { welcome, common } = words()
  const does = [welcome.does1(), welcome.does2(), welcome.does3()]
  const never = [welcome.never1(), welcome.never2(), welcome.never3()]
  return (
    <>
      <h1>{welcome.title()}</h1>
      <p>{welcome.lead({ org })}</p>
      <h2>{welcome.does()}</h2>
      <ul>
        {does.map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
      <h2>{welcome.never()}</h2>
      <ul>
        {never.map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
      <p>{welcome.leave()}</p>
      <div class="actions">
        <button type="button" class="button main" onClick={next}>
          {common.next()}
        </button>
      </div>
    </>
  )
}

function ChooseLock({ org, name }: Props) {
  const { lock } = words()
  return (
    <>
      <h1>{lock.choose()}</h1>
      <p>{lock.why()}</p>
      <LockChoice
        name={`${name} · ${org}`}
        present={null}
        done={() => call('welcomed', undefined)}
      />
    </>
  )
}
