// The box knows less than it did, as after a backup was brought back: an administrator says that this is so, and a second
// one signs it. Until then nothing goes out.
import { useState } from 'preact/hooks'
import { call } from '../link.ts'
import { seldomWords } from '../words.ts'
import { Confirm } from './confirm.tsx'
import { Proposal } from './proposal.tsx'

export function Restored() {
  const [asking, setAsking] = useState(false)
  const [proposal, setProposal] = useState<string | null>(null)
  const { restored: text } = seldomWords()
  const say = async (): Promise<void> => setProposal(await call('sayRestored', undefined))
  return (
    <section class="attention" aria-labelledby="restored-title">
      <h2 id="restored-title">{text.title()}</h2>
      <p>{text.what()}</p>
      {proposal === null ? (
        <div class="actions">
          <button type="button" class="button" onClick={() => setAsking(true)}>
            {text.say()}
          </button>
        </div>
      ) : (
        <Proposal text={proposal} />
      )}
      {asking && (
        <Confirm
          title={text.ask()}
          yes={text.yes()}
          danger
          act={say}
          close={() => setAsking(false)}
        >
          <p>{text.first()}</p>
          <p>{text.lost()}</p>
        </Confirm>
      )}
    </section>
  )
}
