// Files: chosen now, brought to the box part by part while other things go on, and fetched and checked the
// same way. Never more than one part in memory. An upload that was cut goes on where it stopped.
import { type Decoded, fixed, struct, text, u64 } from '../protocol/codec.ts'
import { equal } from '../protocol/bytes.ts'
import type { FileFacts } from '../protocol/content.ts'
import { ensure, type ErrorCode } from '../protocol/errors.ts'
import { contentHash, fileId, newFileKey, partCount, sealedSize } from '../protocol/file.ts'
import { asId, hash32, logId, type LogId, type MessageId } from '../protocol/ids.ts'
import { KIND } from '../protocol/kinds.ts'
import { randomBytes } from '../protocol/sodium.ts'
import type { Core } from './core.ts'
import { openPart, PART_BYTES, partRange, sealPart } from './file-parts.ts'
import { enqueue, giveUp, waiting } from './outbox.ts'
import { isSilence, refusalOf } from './refusal.ts'
import { readRow, writeRow } from './rows.ts'
import { drop, put, type Write } from './store.ts'

/** Bytes of a file of this device; offsets and lengths in bytes. */
export type Source = {
  size: number
  read(offset: number, length: number): Promise<Uint8Array>
  close(): Promise<void>
}
/** Where a fetched file goes. `size` is what an earlier attempt has left there. */
export type Sink = Source & { write(offset: number, bytes: Uint8Array): Promise<void> }
export type FileProgress = (done: number, total: number) => void

/** A file that is not on the box yet; its message waits for it. `ref`: what the platform calls the file. */
const uploadRow = struct({
  log: logId,
  key: fixed(32),
  size: u64,
  hash: hash32,
  ref: text(2, 4096),
})
export type Upload = Decoded<typeof uploadRow>

/** A file as the box takes it. */
export type SealedParts = {
  part(index: number): Promise<Uint8Array>
  /** Some of it is on the box already: throws `file_changed` when this is not the same file any more. */
  ensureSame(): Promise<void>
  close(): Promise<void>
}
/** Finds what an upload has to bring; null when it is gone. */
export type FindParts = (upload: Upload) => Promise<SealedParts | null>

/** Seals what it reads. Throws `file_changed` for a file of another size. */
export async function sealedAsRead(upload: Upload, source: Source): Promise<SealedParts> {
  if (source.size !== upload.size) await source.close()
  ensure(source.size === upload.size, 'file_changed', upload.ref)
  return {
    async part(index) {
      const { at, length } = partRange(upload, index)
      const plain = length === 0 ? new Uint8Array(0) : await source.read(at, length)
      return sealPart(upload, index, plain)
    },
    async ensureSame() {
      ensure(equal((await hashOf(source)).end(), upload.hash), 'file_changed', upload.ref)
    },
    close: () => source.close(),
  }
}

async function hashOf(
  source: Source,
  length = source.size,
): Promise<ReturnType<typeof contentHash>> {
  const hash = contentHash()
  for (let at = 0; at < length; at += PART_BYTES)
    hash.add(await source.read(at, Math.min(PART_BYTES, length - at)))
  return hash
}

type Chosen = Pick<FileFacts, 'name' | 'mime' | 'thumbnail'> & { text: string; ref: string }

/** Puts a file and its message into the outbox; `bringFiles` and then `drain` send them. */
export async function enqueueFile(
  core: Core,
  log: LogId,
  source: Source,
  { ref, ...shown }: Chosen,
): Promise<MessageId> {
  const { key, size } = newFileKey(source.size)
  const hash = (await hashOf(source)).end()
  const id = asId<MessageId>(randomBytes(16))
  const content = { type: 'file', key, size, hash, ...shown } as const
  const also = [announce(id, { log, key, size, hash, ref })]
  return enqueue(core, log, KIND.text, content, { id, also })
}

/** The message of this id waits until that file is on the box. */
export function announce(id: MessageId, upload: Upload): Write {
  return put('uploads', id, writeRow(uploadRow, upload))
}

