// What guards this device when somebody else holds it.
import { useEffect, useState } from 'preact/hooks'
import type { CallArgs } from '../../device/wire.ts'
import { call } from '../link.ts'
import { makePasskey, mayHavePasskey } from '../passkey.ts'
import { words } from '../words.ts'
import { Act } from './act.tsx'

type Kind = 'passkey' | 'passphrase' | 'none'
type Props = {
  name: string
  /** The one in force; null while nobody has chosen. */
  present: Kind | null
  done: () => Promise<unknown>
}

/** Short ones are guessed by whoever copies the disk: https://pages.nist.gov/800-63-4/sp800-63b.html, 3.1.1.2. */
const SHORTEST = 8

export function LockChoice({ name, present, done }: Props) {
  const able = usePasskeys()
  const [kind, setKind] = useState<Kind | null>(present)
  const { lock: text } = words()
  const kinds: Kind[] = able ? ['passkey', 'passphrase', 'none'] : ['passphrase', 'none']
  return (
    <>
      <fieldset class="options">
        <legend>{text.legend()}</legend>
        {kinds.map((one) => (
          <label key={one} class="option">
            <input type="radio" name="lock" checked={kind === one} onChange={() => setKind(one)} />
            <span>
              <strong>{text.kinds[one].name()}</strong>{' '}
              <span class="note">{text.kinds[one].note()}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {kind === 'passphrase' && <Passphrase done={done} />}
      {kind === 'passkey' && (
        <Act kind="main" act={() => guardByPasskey(name, done)}>
          {text.makePasskey()}
        </Act>
      )}
      {kind === 'none' && (
        <Act kind="main" act={() => guard({ kind: 'none' }, done)}>
          {text.without()}
        </Act>
      )}
    </>
  )
}

function usePasskeys(): boolean {
  const [able, setAble] = useState(false)
  useEffect(() => void mayHavePasskey().then(setAble), [])
  return able
}

async function guardByPasskey(name: string, done: Props['done']): Promise<void> {
  await guard({ kind: 'passkey', ...(await makePasskey(name)) }, done)
}

async function guard(lock: CallArgs<'setLock'>, done: Props['done']): Promise<void> {
  await call('setLock', lock)
  await done()
}

function Passphrase({ done }: { done: Props['done'] }) {
  const [first, setFirst] = useState('')
  const [again, setAgain] = useState('')
  const { lock: text } = words()
  const long = first.trim().length >= SHORTEST
  return (
    <div class="stack">
      {[
        { label: text.passphrase(), value: first, change: setFirst },
        { label: text.again(), value: again, change: setAgain },
      ].map(({ label, value, change }) => (
        <label key={label} class="field">
          <span>{label}</span>
          <input
            type="password"
            autocomplete="new-password"
            value={value}
            onInput={(event) => change(event.currentTarget.value)}
          />
        </label>
      ))}
      <p class="note" role="status">
        {!long && text.longer({ count: SHORTEST })}
        {long && (first === again || again === '' ? text.forgotten() : text.differ())}
      </p>
      <Act
        kind="main"
        disabled={!long || first !== again}
        act={() => guard({ kind: 'passphrase', passphrase: first }, done)}
      >
        {text.set()}
      </Act>
    </div>
  )
}
