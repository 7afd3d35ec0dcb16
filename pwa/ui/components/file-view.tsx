// A file that is open: shown where that is safe, saved otherwise.
import { useRef } from 'preact/hooks'
import { useBlobUrl } from '../blob-url.ts'
import type { SeenKind } from '../file-kinds.ts'
import { words } from '../words.ts'
import { Icon } from './icon.tsx'
import { useOpen } from './open-dialog.ts'
import { PdfFrame } from './pdf-frame.tsx'
import { SaveLink } from './save-link.tsx'

type Props = { blob: Blob; name: string; kind: SeenKind | null; close: () => void }

export function FileView({ blob, name, kind, close }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const { common } = words()
  useOpen(dialog, close)
  return (
    <dialog ref={dialog} class="viewer" aria-label={name}>
      <header>
        <strong>{name}</strong>
        <SaveLink blob={blob} name={name} />
        <button type="button" class="icon-button" aria-label={common.close()} onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <Content {...{ blob, name, kind, close }} />
    </dialog>
  )
}

function Content({ blob, name, kind, close }: Props) {
  if (kind === null) return <p class="note">{words().file.notShown()}</p>
  if (kind.shown === 'pdf') return <PdfFrame {...{ blob, name, close }} />
  return <Medium {...{ blob, name, kind }} />
}

function Medium({ blob, name, kind }: { blob: Blob; name: string; kind: SeenKind }) {
  const url = useBlobUrl(blob, kind.type)
  if (url === null) return null
  return kind.shown === 'picture' ? (
    <img class="shown" src={url} alt={name} />
  ) : (
    <video class="shown" src={url} controls playsInline aria-label={name} />
  )
}
