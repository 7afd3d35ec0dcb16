// Files in conversations.
import { cutText } from '../../../protocol/bytes.ts'
import { type LogId, type MessageId, parseId } from '../../../protocol/ids.ts'
import { MAX_THUMBNAIL } from '../../../protocol/limits.ts'
import type { Device } from '../device.ts'
import { isKnown } from './messages.ts'

/** What the message of a file may say of its name and kind (PROTOCOL.md, section 16). Bytes. */
const MAX_NAME = 200
const MAX_MIME = 100

type Sending = {
  channel: string
  id: string
  file: Blob
  name: string
  mime: string
  thumbnail: Uint8Array
  text: string
}

/** Resolves when the file is this device's own: nobody needs the original any more. `id` as in `send`. */
export async function sendFile(device: Device, sending: Sending): Promise<void> {
  const { channel, id, file, name, mime, thumbnail: picture, text } = sending
  const log = parseId<LogId>(channel)
  const mid = parseId<MessageId>(id)
  if (isKnown(device, log, mid)) return
  const chosen = {
    id: mid,
    name: cutText(name, MAX_NAME),
    mime: cutText(mime, MAX_MIME),
    thumbnail: picture.length > MAX_THUMBNAIL ? new Uint8Array(0) : picture,
    text,
  }
  // Texts overtake it: taking a large file in takes a while.
  device.taken.add(id)
  try {
    await device.files.stage(log, file, chosen)
  } catch (error) {
    device.taken.delete(id)
    throw error
  }
}

type Place = { channel: string; id: string }
const placeOf = ({ channel, id }: Place): [LogId, MessageId] => [
  parseId<LogId>(channel),
  parseId<MessageId>(id),
]

/** Null: somebody has stopped it. Without a type: what a page takes it for is for the page to say. */
export function openFile({ files }: Device, place: Place): Promise<Blob | null> {
  return files.open(...placeOf(place))
}

/** Empty where the sender has sent none. */
export function thumbnail({ files }: Device, place: Place): Promise<Uint8Array> {
  return files.thumbnail(...placeOf(place))
}

export function pauseFile({ files }: Device, { id }: { id: string }): Promise<void> {
  return files.pause(parseId<MessageId>(id))
}

export function goOnWithFile({ files }: Device, { id }: { id: string }): Promise<void> {
  return files.goOn(parseId<MessageId>(id))
}

/** Makes room: what has been fetched can be fetched again. */
export function clearFiles({ files }: Device): Promise<void> {
  return files.clear()
}
