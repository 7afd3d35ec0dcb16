// Database files with damage in them, as failing disks and interrupted copies leave them: the file of an
// organisation on a box, and that of a device.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Core } from '../../../client/core.ts'
import { SqliteStore } from '../../../client/node/sqlite-store.ts'
import { TABLES } from '../../../client/store.ts'
import { type ErrorCode, ProtocolError } from '../../../protocol/errors.ts'
import type { OrgId } from '../../../protocol/ids.ts'
import { Random } from '../../../scripts/fuzz/random.ts'
import { Broken, type Fuzzed, must, type Target } from '../../../scripts/fuzz/target.ts'
import { createContext, orgFile } from '../../../server/context.ts'
import { openWriter } from '../../../server/store/database.ts'
import { copyStore } from '../../helpers/hostile.ts'
import { silent, startTestBox } from '../../server/kit.ts'
import { Dice } from '../dice.ts'
import { peopleOn } from '../fire.ts'
import { layScene } from '../scene.ts'

const PAGE = 4096
/** A version that was hit by chance reads like that of a newer Holdfast. */
const HONEST: readonly ErrorCode[] = ['database_damaged', 'database_newer']

/** Bytes flipped, mostly where SQLite keeps its own accounts; pages lost, swapped or blank; the end missing. */
function damage(file: Uint8Array, dice: Dice): Uint8Array {
  let bytes = file.slice()
  for (let i = 0; i < 4 && !dice.over; i++) {
    const pages = Math.max(1, Math.floor(bytes.length / PAGE))
    const page = ((dice.byte() << 8) | dice.byte()) % pages
    const [start, other] = [page * PAGE, dice.below(pages) * PAGE]
    switch (dice.below(8)) {
      case 0:
        bytes[dice.below(100)] = dice.byte()
        break
      case 1:
        bytes[start + dice.below(64)] = dice.byte()
        break
      case 2:
        bytes = bytes.slice(0, start + dice.below(3) * 100)
        break
      case 3:
        bytes.fill(dice.below(2) * 255, start, start + PAGE)
        break
      case 4:
        bytes.copyWithin(start, other, other + PAGE)
        break
      default: {
        const at = start + (((dice.byte() << 8) | dice.byte()) % PAGE)
        if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << dice.below(8))
      }
    }
  }
  return bytes
}

/** What else may lie beside a database after a crash or a copy. */
function litter(path: string, dice: Dice): void {
  const length = dice.below(4) === 0 ? 32 + dice.byte() * 17 : 0
  if (length === 0) return
  const random = new Random(dice.byte())
  const bytes = Uint8Array.from({ length }, () => random.below(256))
  writeFileSync(path + dice.one(['-wal', '-shm', '-journal']), bytes)
}

function only(codes: readonly ErrorCode[], error: unknown): void {
  if (!(error instanceof ProtocolError)) throw error
  if (!codes.includes(error.code))
    throw new Broken(`${error.code}: ${error.detail.replace(/\/\S*/, '')}`)
}

function chance(seed: number): Uint8Array[] {
  const random = new Random(seed)
  return Array.from({ length: 60 }, () =>
    Uint8Array.from({ length: 6 + random.below(24) }, () => random.below(256)),
  )
}

/** The same content as the version before had it: opening has to bring it forward. */
function earlier(bytes: Uint8Array, sql: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-fuzz-'))
  const path = join(folder, 'earlier.db')
  writeFileSync(path, bytes)
  const db = new Database(path)
  db.pragma('journal_mode = DELETE')
  const version = db.pragma('user_version', { simple: true }) as number
  db.exec(`${sql}; VACUUM; PRAGMA user_version = ${version - 1}`)
  db.close()
  const before = new Uint8Array(readFileSync(path))
  rmSync(folder, { recursive: true })
  return before
}

/** A file of a box with people, a channel and a message, as it is after an orderly stop. */
async function boxFile(): Promise<{ org: OrgId; bytes: Uint8Array }> {
  const ends: (() => void | Promise<void>)[] = []
  const box = await startTestBox({ after: (end) => void ends.push(end) })
  await peopleOn(box, box.card)
  await box.stop()
  const bytes = new Uint8Array(readFileSync(join(box.data, orgFile(box.org))))
  for (const end of ends) await end()
  return { org: box.org, bytes }
}

