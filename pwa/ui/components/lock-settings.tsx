// The lock in the settings: which one, when it closes, and closing it now.
import { useState } from 'preact/hooks'
import { AUTO_LOCK_MINUTES, autoLock, setAutoLock } from '../auto-lock.ts'
import { call, useValue } from '../link.ts'
import { words } from '../words.ts'
import { Act } from './act.tsx'
import { LockChoice } from './lock-choice.tsx'

export function LockSettings() {
  const [changing, setChanging] = useState(false)
  const stage = useValue('stage', undefined)
  const { lock: text } = words()
  if (stage === undefined || stage.me === null) return null
  const { kind } = stage.lock
  const done = (): Promise<void> => {
    setChanging(false)
    return Promise.resolve()
  }
  return (
    <section aria-labelledby="lock-title">
      <h2 id="lock-title">{text.heading()}</h2>
      <p>{text.kinds[kind].name()}</p>
      {changing ? (
        <LockChoice name={`${stage.me.name} · ${stage.org}`} present={kind} done={done} />
      ) : (
        <div class="actions">
          <button type="button" class="button" onClick={() => setChanging(true)}>
            {text.change()}
          </button>
          {kind !== 'none' && <Act act={() => call('lockNow', undefined)}>{text.now()}</Act>}
        </div>
      )}
      {kind !== 'none' && <Minutes />}
    </section>
  )
}

function Minutes() {
  const { lock: text } = words()
  return (
    <fieldset class="choice-row">
      <legend>{text.after()}</legend>
      {AUTO_LOCK_MINUTES.map((minutes) => (
        <label key={minutes} class="chip">
          <input
            type="radio"
            name="auto-lock"
            checked={autoLock.value === minutes}
            onChange={() => setAutoLock(minutes)}
          />
          <span>{text.minutes({ count: minutes })}</span>
        </label>
      ))}
    </fieldset>
  )
}
