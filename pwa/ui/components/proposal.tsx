// What a second administrator has to sign before it counts.
import { useState } from 'preact/hooks'
import { words } from '../words.ts'
import { LeaveGuard } from './leave-guard.tsx'

export function Proposal({ text }: { text: string }) {
  const [copied, setCopied] = useState(false)
  const { proposal } = words()
  const copy = (): void => void navigator.clipboard.writeText(text).then(() => setCopied(true))
  return (
    <>
      <section class="attention" role="status">
        <p>{proposal.waits()}</p>
        <textarea
          class="code"
          readOnly
          rows={4}
          value={text}
          aria-label={proposal.text()}
          // By hand, where the browser does not let it be copied by a button.
          onCopy={() => setCopied(true)}
        />
        <div class="actions">
          <button type="button" class="button" onClick={copy}>
            {proposal.copy()}
          </button>
        </div>
      </section>
      {!copied && (
        <LeaveGuard
          title={proposal.leaveAsk()}
          what={proposal.leaveWhat()}
          yes={proposal.leaveYes()}
        />
      )}
    </>
  )
}
