// Files on the disk of a headless device, as sources and sinks.
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { type FindParts, sealedAsRead, type Sink, type Source } from '../files.ts'

/** Null when there is no readable file at this path. */
export async function pathSource(path: string): Promise<Source | null> {
  try {
    return await opened(await open(path, 'r'))
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** For uploads whose `ref` is a path. */
export const pathParts: FindParts = async (upload) => {
  const source = await pathSource(upload.ref)
  return source === null ? null : sealedAsRead(upload, source)
}

/** Made when missing; what is there stays, so that a fetch can go on. */
export async function pathSink(path: string): Promise<Sink> {
  const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  const source = await opened(file)
  return {
    ...source,
    async write(offset, bytes) {
      await file.write(bytes, 0, bytes.length, offset)
    },
    async close() {
      await file.datasync()
      await file.close()
    },
  }
}

async function opened(file: FileHandle): Promise<Source> {
  const { size } = await file.stat()
  return {
    size,
    async read(offset, length) {
      const bytes = new Uint8Array(length)
      let filled = 0
      while (filled < length) {
        const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled)
        if (bytesRead === 0) break
        filled += bytesRead
      }
      return bytes.subarray(0, filled)
    },
    close: () => file.close(),
  }
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return ['ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR'].includes(code)
}
