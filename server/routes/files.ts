// Files: sealed parts in and out. The box knows a name that says nothing, a padded size, and the channel whose
// members may fetch it; what is in it, only the key in a message tells.
import type { Input, Output } from '../../protocol/api.ts'
import { MAX_PART } from '../../protocol/api.ts'
import { equal } from '../../protocol/bytes.ts'
import { ensure } from '../../protocol/errors.ts'
import type { Hash, LogId } from '../../protocol/ids.ts'
import { MAX_FILE_SEALED } from '../../protocol/limits.ts'
import { blake2b } from '../../protocol/sodium.ts'
import type { Context } from '../context.ts'
import { FILE_BYTES_PER_DEVICE, FILE_DISK_SHARE, LIMITS } from '../limits.ts'
import type { FileRow, FileTable } from '../store/files.ts'
import { type Caller, deviceKey } from './kit.ts'

/** Announces a file, or finds it again: the answer says which parts need not be sent. */
export async function openFile(
  context: Context,
  input: Input<'fileOpen'>,
  caller: Caller,
): Promise<Output<'fileOpen'>> {
  context.rate.spend(`writes:${deviceKey(caller)}`, LIMITS.writes)
  const { org, device } = caller
  ensureMember(caller, input.log)
  const { committed } = org.store
  const known = committed.files.find(input.log, input.file)
  if (known !== null) return { parts: partsOf(committed.files, known, input, caller) }
  ensure(input.size > 0 && input.size <= MAX_FILE_SEALED, 'too_large', 'file')
  const free = await org.store.blobs.free()
  const row = { size: input.size, parts: Math.ceil(input.size / MAX_PART), device: device.id }
  const parts = await org.store.group.run(
    () => {
      // The same request may have come again while the disk was looked at.
      const meanwhile = org.store.files.find(input.log, input.file)
      if (meanwhile !== null) return partsOf(org.store.files, meanwhile, input, caller)
      ensureRoom(caller, input.size, free)
      org.store.files.open(input.log, input.file, row, context.clock.now())
      return new Uint8Array(0)
    },
    () => {},
  )
  return { parts }
}

/** Counted where it is stored: what is announced at the same time counts too. `free` in bytes. */
function ensureRoom({ org, device }: Caller, size: number, free: number): void {
  const held = org.store.files.heldBy(device.id)
  ensure(held + size <= FILE_BYTES_PER_DEVICE, 'file_quota')
  const inAll = org.store.files.heldInAll()
  ensure(inAll + size <= (inAll + free) * FILE_DISK_SHARE, 'disk_full', 'files')
}

/** Which parts need not be sent. Throws `file_conflict` when it is another file, or somebody else's. */
function partsOf(
  files: FileTable,
  known: FileRow,
  input: Input<'fileOpen'>,
  { device }: Caller,
): Uint8Array {
  ensure(equal(known.device, device.id) && known.size === input.size, 'file_conflict')
  return bitmap(files.parts(known.id))
}

/** One part; the same bytes again are fine, other bytes are not. On disk when it is answered. */
export async function putPart(
  context: Context,
  input: Input<'filePut'>,
  caller: Caller,
): Promise<Output<'filePut'>> {
  context.rate.spend(`files:${deviceKey(caller)}`, LIMITS.files)
  const { store } = caller.org
  const file = findFile(caller, input.log, input.file)
  ensure(equal(file.device, caller.device.id), 'not_found')
  ensure(input.bytes.length === lengthOf(file, input.part), 'malformed', 'part')
  const hash = blake2b(32, input.bytes)
  await store.blobs.alone(file.id, input.part, async () => {
    const before = store.files.partHash(file.id, input.part)
    if (before === null) await store.blobs.write(file.id, input.part * MAX_PART, input.bytes)
    else ensure(equal(before, hash), 'file_conflict')
    await store.group.run(
      () => {
        ensureThere(store.files.find(input.log, input.file), file)
        store.files.putPart(file.id, input.part, hash, context.clock.now())
      },
      () => {},
    )
  })
  return {}
}

/** It may have been taken back while its bytes were on their way to or from the disk. */
function ensureThere(now: FileRow | null, file: FileRow): void {
  ensure(now?.id === file.id, 'not_found')
}

export async function getPart(
  context: Context,
  input: Input<'fileGet'>,
  caller: Caller,
): Promise<Output<'fileGet'>> {
  context.rate.spend(`files:${deviceKey(caller)}`, LIMITS.files)
  const { store } = caller.org
  const file = findFile(caller, input.log, input.file)
  ensure(store.committed.files.partHash(file.id, input.part) !== null, 'not_found')
  const length = lengthOf(file, input.part)
  try {
    return { bytes: await store.blobs.read(file.id, input.part * MAX_PART, length) }
  } catch (error) {
    ensureThere(store.files.find(input.log, input.file), file)
    throw error
  }
}

/** Only whoever brought it takes it back. */
export async function dropFile(
  context: Context,
  input: Input<'fileDrop'>,
  caller: Caller,
): Promise<Output<'fileDrop'>> {
  context.rate.spend(`writes:${deviceKey(caller)}`, LIMITS.writes)
  const { store } = caller.org
  const file = findFile(caller, input.log, input.file)
  ensure(equal(file.device, caller.device.id), 'not_found')
  await store.group.run(
    () => store.files.drop(file.id),
    () => {},
  )
  await store.blobs.drop(file.id)
  return {}
}

function ensureMember({ org, device }: Caller, log: LogId): void {
  ensure(org.channels.get(log)?.members.has(device.person) === true, 'not_found')
}

/** The same refusal for "not there" and "not yours". */
function findFile(caller: Caller, log: LogId, name: Hash): FileRow {
  ensureMember(caller, log)
  const file = caller.org.store.committed.files.find(log, name)
  ensure(file !== null, 'not_found')
  return file
}

function lengthOf(file: FileRow, part: number): number {
  ensure(part < file.parts, 'malformed', 'part')
  return Math.min(MAX_PART, file.size - part * MAX_PART)
}

function bitmap(parts: number[]): Uint8Array {
  const bits = new Uint8Array(Math.ceil(((parts.at(-1) ?? -1) + 1) / 8))
  for (const part of parts) bits[part >> 3] = (bits[part >> 3] as number) | (1 << (part & 7))
  return bits
}
