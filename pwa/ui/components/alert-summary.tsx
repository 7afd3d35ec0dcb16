// An alert as it asks for an answer: one tap each.
import type { View } from '../../device/wire.ts'
import { call } from '../link.ts'
import { moment, words } from '../words.ts'
import { Icon } from './icon.tsx'
import { Problem } from './problem.tsx'
import { useAct } from './act.tsx'

export type AlertCard = View<'now'>['alerts'][number]

type SummaryProps = {
  alert: AlertCard
  /** On its own screen. */
  whole?: boolean
  /** It has stood there long enough to be answered on purpose. */
  steady?: boolean
  /** What an answer does instead of going to those who coordinate. */
  practice?: () => Promise<void>
}

export function AlertSummary({ alert, whole = false, steady = true, practice }: SummaryProps) {
  const { alert: text } = words()
  return (
    <article class={alert.exercise ? 'alert-card exercise' : 'alert-card live'}>
      <p class="alert-kind">
        <Icon name={alert.exercise ? 'exercise' : 'siren'} />
        <strong>{alert.exercise ? text.exercise() : text.live()}</strong>
        <span>{text.states[alert.state]()}</span>
      </p>
      <Text alert={alert} />
      {alert.end !== null && <Ended alert={alert} end={alert.end} />}
      <p class="note">
        {text.from({ name: alert.from.name, audience: alert.audience, time: moment(alert.at) })}
      </p>
      {alert.state === 'open' && (
        <Answer alert={alert} steady={steady} {...(practice && { practice })} />
      )}
      {!whole && (
        <a class="button quiet" href={`/alerts/${alert.id}`}>
          {text.open()}
        </a>
      )}
    </article>
  )
}

/** What holds now: the last correction, where there is one. */
export const said = ({ text, corrections }: AlertCard): string => corrections.at(-1)?.text ?? text

/** What holds now stands in front, large; what was said before it stays to be read, and is marked as past. */
function Text({ alert }: { alert: AlertCard }) {
  const { alert: text } = words()
  const last = alert.corrections.at(-1)
  const before = [alert.text, ...alert.corrections.map((one) => one.text)].slice(0, -1)
  if (last === undefined) return <p class="alert-text">{alert.text}</p>
  return (
    <>
      <p class="alert-correction">{text.correction({ time: moment(last.at) })}</p>
      <p class="alert-text">{last.text}</p>
      {before.map((one, i) => (
        <p key={i} class="note">
          {text.before()} <del>{one}</del>
        </p>
      ))}
    </>
  )
}

function Ended({ alert, end }: { alert: AlertCard; end: NonNullable<AlertCard['end']> }) {
  const { alert: text } = words()
  const what = alert.state === 'cancelled' ? text.cancelledBy : text.allClearBy
  return (
    <p class="alert-end">
      <strong>{what({ name: end.by.name, time: moment(end.at) })}</strong> {end.text}
    </p>
  )
}

export function answerName(answer: string): string {
  const { answers } = words()
  if (answer === 'safe') return answers.safe()
  if (answer === 'need help') return answers.needHelp()
  return answer === 'on my way' ? answers.onMyWay() : answer
}

type AnswerProps = Pick<SummaryProps, 'alert' | 'practice'> & { steady: boolean }

function Answer({ alert, steady, practice }: AnswerProps) {
  const { alert: text } = words()
  const { busy, refused, run } = useAct(
    (choice: string) => practice?.() ?? call('answer', { alert: alert.id, choice, etaMinutes: 0 }),
  )
  const mine = alert.mine?.text ?? null
  return (
    <div class="answers" role="group" aria-label={text.yourAnswer()}>
      {alert.answers.map((one) => (
        <button
          key={one}
          type="button"
          class="answer"
          aria-pressed={mine === one}
          disabled={!steady}
          aria-disabled={busy}
          onClick={() => run(one)}
        >
          {mine === one && <Icon name="check" />}
          {answerName(one)}
        </button>
      ))}
      {alert.mine !== null && alert.mine.failure !== '' && <Problem code={alert.mine.failure} />}
      {alert.mine !== null && alert.mine.failure === '' && (
        <p class="note" role="status">
          {alert.mine.waits ? text.answerWaits() : text.answered()}
        </p>
      )}
      {refused !== null && <Problem code={refused.code} detail={refused.detail} />}
    </div>
  )
}
