// The second signature under what another administrator has proposed: read first, then signed.
import { useEffect, useState } from 'preact/hooks'
import type { CallResult } from '../../device/wire.ts'
import { call } from '../link.ts'
import { words } from '../words.ts'
import { Act } from './act.tsx'
import { Trouble } from './problem.tsx'

type Acts = CallResult<'readProposal'>

export function Cosign() {
  const [proposal, setProposal] = useState('')
  const [signed, setSigned] = useState(false)
  const acts = useActs(proposal)
  const { proposal: text } = words()
  const sign = async (): Promise<void> => {
    await call('cosign', { proposal })
    setProposal('')
    setSigned(true)
  }
  return (
    <section aria-labelledby="cosign-title">
      <h2 id="cosign-title">{text.title()}</h2>
      <p class="note">{text.asks()}</p>
      <label class="field">
        <span>{text.paste()}</span>
        <textarea
          class="code"
          autocomplete="off"
          rows={3}
          value={proposal}
          onInput={(event) => {
            setSigned(false)
            setProposal(event.currentTarget.value)
          }}
        />
      </label>
      {acts === 'unreadable' && <Trouble>{text.unreadable()}</Trouble>}
      {Array.isArray(acts) && (
        <>
          <p>{text.says()}</p>
          <ul class="names">
            {acts.map((one, i) => (
              <li key={i}>{sentenceOf(one)}</li>
            ))}
          </ul>
        </>
      )}
      {signed && <p role="status">{text.signed()}</p>}
      <div class="actions">
        <Act disabled={!Array.isArray(acts)} act={sign}>
          {text.sign()}
        </Act>
      </div>
    </section>
  )
}

/** What a text would do; null while there is none, or it is being read. */
function useActs(proposal: string): Acts | 'unreadable' | null {
  const [acts, setActs] = useState<Acts | 'unreadable' | null>(null)
  useEffect(() => {
    let wanted = true
    const tell = (what: Acts | 'unreadable'): void => {
      if (wanted) setActs(what)
    }
    setActs(null)
    if (proposal.trim() !== '')
      call('readProposal', { proposal }).then(tell, () => tell('unreadable'))
    return () => {
      wanted = false
    }
  }, [proposal])
  return acts
}

function sentenceOf(one: Acts[number]): string {
  const { proposal: text, people } = words()
  const { by, name } = one
  switch (one.act) {
    case 'person': {
      const role = people.roles[one.role]()
      return one.fresh ? text.fresh({ by, name, role }) : text.person({ by, name, role })
    }
    case 'revoke':
      return text.revoke[one.what]({ by, name })
    default:
      return text[one.act]({ by, name })
  }
}
