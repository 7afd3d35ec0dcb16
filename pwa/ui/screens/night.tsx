// Will it ring at night? What has to be set on this kind of device, step by step, and what nobody can promise.
import { signal } from '@preact/signals'
import { Head } from '../components/screen.tsx'
import { Icon } from '../components/icon.tsx'
import { useValue } from '../link.ts'
import { isInstalled, platform } from '../platform.ts'
import { standing } from '../push.ts'
import { seldomWords, words } from '../words.ts'

const CHOICE = 'night'
const STEPS = {
  iphone: ['allowed', 'sounds', 'silentSwitch', 'focus', 'charger'],
  android: ['allowed', 'category', 'doNotDisturb', 'battery', 'charger'],
  desktop: ['allowed', 'running', 'quiet', 'sleep', 'phone'],
} as const
const PLATFORMS = ['iphone', 'android', 'desktop'] as const
type Platform = (typeof PLATFORMS)[number]

const shown = signal<Platform>(platform())
/** By platform and step. */
const done = signal<readonly string[]>(remembered())

function remembered(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(CHOICE) ?? '[]')
    return Array.isArray(kept) ? kept.filter((one) => typeof one === 'string') : []
  } catch {
    return []
  }
}

function tick(step: string, on: boolean): void {
  const rest = done.value.filter((one) => one !== step)
  done.value = on ? [...rest, step] : rest
  localStorage.setItem(CHOICE, JSON.stringify(done.value))
}

export function NightScreen() {
  const { install } = words()
  const { night: text } = seldomWords()
  return (
    <div class="column">
      <Head title={text.title()} back="/settings" />
      <p>{text.lead()}</p>
      <Proven />
      <fieldset class="choice-row">
        <legend>{text.which()}</legend>
        {PLATFORMS.map((one) => (
          <label key={one} class="chip">
            <input
              type="radio"
              name="platform"
              checked={shown.value === one}
              onChange={() => (shown.value = one)}
            />
            <span>{install[one].name()}</span>
          </label>
        ))}
      </fieldset>
      <Steps of={shown.value} />
    </div>
  )
}

/** What the app can find out by itself. */
function Proven() {
  const proven = useValue('push', undefined)?.proven ?? null
  const { night: text } = seldomWords()
  const reached = proven !== null && standing.value === 'on'
  const facts = [
    [isInstalled(), text.installed(), text.notInstalled()],
    [reached, text.proven(), text.notProven()],
  ] as const
  return (
    <ul class="names">
      {facts.map(([holds, yes, no]) => (
        <li key={yes} class={holds ? 'good' : ''}>
          <Icon name={holds ? 'check' : 'warning'} />
          {holds ? yes : no}
        </li>
      ))}
    </ul>
  )
}

function Steps({ of }: { of: Platform }) {
  const { night: text } = seldomWords()
  const steps = STEPS[of]
  const ticked = steps.filter((step) => done.value.includes(`${of}/${step}`))
  const said: Record<string, () => string> = text[of]
  return (
    <>
      <section aria-labelledby="steps-title">
        <h2 id="steps-title">{text.steps({ done: ticked.length, of: steps.length })}</h2>
        {steps.map((step) => (
          <label key={step} class="option">
            <input
              type="checkbox"
              checked={ticked.includes(step)}
              onChange={(event) => tick(`${of}/${step}`, event.currentTarget.checked)}
            />
            <span>{said[step]?.()}</span>
          </label>
        ))}
      </section>
      <section class="attention" aria-labelledby="limits-title">
        <h2 id="limits-title">{text.limits()}</h2>
        <p>{said['limit']?.()}</p>
        <p>{text.anyway()}</p>
      </section>
    </>
  )
}