/** What is on its way to the box. */
export async function uploadsOf(core: Core): Promise<{ id: MessageId; upload: Upload }[]> {
  const rows = await core.store.list('uploads')
  return rows.map(({ key, value }) => ({
    id: asId<MessageId>(key),
    upload: readRow(uploadRow, value),
  }))
}

export type Bringing = {
  progress?: (id: MessageId, done: number, total: number) => void
  /** Asked before each part; what is not wanted now waits, and keeps nothing else back. */
  wanted?: (id: MessageId) => boolean
}

/** Brings what waits. A file that is gone or changed, or that the box refuses, fails its message for good. */
export async function bringFiles(
  core: Core,
  find: FindParts,
  { progress = () => {}, wanted = () => true }: Bringing = {},
): Promise<{ unreachable: boolean }> {
  for (const { id, upload } of await uploadsOf(core)) {
    try {
      const tell: FileProgress = (done, total) => progress(id, done, total)
      if (await bringFrom(core, upload, find, tell, () => wanted(id)))
        await core.store.commit([drop('uploads', id)])
    } catch (error) {
      if (isSilence(error)) return { unreachable: true }
      await failMessage(core, id, refusalOf(error).code)
    }
  }
  return { unreachable: false }
}

async function bringFrom(
  core: Core,
  upload: Upload,
  find: FindParts,
  progress: FileProgress,
  wanted: () => boolean,
): Promise<boolean> {
  if (!wanted()) return false
  const parts = await find(upload)
  ensure(parts !== null, 'file_changed', upload.ref)
  try {
    return await bring(core, upload, parts, progress, wanted)
  } finally {
    await parts.close()
  }
}

async function failMessage(core: Core, id: Uint8Array, code: ErrorCode): Promise<void> {
  const row = (await waiting(core)).find((one) => equal(one.row.mid, id))
  if (row !== undefined) await giveUp(core, row.key, code)
  await core.store.commit([drop('uploads', id)])
}

/** False: it was not wanted to its end. */
async function bring(
  core: Core,
  upload: Upload,
  sealed: SealedParts,
  progress: FileProgress,
  wanted: () => boolean,
): Promise<boolean> {
  const { log, size } = upload
  const name = fileId(upload)
  const opening = { log, file: name, size: sealedSize(size) }
  const { parts } = await core.line.call('fileOpen', opening, core.signer)
  if (parts.length > 0) await sealed.ensureSame()
  for (let part = 0; part < partCount(upload); part++) {
    if (!wanted()) return false
    const there = ((parts[part >> 3] ?? 0) >> (part & 7)) & 1
    if (there === 0) {
      const bytes = await sealed.part(part)
      await core.line.call('filePut', { log, file: name, part, bytes }, core.signer)
    }
    progress(Math.min(size, (part + 1) * PART_BYTES), size)
  }
  return true
}

/**
 * Fetches a file into `sink`, going on behind what is there. Throws `file_damaged` when the whole is not what
 * the message names; the sink is then of no use.
 */
export async function fetchFile(
  core: Core,
  log: LogId,
  facts: FileFacts,
  sink: Sink,
  progress: FileProgress = () => {},
): Promise<void> {
  const first = Math.floor(Math.min(sink.size, facts.size) / PART_BYTES)
  const hash = await hashOf(sink, first * PART_BYTES)
  for (let part = first; part < partCount(facts); part++) {
    const plain = openPart(facts, part, await fetchPart(core, log, facts, part))
    hash.add(plain)
    await sink.write(part * PART_BYTES, plain)
    progress(Math.min(facts.size, (part + 1) * PART_BYTES), facts.size)
  }
  ensure(equal(hash.end(), facts.hash), 'file_damaged')
}

/** One part as the box holds it: sealed, and not yet checked. */
export async function fetchPart(
  core: Core,
  log: LogId,
  file: FileFacts,
  part: number,
): Promise<Uint8Array> {
  const place = { log, file: fileId(file), part }
  const { bytes } = await core.line.call('fileGet', place, core.signer)
  return bytes
}
