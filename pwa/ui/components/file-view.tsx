// A file that is open: shown where that is safe, saved otherwise.
import { useRef } from 'preact/hooks'
import { useBlobUrl } from '../blob-url.ts'
import { type FileKind, plainName } from '../file-kinds.ts'
import { words } from '../words.ts'
import { Icon } from './icon.tsx'
import { useOpen } from './open-dialog.ts'

type Props = { blob: Blob; name: string; kind: FileKind | null; close: () => void }

/** What is saved is bytes: the browser must not take it for a page of ours. */
const SAVED_AS = 'application/octet-stream'

export function FileView({ blob, name, kind, close }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const saved = useBlobUrl(blob, SAVED_AS)
  const { file: text, common } = words()
  useOpen(dialog)
  return (
    <dialog ref={dialog} class="viewer" aria-label={name} onClose={close}>
      <header>
        <strong>{name}</strong>
        {saved !== null && (
          <a class="button" href={saved} download={plainName(name)}>
            <Icon name="save" />
            {text.save()}
          </a>
        )}
        <form method="dialog">
          <button type="submit" class="icon-button" aria-label={common.close()}>
            <Icon name="close" />
          </button>
        </form>
      </header>
      {kind === null ? (
        <p class="note">{text.notShown()}</p>
      ) : (
        <Content {...{ blob, name, kind }} />
      )}
    </dialog>
  )
}

function Content({ blob, name, kind }: { blob: Blob; name: string; kind: FileKind }) {
  const url = useBlobUrl(blob, kind.type)
  if (url === null) return null
  switch (kind.shown) {
    case 'picture':
      return <img class="shown" src={url} alt={name} />
    case 'film':
      return <video class="shown" src={url} controls playsInline aria-label={name} />
    case 'sound':
      return <audio src={url} controls aria-label={name} />
    case 'pdf':
      // In the browser's own viewer, which has a process of its own; with a sandbox attribute none would show it. The
      // type is ours, so that what is inside is never taken for a page.
      return <iframe class="shown" src={url} title={name} />
  }
}
