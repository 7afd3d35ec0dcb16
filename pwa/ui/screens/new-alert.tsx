// Raising an alert: to whom, LIVE or EXERCISE, which words. Two taps and a sentence.
import { signal } from '@preact/signals'
import { useRef, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { View } from '../../device/wire.ts'
import { Act } from '../components/act.tsx'
import { Confirm } from '../components/confirm.tsx'
import { Icon } from '../components/icon.tsx'
import { Head } from '../components/screen.tsx'
import { call, newId, useValue } from '../link.ts'
import { words } from '../words.ts'

type Audience = View<'now'>['audiences'][number]

/** What is half written stands there again, in this window: somebody may have to look something up first. */
const written = signal({ exercise: false, message: '', answers: '' })
const write = (more: Partial<typeof written.value>): void => {
  written.value = { ...written.value, ...more }
}

export function NewAlert() {
  const now = useValue('now', undefined)
  const { newAlert: text } = words()
  if (now === undefined) return <Head title={text.title()} back="/" />
  return (
    <div class="column">
      <Head title={text.title()} back="/" />
      {!now.mayAlert && <p>{text.mayNot()}</p>}
      {now.mayAlert && now.audiences.length === 0 && <NoAudience />}
      {now.audiences.length > 0 && <Form audiences={now.audiences} />}
    </div>
  )
}

/** Alerts need an audience, which holds the keys of everybody in it: made in peace, in one tap. */
function NoAudience() {
  const { newAlert: text } = words()
  return (
    <>
      <p>{text.prepare()}</p>
      <Act kind="main" act={() => call('openAudienceOfAll', { title: text.everyone() })}>
        {text.prepareYes()}
      </Act>
    </>
  )
}

function Form({ audiences }: { audiences: Audience[] }) {
  const [to, setTo] = useState(audiences[0]?.id ?? '')
  const { exercise, message, answers } = written.value
  const [asking, setAsking] = useState(false)
  const { newAlert: text } = words()
  const audience = audiences.find(({ id }) => id === to) ?? audiences[0]
  if (audience === undefined) return null
  return (
    <form
      class={exercise ? 'alert-form exercise' : 'alert-form'}
      onSubmit={(event) => {
        event.preventDefault()
        if (message.trim() !== '') setAsking(true)
      }}
    >
      <Kind exercise={exercise} choose={(one) => write({ exercise: one })} />
      <Audiences audiences={audiences} chosen={audience.id} choose={setTo} />
      <label class="field">
        <span>{text.message()}</span>
        <textarea
          rows={4}
          autocomplete="off"
          value={message}
          placeholder={text.messageHint()}
          onInput={(event) => write({ message: event.currentTarget.value })}
        />
      </label>
      <Answers answers={answers} change={(all) => write({ answers: all })} />
      <button
        type="submit"
        class={exercise ? 'button exercise large' : 'button alarm large'}
        disabled={message.trim() === ''}
      >
        <Icon name={exercise ? 'exercise' : 'siren'} />
        {exercise
          ? text.sendExercise({ count: audience.reached })
          : text.send({ count: audience.reached })}
      </button>
      {asking && (
        <Ask
          draft={{ audience, exercise, message: message.trim(), answers }}
          close={() => setAsking(false)}
        />
      )}
    </form>
  )
}

function Kind({ exercise, choose }: { exercise: boolean; choose: (exercise: boolean) => void }) {
  const { newAlert: text, alert } = words()
  return (
    <fieldset class="segments">
      <legend>{text.kind()}</legend>
      {[false, true].map((one) => (
        <label key={String(one)} class={one ? 'segment exercise' : 'segment live'}>
          <input type="radio" name="kind" checked={exercise === one} onChange={() => choose(one)} />
          <span>{one ? alert.exercise() : alert.live()}</span>
        </label>
      ))}
    </fieldset>
  )
}

type AudiencesProps = { audiences: Audience[]; chosen: string; choose: (id: string) => void }

function Audiences({ audiences, chosen, choose }: AudiencesProps) {
  const { newAlert: text } = words()
  return (
    <fieldset class="options">
      <legend>{text.to()}</legend>
      {audiences.map(({ id, title, members, reached, away }) => (
        <label key={id} class="option">
          <input type="radio" name="audience" checked={chosen === id} onChange={() => choose(id)} />
          <span>
            <strong>{title}</strong>{' '}
            <span class="note">
              {text.reaches({ reached, members })}
              {away > 0 && `, ${words().away.ofThem({ count: away })}`}
            </span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}

function Answers({ answers, change }: { answers: string; change: (answers: string) => void }) {
  const { newAlert: text, answers: usual } = words()
  const shown = [usual.safe(), usual.needHelp(), usual.onMyWay()].join(', ')
  return (
    <label class="field">
      <span>{text.answers()}</span>
      <input
        autocomplete="off"
        value={answers}
        placeholder={shown}
        onInput={(event) => change(event.currentTarget.value)}
      />
      <span class="note">{text.answersHint()}</span>
    </label>
  )
}

type Draft = { audience: Audience; exercise: boolean; message: string; answers: string }

function Ask({ draft, close }: { draft: Draft; close: () => void }) {
  const { route } = useLocation()
  const { newAlert: text } = words()
  const { audience, exercise, message } = draft
  const offline = useValue('now', undefined)?.link.online === false
  // Of this question: asked again after a refusal, it is still the same alert.
  const id = useRef(newId())
  const raise = async (): Promise<void> => {
    const answers = draft.answers.split(',').map((one) => one.trim())
    await call('raise', {
      audience: audience.id,
      id: id.current,
      text: message,
      exercise,
      severity: 3,
      answers: [...new Set(answers)].filter((one) => one !== ''),
    })
    written.value = { exercise: false, message: '', answers: '' }
    route(`/alerts/${id.current}`)
  }
  return (
    <Confirm
      title={exercise ? text.askExercise() : text.ask()}
      yes={exercise ? text.yesExercise() : text.yes()}
      danger={!exercise}
      act={raise}
      close={close}
    >
      <p>
        {text.askWhat({ title: audience.title, count: audience.reached })}
        {audience.away > 0 && `, ${words().away.ofThem({ count: audience.away })}`}
      </p>
      <blockquote>{message}</blockquote>
      {offline && <p class="warning">{text.offline()}</p>}
    </Confirm>
  )
}
