// Files on the command line: what `send --file` does, and the verb that fetches one.
import { existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, extname, join, resolve } from 'node:path'
import type { Core } from '../client/core.ts'
import { plainName } from '../client/file-name.ts'
import { bringFiles, enqueueFile, fetchFile } from '../client/files.ts'
import { pathParts, pathSink, pathSource } from '../client/node/files.ts'
import { findMessage } from '../client/views.ts'
import { cutText } from '../protocol/bytes.ts'
import type { FileFacts } from '../protocol/content.ts'
import { ensure, ProtocolError } from '../protocol/errors.ts'
import { idText, type LogId, type MessageId, parseId } from '../protocol/ids.ts'
import { openDevice, STATE } from './device.ts'
import type { Arguments, Verb } from './verb.ts'

const KIB = 1024
/** What screens and print shops name by these endings; anything else travels as bytes. */
const MIME: Record<string, string> = {
  '.csv': 'text/csv',
  '.gif': 'image/gif',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.m4a': 'audio/mp4',
  '.mp3': 'audio/mpeg',
  '.mp4': 'video/mp4',
  '.ogg': 'audio/ogg',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.txt': 'text/plain',
  '.webm': 'video/webm',
  '.webp': 'image/webp',
  '.zip': 'application/zip',
}

/** Stores the message with its file in the outbox; nothing has been sent yet. */
export async function chooseFile(
  core: Core,
  log: LogId,
  path: string,
  text: string,
): Promise<MessageId> {
  const ref = resolve(path)
  const source = await pathSource(ref)
  ensure(source !== null && statSync(ref).isFile(), 'file_changed', path)
  try {
    const name = cutText(basename(ref), 200)
    const mime = MIME[extname(ref).toLowerCase()] ?? 'application/octet-stream'
    return await enqueueFile(core, log, source, {
      ref,
      name,
      mime,
      thumbnail: new Uint8Array(0),
      text,
    })
  } finally {
    await source.close()
  }
}

/** Brings all files that wait. Needs no hold on the device's folder: other verbs go on meanwhile. */
export function bringAll(core: Core, args: Arguments): Promise<{ unreachable: boolean }> {
  const progress = (_: MessageId, done: number, total: number): void =>
    showProgress(args, done, total, 'sent')
  return bringFiles(core, pathParts, { progress })
}

function showProgress(args: Arguments, done: number, total: number, what: string): void {
  args.out.progress(Math.ceil(done / KIB), Math.ceil(total / KIB), `KiB ${what}`)
}

/** The path, or the first of "name (2).ext", "name (3).ext" … that is free: nothing is written over. */
function freePath(path: string): string {
  const ending = extname(path)
  const stem = path.slice(0, path.length - ending.length)
  for (let i = 2; existsSync(path); i++) path = `${stem} (${i})${ending}`
  return path
}

export const save: Verb = {
  usage: 'save MESSAGE [--to DIR|FILE] --state DIR',
  summary: 'Fetches the file of a message.',
  help: `
Writes into the present folder, or where --to says; nothing is written over. A fetch that was cut goes on where
it stopped when the same command is run again.
  holdfast save ID --to ./downloads --state ./anna`,
  options: {
    ...STATE,
    to: { type: 'string', value: 'DIR|FILE', help: 'a folder, or the name to save under' },
  },
  positionals: [1, 1],
  async run(args) {
    await openDevice(args, async (core) => {
      const message = await findMessage(core, parseId<MessageId>(args.at(0)))
      ensure(message !== null, 'not_found', 'message; run holdfast sync first')
      const { content, channel, id } = message
      ensure(content.type === 'file', 'usage', 'this message carries no file')
      const path = await fetchTo(core, args, channel, content, id)
      const result = { id: idText(id), path, size: content.size, mime: content.mime }
      args.out.result(result, `Saved: ${path}`)
    })
  },
}

async function fetchTo(
  core: Core,
  args: Arguments,
  log: LogId,
  facts: FileFacts,
  id: MessageId,
): Promise<string> {
  const to = resolve(args.text('to') ?? '.')
  const isFolder = existsSync(to) && statSync(to).isDirectory()
  const wanted = isFolder ? join(to, plainName(facts.name)) : to
  // By the message, so that two files of one name do not continue each other.
  const part = `${wanted}.${idText(id).slice(0, 8)}.part`
  const sink = await pathSink(part)
  try {
    await fetchFile(core, log, facts, sink, (done, total) =>
      showProgress(args, done, total, 'fetched'),
    )
  } catch (error) {
    if (error instanceof ProtocolError && error.code === 'file_damaged') rmSync(part)
    throw error
  } finally {
    await sink.close()
  }
  const path = freePath(wanted)
  renameSync(part, path)
  return path
}
