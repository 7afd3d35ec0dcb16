// The first owner's root key: once, on paper, before anything else.
import { useState } from 'preact/hooks'
import { Act } from '../components/act.tsx'
import { Title } from '../components/screen.tsx'
import { call } from '../link.ts'
import { seldomWords, words } from '../words.ts'

export function RootKey({ root, org }: { root: string; org: string }) {
  const [written, setWritten] = useState(false)
  const { rootKey } = seldomWords()
  return (
    <main class="start">
      <Title>{rootKey.title()}</Title>
      <p>{rootKey.what({ org })}</p>
      <div class="paper">
        <p class="paper-org">{org}</p>
        <p class="paper-key">{root.split('-').join(' ')}</p>
      </div>
      <p>{rootKey.where()}</p>
      <label class="check">
        <input
          type="checkbox"
          checked={written}
          onChange={(event) => setWritten(event.currentTarget.checked)}
        />
        <span>{rootKey.done()}</span>
      </label>
      <div class="actions">
        <Act kind="main" disabled={!written} act={() => call('rootIsOnPaper', undefined)}>
          {words().common.next()}
        </Act>
        <button type="button" class="button" onClick={() => print()}>
          {words().common.print()}
        </button>
      </div>
    </main>
  )
}
