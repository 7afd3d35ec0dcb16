// Files that this device keeps as the box does: sealed parts, whose key stands in a message alone. What was
// chosen is sealed at once, so that it need not be found again; what was fetched opens without the box.
import { equal } from '../protocol/bytes.ts'
import type { FileFacts } from '../protocol/content.ts'
import { ensure, ProtocolError } from '../protocol/errors.ts'
import { contentHash, fileId, type FileKey, newFileKey, partCount } from '../protocol/file.ts'
import type { Hash, LogId, MessageId } from '../protocol/ids.ts'
import { KIND } from '../protocol/kinds.ts'
import type { Core } from './core.ts'
import { openPart, PART_BYTES, partRange, sealPart } from './file-parts.ts'
import {
  announce,
  fetchPart,
  type FileProgress,
  type SealedParts,
  type Source,
  type Upload,
  uploadsOf,
} from './files.ts'
import { enqueue } from './outbox.ts'

/** Sealed parts by the name that the box knows a file by. On disk when `put` resolves. */
export interface PartStore {
  get(file: Hash, part: number): Promise<Uint8Array | null>
  put(file: Hash, part: number, sealed: Uint8Array): Promise<void>
  /** Indexes of the parts that are there, ascending. */
  held(file: Hash): Promise<number[]>
  drop(file: Hash): Promise<void>
  /** All files of which there is a part. */
  files(): Promise<Hash[]>
  /** Marks a file that no message names yet, until `end`. */
  begin(file: Hash): Promise<void>
  end(file: Hash): Promise<void>
  /** What a start that was cut has left behind. */
  begun(): Promise<Hash[]>
}

/** What an upload calls a file that is kept in parts. */
const KEPT = 'kept'

type Chosen = Pick<FileFacts, 'name' | 'mime' | 'thumbnail'> & { id: MessageId; text: string }

/** Seals a file into `parts` and puts its message into the outbox. Nothing of it is left where that fails. */
export async function stageFile(
  core: Core,
  parts: PartStore,
  log: LogId,
  source: Source,
  { id, ...shown }: Chosen,
  progress: FileProgress = () => {},
): Promise<void> {
  const file = newFileKey(source.size)
  await parts.begin(fileId(file))
  try {
    const hash = await sealInto(parts, file, source, progress)
    const content = { type: 'file', ...file, hash, ...shown } as const
    const also = [announce(id, { log, ...file, hash, ref: KEPT })]
    await enqueue(core, log, KIND.text, content, { id, also })
  } catch (error) {
    await parts.drop(fileId(file))
    throw error
  } finally {
    await parts.end(fileId(file))
  }
}

async function sealInto(
  parts: PartStore,
  file: FileKey,
  source: Source,
  progress: FileProgress,
): Promise<Hash> {
  const hash = contentHash()
  for (let part = 0; part < partCount(file); part++) {
    const { at, length } = partRange(file, part)
    const plain = length === 0 ? new Uint8Array(0) : await source.read(at, length)
    hash.add(plain)
    await parts.put(fileId(file), part, sealPart(file, part, plain))
    progress(Math.min(file.size, at + PART_BYTES), file.size)
  }
  return hash.end()
}

/** For `bringFiles`: what `stageFile` has sealed. */
export async function stagedParts(parts: PartStore, upload: Upload): Promise<SealedParts | null> {
  const name = fileId(upload)
  if ((await parts.held(name)).length < partCount(upload)) return null
  return {
    async part(index) {
      const sealed = await parts.get(name, index)
      ensure(sealed !== null, 'file_changed', upload.ref)
      return sealed
    },
    // It was sealed once and is never written again.
    ensureSame: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
}

/** Is all of it here? */
export async function isKept(parts: PartStore, facts: FileFacts): Promise<boolean> {
  return (await parts.held(fileId(facts))).length === partCount(facts)
}

/**
 * Fetches the parts that are missing; false when it was not wanted to its end. Throws `file_damaged` for a
 * part that is not of this file.
 */
export async function keepFile(
  core: Core,
  parts: PartStore,
  log: LogId,
  facts: FileFacts,
  progress: FileProgress,
  wanted: () => boolean,
): Promise<boolean> {
  const name = fileId(facts)
  const held = new Set(await parts.held(name))
  for (let part = 0; part < partCount(facts); part++) {
    if (!wanted()) return false
    if (!held.has(part)) {
      const sealed = await fetchPart(core, log, facts, part)
      undamaged(() => openPart(facts, part, sealed))
      await parts.put(name, part, sealed)
    }
    progress(Math.min(facts.size, (part + 1) * PART_BYTES), facts.size)
  }
  return true
}

/** Opens what is kept, part by part. Throws `file_damaged` at the end when the whole is not what the message names. */
export async function* openKept(parts: PartStore, facts: FileFacts): AsyncGenerator<Uint8Array> {
  const name = fileId(facts)
  const hash = contentHash()
  for (let part = 0; part < partCount(facts); part++) {
    const sealed = await parts.get(name, part)
    ensure(sealed !== null, 'file_damaged', 'a part is missing')
    const plain = undamaged(() => openPart(facts, part, sealed))
    hash.add(plain)
    yield plain
  }
  ensure(equal(hash.end(), facts.hash), 'file_damaged')
}

function undamaged<T>(open: () => T): T {
  try {
    return open()
  } catch (cause) {
    throw new ProtocolError('file_damaged', '', { cause })
  }
}

/** Lets go of kept files; what is still on its way to the box stays. */
export async function dropKept(
  core: Core,
  parts: PartStore,
  files: readonly Hash[],
): Promise<void> {
  const staying = (await uploadsOf(core)).map(({ upload }) => fileId(upload))
  for (const file of files) if (!staying.some((one) => equal(one, file))) await parts.drop(file)
}

/** What was being sealed when the app was killed, and that no message names. */
export async function tidyKept(core: Core, parts: PartStore): Promise<void> {
  const begun = await parts.begun()
  await dropKept(core, parts, begun)
  for (const file of begun) await parts.end(file)
}
