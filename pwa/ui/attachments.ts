// What is attached to the message that is being written: chosen, pasted, dropped or recorded, and made ready.
import { useEffect, useRef, useState } from 'preact/hooks'
import { call, newId } from './link.ts'
import type { Prepared } from './pictures.ts'

export type Attachment = {
  key: string
  name: string
  size: number
  source: File
  /** Null: still being made ready. */
  ready: Prepared | null
  /** For the eye; revoked when it goes. */
  preview: string | null
}
export type Attachments = {
  list: Attachment[]
  add: (files: Iterable<File>) => void
  remove: (key: string) => void
  /** As it was taken, with all that it tells. */
  sendOriginal: (key: string) => void
  /** May be sent: all are ready, and clean or meant to go as they are. */
  ready: boolean
  /**
   * Sends all to that channel, the words with the first. They leave the list at once: what is written from then on
   * is another message. `taken`: one is safe. What the device refuses comes back, and is thrown.
   */
  send: (channel: string, text: string, taken: () => void) => Promise<void>
}

export function useAttachments(): Attachments {
  const [list, setList] = useState<Attachment[]>([])
  const alive = useRef(list)
  alive.current = list
  useEffect(() => () => alive.current.forEach(forget), [])
  /** One picture at a time: several large ones do not fit into the memory of a phone. */
  const queue = useRef(Promise.resolve())
  const send = useSending(list, setList)
  const change = (key: string, next: (one: Attachment) => Attachment): void =>
    setList((all) => all.map((one) => (one.key === key ? next(one) : one)))
  const add = (files: Iterable<File>): void => {
    const fresh = [...files].map(attachmentOf)
    setList((all) => [...all, ...fresh])
    for (const { key, source } of fresh)
      queue.current = queue.current
        .then(() => readied(source))
        .then((ready) => change(key, (one) => ({ ...one, ...ready })))
  }
  const remove = (key: string): void => {
    alive.current.filter((one) => one.key === key).forEach(forget)
    setList((all) => all.filter((one) => one.key !== key))
  }
  return {
    list,
    add,
    remove,
    sendOriginal: (key) => change(key, asTaken),
    ready: list.every((one) => one.ready?.clean === true),
    send,
  }
}

/** While it sends, the browser asks before it closes the page: the device has not got everything yet. */
function useSending(
  list: Attachment[],
  setList: (change: (all: Attachment[]) => Attachment[]) => void,
): Attachments['send'] {
  const [under, setUnder] = useState(0)
  useStaying(under > 0)
  return async (channel, text, taken) => {
    const left = new Set(list)
    setList(() => [])
    setUnder((count) => count + 1)
    try {
      await sendAll(channel, list, text, (one) => {
        taken()
        forget(one)
        left.delete(one)
      })
    } catch (error) {
      setList((all) => [...left, ...all])
      throw error
    } finally {
      setUnder((count) => count - 1)
    }
  }
}

const attachmentOf = (source: File): Attachment => {
  const { name, size } = source
  return { key: newId(), name, size, source, ready: null, preview: null }
}

async function readied(
  source: File,
): Promise<Pick<Attachment, 'ready' | 'preview' | 'name' | 'size'>> {
  const ready = await prepared(source)
  const { thumbnail, file, name } = ready
  const preview = thumbnail.length === 0 ? null : URL.createObjectURL(jpeg(thumbnail))
  return { ready, preview, name, size: file.size }
}

/** What cannot be made ready can still be sent as it is. */
async function prepared(source: File): Promise<Prepared> {
  try {
    const { prepare } = await import('./pictures.ts')
    return await prepare(source)
  } catch {
    const { name, type: mime } = source
    return { file: source, name, mime, thumbnail: new Uint8Array(0), clean: false }
  }
}

/** The browser asks before it closes or reloads the page. */
function useStaying(needed: boolean): void {
  useEffect(() => {
    if (!needed) return
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault()
    addEventListener('beforeunload', ask)
    return () => removeEventListener('beforeunload', ask)
  }, [needed])
}

function asTaken(one: Attachment): Attachment {
  const { source: file, ready } = one
  const { name, type: mime, size } = file
  return { ...one, name, size, ready: ready && { ...ready, file, name, mime, clean: true } }
}

/** `taken`: the device has it; it is not sent again when a later one is refused. */
async function sendAll(
  channel: string,
  list: readonly Attachment[],
  text: string,
  taken: (one: Attachment) => void,
): Promise<void> {
  for (const [i, one] of list.entries()) {
    const { key: id, ready } = one
    if (ready === null) continue
    const { file, name, mime, thumbnail } = ready
    await call('sendFile', { channel, id, file, name, mime, thumbnail, text: i === 0 ? text : '' })
    taken(one)
  }
}

function forget({ preview }: Attachment): void {
  if (preview !== null) URL.revokeObjectURL(preview)
}

export const jpeg = (bytes: Uint8Array): Blob =>
  new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'image/jpeg' })
