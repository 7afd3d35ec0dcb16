// The device is locked: nothing is decrypted until somebody opens it.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { View } from '../../device/wire.ts'
import { Confirm } from '../components/confirm.tsx'
import { Act, useAct } from '../components/act.tsx'
import { Problem, Trouble } from '../components/problem.tsx'
import { Title } from '../components/screen.tsx'
import { call, type Refused } from '../link.ts'
import { askPasskey } from '../passkey.ts'
import { whenPushed } from '../push.ts'
import { wipe } from '../wipe.ts'
import { time, words } from '../words.ts'

type Lock = View<'stage'>['lock']

export function Locked({ lock }: { lock: Lock }) {
  const [forgotten, setForgotten] = useState(false)
  const { lock: text } = words()
  return (
    <main class="start">
      <header class="start-head">
        <img src="/icon.svg" alt="" width="56" height="56" />
        <Title>{text.title()}</Title>
      </header>
      <Came />
      {lock.kind === 'passkey' ? <ByPasskey lock={lock} /> : <ByPassphrase />}
      <div class="actions">
        <button type="button" class="button quiet" onClick={() => setForgotten(true)}>
          {text.cannot()}
        </button>
      </div>
      {forgotten && (
        <Confirm
          title={text.clearAsk()}
          yes={text.clearYes()}
          danger
          act={() => wipe()}
          close={() => setForgotten(false)}
        >
          <p>{text.clearWhat()}</p>
        </Confirm>
      )}
    </main>
  )
}

/** A push has come. What it is about nobody can say before somebody opens the device. */
function Came() {
  const [at, setAt] = useState<number | null>(null)
  useEffect(() => whenPushed(() => setAt(Date.now())), [])
  return (
    <p class={at === null ? 'unseen' : 'warning'} role="alert">
      {at !== null && words().lock.came({ time: time(at) })}
    </p>
  )
}

function ByPasskey({ lock }: { lock: Extract<Lock, { kind: 'passkey' }> }) {
  const { lock: text } = words()
  const open = async (): Promise<void> =>
    call('unlock', { prf: await askPasskey(lock.credential, lock.salt) })
  return (
    <Act kind="main" act={open}>
      {text.openPasskey()}
    </Act>
  )
}

function ByPassphrase() {
  const [passphrase, setPassphrase] = useState('')
  const field = useRef<HTMLInputElement>(null)
  const { busy, refused, run } = useAct(() => call('unlock', { passphrase }))
  const { lock: text } = words()
  useEffect(() => {
    if (refused === null) return
    setPassphrase('')
    field.current?.focus()
  }, [refused])
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault()
        if (passphrase !== '' && !busy) run()
      }}
    >
      <label class="field">
        <span>{text.passphrase()}</span>
        <input
          ref={field}
          type="password"
          autocomplete="current-password"
          value={passphrase}
          onInput={(event) => setPassphrase(event.currentTarget.value)}
        />
      </label>
      <button
        type="submit"
        class="button main large"
        disabled={passphrase === ''}
        aria-disabled={busy}
      >
        {busy ? text.opening() : text.open()}
      </button>
      {refused !== null && <Wrong refused={refused} />}
    </form>
  )
}

function Wrong({ refused }: { refused: Refused }) {
  const { lock: text } = words()
  if (refused.code === 'rate_limited')
    return <Trouble>{text.pause({ seconds: Number(refused.detail) })}</Trouble>
  if (refused.code !== 'cannot_open') return <Problem code={refused.code} />
  return <Trouble>{text.wrong({ left: Number(refused.detail) })}</Trouble>
}
