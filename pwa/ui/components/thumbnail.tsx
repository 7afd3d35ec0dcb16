// The small picture that a message carries.
import { useEffect, useState } from 'preact/hooks'
import { jpeg } from '../attachments.ts'
import { call } from '../link.ts'

/** Those that have been on the screen, so that they need not be asked for when they come back. */
const seen = new Map<string, string>()
const MOST_SEEN = 300

export function Thumbnail({ channel, id }: { channel: string; id: string }) {
  const [url, setUrl] = useState(seen.get(id))
  useEffect(() => {
    let there = true
    const show = (made: string): void => {
      if (there) setUrl(made)
    }
    if (url === undefined) void load(channel, id).then(show, () => {})
    return () => {
      there = false
    }
  }, [])
  return <span class="thumbnail">{url !== undefined && <img src={url} alt="" />}</span>
}

async function load(channel: string, id: string): Promise<string> {
  const made = URL.createObjectURL(jpeg(await call('thumbnail', { channel, id })))
  seen.set(id, made)
  const [oldest] = seen
  if (seen.size > MOST_SEEN && oldest !== undefined) {
    URL.revokeObjectURL(oldest[1])
    seen.delete(oldest[0])
  }
  return made
}
