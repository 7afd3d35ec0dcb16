// Opening a conversation, or for those who coordinate an audience for alerts.
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { Act } from '../components/act.tsx'
import { Picker } from '../components/picker.tsx'
import { Head } from '../components/screen.tsx'
import { call, useValue } from '../link.ts'
import { seldomWords } from '../words.ts'

export function NewChannel() {
  const [title, setTitle] = useState('')
  const [audience, setAudience] = useState(false)
  const [chosen, setChosen] = useState<string[]>([])
  const { route } = useLocation()
  const people = (useValue('people', undefined) ?? []).filter(({ mine }) => !mine)
  const mayAlert = useValue('now', undefined)?.mayAlert ?? false
  const { newChannel: text } = seldomWords()
  const open = async (): Promise<void> => {
    const { id } = await call('openChannel', { title: title.trim(), people: chosen, audience })
    route(`/channels/${id}`)
  }
  return (
    <div class="column">
      <Head title={text.title()} back="/channels" />
      <label class="field">
        <span>{text.name()}</span>
        <input
          autocomplete="off"
          value={title}
          onInput={(event) => setTitle(event.currentTarget.value)}
        />
      </label>
      {mayAlert && (
        <label class="check">
          <input
            type="checkbox"
            checked={audience}
            onChange={(event) => setAudience(event.currentTarget.checked)}
          />
          <span>
            {text.audience()}
            <span class="note"> {text.audienceNote()}</span>
          </span>
        </label>
      )}
      <Picker people={people} chosen={chosen} choose={setChosen} />
      <div class="actions">
        <Act kind="main" disabled={title.trim() === ''} act={open}>
          {text.open()}
        </Act>
      </div>
    </div>
  )
}
