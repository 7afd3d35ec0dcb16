// The second signature under what another administrator has proposed.
import { useState } from 'preact/hooks'
import { call } from '../link.ts'
import { words } from '../words.ts'
import { Act } from './act.tsx'

export function Cosign() {
  const [proposal, setProposal] = useState('')
  const { proposal: text } = words()
  const sign = async (): Promise<void> => {
    await call('cosign', { proposal })
    setProposal('')
  }
  return (
    <section aria-labelledby="cosign-title">
      <h2 id="cosign-title">{text.title()}</h2>
      <label class="field">
        <span>{text.paste()}</span>
        <textarea
          class="code"
          autocomplete="off"
          rows={3}
          value={proposal}
          onInput={(event) => setProposal(event.currentTarget.value)}
        />
      </label>
      <div class="actions">
        <Act disabled={proposal.trim() === ''} act={sign}>
          {text.sign()}
        </Act>
      </div>
    </section>
  )
}
