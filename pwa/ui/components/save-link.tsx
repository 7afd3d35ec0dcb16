// Saves a file that is open.
import { useBlobUrl } from '../blob-url.ts'
import { words } from '../words.ts'
import { Icon } from './icon.tsx'

/** What is saved is bytes: the browser must not take it for a page of ours. */
const SAVED_AS = 'application/octet-stream'

export function SaveLink({ blob, name }: { blob: Blob; name: string }) {
  const url = useBlobUrl(blob, SAVED_AS)
  if (url === null) return null
  return (
    <a class="button" href={url} download={name}>
      <Icon name="save" />
      {words().file.save()}
    </a>
  )
}
