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
  const everybody = useValue('people', undefined)
  const now = useValue('now', undefined)
  const { newChannel: text } = seldomWords()
  const open = async (): Promise<void> => {
    const { id } = await call('openChannel', { title: title.trim(), people: chosen, audience })
    route(`/channels/${id}`)
  }
  // All at once: what comes later would move what somebody is about to tick.
  if (everybody === undefined || now === undefined)
    return <Head title={text.title()} back="/channels" />
  const people = everybody.filter(({ mine }) => !mine)
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
      {now.mayAlert && (
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
