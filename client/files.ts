// Files: chosen now, brought to the box part by part while other things go on, and fetched and checked the
// same way. Never more than one part in memory. An upload that was cut goes on where it stopped.
import { type Decoded, fixed, struct, text, u64 } from '../protocol/codec.ts'
import { concat, equal } from '../protocol/bytes.ts'
import type { FileFacts } from '../protocol/content.ts'
import { ensure, type ErrorCode } from '../protocol/errors.ts'
import {
  chunkCount,
  contentHash,
  fileId,
  type FileKey,
  newFileKey,
  openChunk,
  partCount,
  plainLength,
  sealChunk,
  sealedSize,
} from '../protocol/file.ts'
import { asId, hash32, logId, type LogId, type MessageId } from '../protocol/ids.ts'
import { KIND } from '../protocol/kinds.ts'
import { FILE_CHUNK, FILE_PART_CHUNKS, SEALED_CHUNK_BYTES } from '../protocol/limits.ts'
import { randomBytes } from '../protocol/sodium.ts'
import type { Core } from './core.ts'
import { enqueue, giveUp, waiting } from './outbox.ts'
import { isSilence, refusalOf } from './refusal.ts'
import { readRow, writeRow } from './rows.ts'
import { drop, put } from './store.ts'

/** Bytes of a file of this device; offsets and lengths in bytes. */
export type Source = {
  size: number
  read(offset: number, length: number): Promise<Uint8Array>
  close(): Promise<void>
}
/** Where a fetched file goes. `size` is what an earlier attempt has left there. */
export type Sink = Source & { write(offset: number, bytes: Uint8Array): Promise<void> }
/** Finds a source again by what the platform calls it; null when it is gone. */
export type Sources = (ref: string) => Promise<Source | null>
export type FileProgress = (done: number, total: number) => void

const PART_BYTES = FILE_PART_CHUNKS * FILE_CHUNK

/** A file that is not on the box yet; its message waits for it. */
const uploadRow = struct({
  log: logId,
  key: fixed(32),
  size: u64,
  hash: hash32,
  ref: text(2, 4096),
})
type Upload = Decoded<typeof uploadRow>

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
  const upload = writeRow(uploadRow, { log, key, size, hash, ref })
  const content = { type: 'file', key, size, hash, ...shown } as const
  return enqueue(core, log, KIND.text, content, { id, also: [put('uploads', id, upload)] })
}

/** Brings what waits. A file that is gone or changed, or that the box refuses, fails its message for good. */
export async function bringFiles(
  core: Core,
  sources: Sources,
  progress: FileProgress = () => {},
): Promise<{ unreachable: boolean }> {
  for (const { key: id, value } of await core.store.list('uploads')) {
    const upload = readRow(uploadRow, value)
    try {
      await bringFrom(core, upload, sources, progress)
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
  sources: Sources,
  progress: FileProgress,
): Promise<void> {
  const source = await sources(upload.ref)
  ensure(source !== null, 'file_changed', upload.ref)
  try {
    ensure(source.size === upload.size, 'file_changed', upload.ref)
    await bring(core, upload, source, progress)
  } finally {
    await source.close()
  }
}

async function failMessage(core: Core, id: Uint8Array, code: ErrorCode): Promise<void> {
  const row = (await waiting(core)).find((one) => equal(one.row.mid, id))
  if (row !== undefined) await giveUp(core, row.key, code)
  await core.store.commit([drop('uploads', id)])
}

async function bring(
  core: Core,
  upload: Upload,
  source: Source,
  progress: FileProgress,
): Promise<void> {
  const { log, size } = upload
  const name = fileId(upload)
  const opening = { log, file: name, size: sealedSize(size) }
  const { parts } = await core.line.call('fileOpen', opening, core.signer)
  if (parts.length > 0)
    ensure(equal((await hashOf(source)).end(), upload.hash), 'file_changed', upload.ref)
  for (let part = 0; part < partCount(upload); part++) {
    const there = ((parts[part >> 3] ?? 0) >> (part & 7)) & 1
    if (there === 0) {
      const bytes = await sealPart(upload, part, source)
      await core.line.call('filePut', { log, file: name, part, bytes }, core.signer)
    }
    progress(Math.min(size, (part + 1) * PART_BYTES), size)
  }
}

/** The chunks of one part, by index. */
function chunksOf(file: FileKey, part: number): number[] {
  const first = part * FILE_PART_CHUNKS
  const count = Math.min(FILE_PART_CHUNKS, chunkCount(file) - first)
  return Array.from({ length: count }, (_, i) => first + i)
}

async function sealPart(file: FileKey, part: number, source: Source): Promise<Uint8Array> {
  const at = part * PART_BYTES
  const length = Math.max(0, Math.min(PART_BYTES, file.size - at))
  const plain = length === 0 ? new Uint8Array(0) : await source.read(at, length)
  ensure(plain.length === length, 'file_changed')
  const sealed = chunksOf(file, part).map((index) => {
    const from = index * FILE_CHUNK - at
    return sealChunk(file, index, plain.subarray(from, from + plainLength(file, index)))
  })
  return concat(...sealed)
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
    const plain = await fetchPart(core, log, facts, part)
    hash.add(plain)
    await sink.write(part * PART_BYTES, plain)
    progress(Math.min(facts.size, (part + 1) * PART_BYTES), facts.size)
  }
  ensure(equal(hash.end(), facts.hash), 'file_damaged')
}

async function fetchPart(core: Core, log: LogId, file: FileKey, part: number): Promise<Uint8Array> {
  const place = { log, file: fileId(file), part }
  const { bytes } = await core.line.call('fileGet', place, core.signer)
  const chunks = chunksOf(file, part)
  const opened = chunks.map((index, i) => {
    const from = i * SEALED_CHUNK_BYTES
    const to = i === chunks.length - 1 ? bytes.length : from + SEALED_CHUNK_BYTES
    return openChunk(file, index, bytes.subarray(from, to))
  })
  return concat(...opened)
}