async function openBoxFiles(): Promise<Fuzzed> {
  const { org, bytes } = await boxFile()
  const files = [bytes, bytes, earlier(bytes, 'DROP TABLE file_parts; DROP TABLE files')]
  const root = mkdtempSync(join(tmpdir(), 'holdfast-fuzz-'))
  const tally = { opened: 0, damaged: 0, 'not loaded': 0 }
  return {
    samples: chance(25),
    async run(input) {
      const dice = new Dice(input)
      const folder = join(root, 'now')
      rmSync(folder, { recursive: true, force: true })
      mkdirSync(folder)
      const path = join(folder, orgFile(org))
      writeFileSync(path, damage(dice.one(files), dice))
      litter(path, dice)
      try {
        openWriter(path, true).close()
      } catch (error) {
        only(HONEST, error)
        tally.damaged++
        return
      }
      tally.opened++
      await starts(folder, tally)
    },
    facts: () => tally,
    close: () => Promise.resolve(rmSync(root, { recursive: true })),
  }
}

/** Content may be damaged where SQLite has no account of it: then the box says so, or starts. */
async function starts(data: string, tally: Record<string, number>): Promise<void> {
  const at = { data, host: '127.0.0.1', port: 0, origin: null }
  const config = {
    ...at,
    logLevel: 'silent',
    tls: null,
    operator: null,
    deliver: null,
    app: null,
  } as const
  try {
    await createContext(config, { log: silent }).close()
  } catch (error) {
    tally['not loaded'] = (tally['not loaded'] ?? 0) + 1
    only(HONEST, error)
  }
}

export const boxDatabase: Target = {
  name: 'box-database',
  about: 'openWriter and the start of an organisation on a damaged file',
  sources: ['server/store/', 'server/org/organisation.ts'],
  longest: 60,
  batch: 10,
  runs: 100,
  open: openBoxFiles,
}

async function deviceFile(): Promise<Uint8Array> {
  const scene = await layScene()
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-fuzz-'))
  const store = new SqliteStore(folder)
  const rows = await copyStore(scene.store)
  for (const table of TABLES) {
    const held = await rows.list(table)
    await store.commit(held.map(({ key, value }) => ({ table, key, value })))
  }
  await store.close()
  const db = new Database(join(folder, 'device.db'))
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
  const bytes = new Uint8Array(readFileSync(join(folder, 'device.db')))
  rmSync(folder, { recursive: true })
  return bytes
}

async function openDeviceFiles(): Promise<Fuzzed> {
  const bytes = await deviceFile()
  const files = [bytes, bytes, earlier(bytes, 'DROP TABLE uploads')]
  const root = mkdtempSync(join(tmpdir(), 'holdfast-fuzz-'))
  const tally = { opened: 0, damaged: 0 }
  return {
    samples: chance(26),
    async run(input) {
      const dice = new Dice(input)
      const folder = join(root, 'now')
      rmSync(folder, { recursive: true, force: true })
      mkdirSync(folder)
      writeFileSync(join(folder, 'device.db'), damage(dice.one(files), dice))
      litter(join(folder, 'device.db'), dice)
      let store: SqliteStore | null = null
      try {
        store = new SqliteStore(folder)
        for (const table of TABLES) await store.list(table)
        const core = await Core.open({ store })
        await store.commit([{ table: 'meta', key: Uint8Array.of(1), value: Uint8Array.of(2) }])
        if (core !== null) tally.opened++
      } catch (error) {
        tally.damaged++
        only(HONEST, error)
      } finally {
        await store?.close()
      }
      must(existsSync(folder), 'the folder stays')
    },
    facts: () => tally,
    close: () => Promise.resolve(rmSync(root, { recursive: true })),
  }
}

export const deviceDatabase: Target = {
  name: 'device-database',
  about: 'SqliteStore and the start of a device on a damaged file',
  sources: ['client/node/', 'client/core.ts', 'client/replica.ts'],
  longest: 60,
  batch: 10,
  runs: 100,
  open: openDeviceFiles,
}
