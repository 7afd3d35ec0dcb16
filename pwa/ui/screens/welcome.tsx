// The first steps: what this does on a private phone, and whether alerts reach it.
import { useState } from 'preact/hooks'
import { Act } from '../components/act.tsx'
import { Reachable } from '../components/push-settings.tsx'
import { Title } from '../components/screen.tsx'
import { call, useValue } from '../link.ts'
import { standing } from '../push.ts'
import { seldomWords, words } from '../words.ts'

export function Welcome({ org }: { org: string }) {
  const [read, setRead] = useState(false)
  return (
    <main class="start">{read ? <Reach /> : <Privacy org={org} next={() => setRead(true)} />}</main>
  )
}

function Privacy({ org, next }: { org: string; next: () => void }) {
  const { common } = words()
  const { welcome } = seldomWords()
  const does = [welcome.does1(), welcome.does2(), welcome.does3()]
  const never = [welcome.never1(), welcome.never2(), welcome.never3()]
  return (
    <>
      <Title>{welcome.title()}</Title>
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

/** Wherever the address led before somebody joined, they begin at the first screen. */
function begin(): Promise<void> {
  history.replaceState(null, '', '/')
  return call('welcomed', undefined)
}

/** Only a push that has arrived says that alerts reach this device. */
function Reach() {
  const { push } = words()
  const proven = useValue('push', undefined)?.proven ?? null
  const reached = proven !== null && standing.value === 'on'
  return (
    <>
      <Title>{push.choose()}</Title>
      <Reachable />
      <div class="actions">
        <Act kind={reached ? 'main' : 'quiet'} act={begin}>
          {reached ? push.done() : push.later()}
        </Act>
      </div>
    </>
  )
}
