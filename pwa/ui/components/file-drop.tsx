// One file, chosen or dropped.
import { useState } from 'preact/hooks'
import { Icon } from './icon.tsx'

type Props = { label: string; hint: string; accept: string; found: (file: File) => void }

export function FileDrop({ label, hint, accept, found }: Props) {
  const [over, setOver] = useState(false)
  const take = (files: FileList | null | undefined): void => {
    const file = files?.item(0)
    if (file !== null && file !== undefined) found(file)
  }
  return (
    <label
      class={over ? 'file-drop over' : 'file-drop'}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setOver(false)
        take(event.dataTransfer?.files)
      }}
    >
      <Icon name="file" />
      <span class="file-drop-label">{label}</span>
      <span class="note">{hint}</span>
      <input
        type="file"
        class="unseen"
        accept={accept}
        onChange={(event) => {
          take(event.currentTarget.files)
          // The same file once more, mended, is a change too.
          event.currentTarget.value = ''
        }}
      />
    </label>
  )
}
