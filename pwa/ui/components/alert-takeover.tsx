// An alert that nobody has answered here yet takes the whole screen, and sounds.
import { useEffect, useRef, useState } from 'preact/hooks'
import { TAG } from '../../sw/signals.ts'
import { useValue } from '../link.ts'
import { standing } from '../push.ts'
import { startSiren } from '../siren.ts'
import { words } from '../words.ts'
import { type AlertCard, AlertSummary } from './alert-summary.tsx'
import { Icon } from './icon.tsx'
import { useOpen } from './open-dialog.ts'

/** A finger that has just answered another alert must not answer this one, too. Milliseconds. */
const STEADY_AFTER = 700

/** Behind another window nobody sees it, and no push comes to an app that is open. */
function knock(): void {
  if (document.visibilityState === 'visible' || standing.value !== 'on') return
  const options = { body: words().push.knock(), tag: TAG, renotify: true }
  void navigator.serviceWorker.ready
    .then((registration) => registration.showNotification('Holdfast', options))
    .catch(() => {})
}

/** Alerts that this tab has put aside, as they were then; they stay on the first screen. */
const aside = new Set<string>()
/** Whoever puts one aside puts aside what it says: corrected, it asks anew. */
const asSaid = ({ id, corrections }: AlertCard): string => `${id}/${corrections.length}`

export function AlertTakeover() {
  const alerts = useValue('now', undefined)?.alerts ?? []
  const [, again] = useState(0)
  const alert = alerts.find((one) => one.asks && !aside.has(asSaid(one)))
  if (alert === undefined) return null
  const later = (): void => {
    aside.add(asSaid(alert))
    again((count) => count + 1)
  }
  return <Takeover key={asSaid(alert)} alert={alert} later={later} />
}

type Props = {
  alert: AlertCard
  later: () => void
  /** It is for this person alone: what an answer does instead. */
  practice?: () => Promise<void>
}

export function Takeover({ alert, later, practice }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [sounding, setSounding] = useState(true)
  const [steady, setSteady] = useState(false)
  const { alert: text } = words()
  // A question that stands open must not hide it: the newest dialog lies on top.
  useOpen(dialog, later)
  useEffect(() => {
    const timer = setTimeout(() => setSteady(true), STEADY_AFTER)
    if (practice === undefined) knock()
    return () => clearTimeout(timer)
  }, [])
  useEffect(() => (sounding ? startSiren(alert.exercise) : undefined), [sounding])
  return (
    <dialog
      ref={dialog}
      class={alert.exercise ? 'takeover exercise' : 'takeover live'}
      aria-label={alert.exercise ? text.exercise() : text.live()}
    >
      {/* Takes the focus: whoever is typing must not answer with the next key. */}
      <div class="takeover-text" tabIndex={-1} autofocus>
        {practice !== undefined && <p class="practice-label">{words().practice.label()}</p>}
        <AlertSummary alert={alert} whole steady={steady} {...(practice && { practice })} />
      </div>
      <div class="actions">
        {sounding && (
          <button type="button" class="button" onClick={() => setSounding(false)}>
            <Icon name="silence" />
            {text.silence()}
          </button>
        )}
        <button type="button" class="button" onClick={later}>
          {text.later()}
        </button>
      </div>
    </dialog>
  )
}
