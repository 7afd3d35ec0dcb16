// What concerns this device and how it looks.
import { useState } from 'preact/hooks'
import { Confirm } from '../components/confirm.tsx'
import { Cosign } from '../components/cosign.tsx'
import { LanguageChoice } from '../components/language-choice.tsx'
import { LockSettings } from '../components/lock-settings.tsx'
import { Restored } from '../components/restored.tsx'
import { Practice } from '../components/practice.tsx'
import { PushSettings } from '../components/push-settings.tsx'
import { Head } from '../components/screen.tsx'
import { ThemeChoice } from '../components/theme-choice.tsx'
import { useValue } from '../link.ts'
import { wipe } from '../wipe.ts'
import { words } from '../words.ts'

export function SettingsScreen() {
  const stage = useValue('stage', undefined)
  const me = stage?.me
  const { settings: text } = words()
  const push = useValue('push', undefined)
  // All at once: what comes later would push down what somebody is about to touch.
  if (stage === undefined || push === undefined) return <Head title={text.title()} />
  const administers = me?.role === 'owner' || me?.role === 'admin'
  return (
    <div class="column">
      <Head title={text.title()} />
      {administers && stage.turnedBack && <Restored />}
      <section aria-labelledby="device-title">
        <h2 id="device-title">{text.device()}</h2>
        <dl class="facts">
          <dt>{text.organisation()}</dt>
          <dd>{stage.org}</dd>
          <dt>{text.you()}</dt>
          <dd>{me?.name}</dd>
          <dt>{text.key()}</dt>
          <dd class="device-id">{me?.device}</dd>
        </dl>
        <p>
          <a href="/settings/device">{text.deviceMore()}</a>
        </p>
      </section>
      <PushSettings />
      <p>
        <a href="/settings/night">{text.night()}</a>
      </p>
      <Practice />
      <LockSettings />
      <LanguageChoice />
      <ThemeChoice />
      {administers && <Cosign />}
      <Wipe />
      <p>
        <a href="/about">{text.about()}</a>
      </p>
    </div>
  )
}

function Wipe() {
  const [asking, setAsking] = useState(false)
  const { settings: text } = words()
  return (
    <section aria-labelledby="wipe-title">
      <h2 id="wipe-title">{text.wipeTitle()}</h2>
      <p class="note">{text.wipeNote()}</p>
      <div class="actions">
        <button type="button" class="button danger" onClick={() => setAsking(true)}>
          {text.wipe()}
        </button>
      </div>
      {asking && (
        <Confirm
          title={text.wipeAsk()}
          yes={text.wipeYes()}
          danger
          act={() => wipe().then(() => location.assign('/'))}
          close={() => setAsking(false)}
        >
          <p>{text.wipeWhat()}</p>
        </Confirm>
      )}
    </section>
  )
}
