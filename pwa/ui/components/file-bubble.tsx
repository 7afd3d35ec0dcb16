// A file in a conversation: what it is, how far it has come, and opening it.
import { useState } from 'preact/hooks'
import type { View } from '../../device/wire.ts'
import { useBlobUrl } from '../blob-url.ts'
import { kindOf, type Shown, voiceTime } from '../file-kinds.ts'
import type { IconName } from '../icons.ts'
import { call } from '../link.ts'
import { size, words } from '../words.ts'
import { useAct } from './act.tsx'
import { Icon } from './icon.tsx'
import { later } from './later.tsx'
import { Problem } from './problem.tsx'
import { Progress } from './progress.tsx'
import { SaveLink } from './save-link.tsx'
import { Thumbnail } from './thumbnail.tsx'

const FileView = later(async () => (await import('../seldom.ts')).FileView)

export type FileLine = Extract<View<'lines'>[number], { type: 'file' }>
type Props = { line: FileLine; channel: string }

const ICON_OF: Record<Shown, IconName> = {
  picture: 'picture',
  sound: 'microphone',
  film: 'film',
  pdf: 'file',
}

export function FileBubble({ line, channel }: Props) {
  const [blob, setBlob] = useState<Blob | null>(null)
  const { id, name, picture, kept, transfer, mime } = line
  const { busy, refused, run } = useAct(async () =>
    setBlob(await call('openFile', { channel, id })),
  )
  const { file: text } = words()
  const kind = kindOf(mime)
  const spoken = kind?.shown === 'sound' ? voiceTime(name) : null
  const title = spoken === null ? name : text.voiceOf({ time: spoken })
  const note = kept ? `${size(line.size)} · ${text.kept()}` : size(line.size)
  if (blob !== null && kind?.shown === 'sound')
    return <Sound blob={blob} name={name} type={kind.type} />
  return (
    <div class="file">
      <button
        type="button"
        class={picture ? 'file-open with-picture' : 'file-open'}
        aria-disabled={busy}
        onClick={() => run()}
      >
        {picture ? (
          <Thumbnail channel={channel} id={id} />
        ) : (
          <Icon name={kind === null ? 'file' : ICON_OF[kind.shown]} />
        )}
        <span class="unseen">{text.open({ name: '' })}</span>
        <span class="row-text">
          <span class="row-title">{title}</span> <span class="row-note">{note}</span>
        </span>
      </button>
      {transfer !== null && <Progress id={id} transfer={transfer} />}
      {refused !== null && <Problem code={refused.code} detail={refused.detail} />}
      {blob !== null && kind?.shown !== 'sound' && (
        <FileView blob={blob} name={name} kind={kind} close={() => setBlob(null)} />
      )}
    </div>
  )
}

function Sound({ blob, name, type }: { blob: Blob; name: string; type: string }) {
  const url = useBlobUrl(blob, type)
  return (
    <div class="file">
      {url !== null && <audio class="sound" controls autoplay src={url} aria-label={name} />}
      <SaveLink blob={blob} name={name} />
    </div>
  )
}
