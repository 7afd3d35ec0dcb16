// What a second administrator has to sign before it counts.
import { words } from '../words.ts'

export function Proposal({ text }: { text: string }) {
  const { proposal } = words()
  return (
    <section class="attention" role="status">
      <p>{proposal.waits()}</p>
      <textarea class="code" readOnly rows={4} value={text} aria-label={proposal.text()} />
      <div class="actions">
        <button
          type="button"
          class="button"
          onClick={() => void navigator.clipboard.writeText(text)}
        >
          {proposal.copy()}
        </button>
      </div>
    </section>
  )
}
