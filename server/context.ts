// The composition root of the box: everything that has an effect outside is made here, and a test gives
// its own clock or log instead.
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fromHex, toHex } from '../protocol/bytes.ts'
import { signHead } from '../protocol/box-report.ts'
import { emptyHead } from '../protocol/chain.ts'
import { ProtocolError } from '../protocol/errors.ts'
import { asId, IdMap, type LogId, type OrgId } from '../protocol/ids.ts'
import type { SignPair } from '../protocol/sodium.ts'
import { loadBoxKeys, lockData } from './store/box-keys.ts'
import { type AppFiles, readAppFiles } from './app-files.ts'
import type { Config } from './config.ts'
import { Live } from './delivery/live.ts'
import { ALIVE_INTERVAL, HEAD_LIFE } from './limits.ts'
import { type Logger, systemLog } from './log.ts'
import { Figures } from './operate/figures.ts'
import { Organisation } from './org/organisation.ts'
import type { PushService } from './push/endpoint.ts'
import { directly, through } from './push/poster.ts'
import { Push } from './push/push.ts'
import { loadVapidKeys } from './push/vapid.ts'
import { Rate } from './rate.ts'
import { withRelease } from './release.ts'
import { operatorError } from './store/database.ts'
import { OrgStore } from './store/org-store.ts'
import { ReadOnly } from './store/read-only.ts'
import { Reserve } from './store/reserve.ts'
import { Restoring } from './restoring.ts'
import { Steady } from './steady.ts'
import { Windows } from './window.ts'

/** Wall clock for what people read, monotonic clock for what must not jump; both in milliseconds. */
export type Clock = { now(): number; monotonic(): number }
export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }

export type Overrides = {
  clock?: Clock
  log?: Logger
  fatal?: (error: unknown) => void
  /** Milliseconds between two beats of the live lines. */
  aliveInterval?: number
  /** A push service of this machine, beside those of the internet. */
  pushService?: PushService
}

export type Context = {
  config: Config
  clock: Clock
  steady: Steady
  log: Logger
  box: SignPair
  app: AppFiles
  orgs: IdMap<OrgId, Organisation>
  windows: Windows
  rate: Rate
  live: Live
  push: Push
  figures: Figures
  reserve: Reserve
  readOnly: ReadOnly
  restoring: Restoring
  /** Hosts that a signed request may name; filled when the box knows where it listens. */
  hosts: Set<string>
  /** Set when the box is told to stop: what comes from then on is refused. */
  draining: boolean
  aliveInterval: number
  /** The signed head of a log, as of what is on disk. */
  headOf(org: Organisation, log: LogId): Uint8Array
  close(): Promise<void>
}

const FILE = /^org-([0-9a-f]{32})\.db$/
export const orgFile = (org: OrgId): string => `org-${toHex(org)}.db`

/** Opens the data folder with all its organisations. Throws an operator's error. */
export function createContext(config: Config, overrides: Overrides = {}): Context {
  const log = overrides.log ?? systemLog(config.logLevel)
  const clock = overrides.clock ?? systemClock
  const fatal = overrides.fatal ?? ((error) => stop(log, error))
  const unlock = prepareData(config.data)
  const box = loadBoxKeys(config.data)
  const reserve = new Reserve(config.data)
  const readOnly = new ReadOnly(config.data)
  const orgs = openOrganisations(config.data, { log, reserve, readOnly, fatal })
  const windows = new Windows(() => clock.monotonic())
  const rate = new Rate(() => clock.monotonic())
  const live = new Live()
  const hosts = new Set<string>()
  const figures = new Figures()
  const push = openPush(config, { clock, live, hosts, figures }, overrides.pushService ?? null)

  const context: Context = {
    config,
    clock,
    steady: new Steady(clock, (jump) => warnOfJump(log, jump)),
    log,
    box,
    app: withRelease(readAppFiles(config.app), config.app),
    orgs,
    windows,
    rate,
    live,
    push,
    figures,
    reserve,
    readOnly,
    restoring: new Restoring(config.data),
    hosts,
    draining: false,
    aliveInterval: overrides.aliveInterval ?? ALIVE_INTERVAL,
    headOf: headSigner(clock, box),
    close: () => closeAll(orgs, unlock),
  }
  wakeMissed(context)
  return context
}

async function closeAll(orgs: IdMap<OrgId, Organisation>, unlock: () => void): Promise<void> {
  for (const org of orgs.values()) await org.store.close()
  unlock()
}

type Beside = { clock: Clock; live: Live; hosts: ReadonlySet<string>; figures: Figures }

function openPush(
  config: Config,
  { clock, live, hosts, figures }: Beside,
  local: PushService | null,
): Push {
  const poster = config.deliver === null ? directly(local) : through(config.deliver)
  return new Push({
    vapid: loadVapidKeys(config.data),
    live,
    origin: () => config.origin ?? `https://${[...hosts][0] ?? ''}`,
    now: () => clock.monotonic(),
    later: (milliseconds, work) => void setTimeout(work, milliseconds).unref(),
    local,
    poster: async (push) => {
      const outcome = await poster(push)
      figures.push(outcome)
      return outcome
    },
  })
}

/** Whoever had a line that was dead already is woken. A box that stops says farewell, and they come back. */
function wakeMissed(context: Context): void {
  context.live.onMissed = (id, device, urgency) => {
    const org = context.orgs.get(id)
    if (org !== undefined && !context.draining) context.push.missed(org, device, urgency)
  }
}

/** In a storm thousands ask for the same head within a second: one signature serves them. */
function headSigner(clock: Clock, box: SignPair): Context['headOf'] {
  const signed = new IdMap<LogId, { n: number; until: number; bytes: Uint8Array }>()
  return (org, id) => {
    const { n, h } = org.store.committed.logs.head(id) ?? emptyHead(id)
    const now = clock.monotonic()
    const known = signed.get(id)
    if (known?.n === n && now < known.until) return known.bytes
    const bytes = signHead({ org: org.id, log: id, n, h, t: clock.now() }, box.secretKey)
    signed.set(id, { n, until: now + HEAD_LIFE, bytes })
    return bytes
  }
}

function warnOfJump(log: Logger, jump: number): void {
  const minutes = Math.round(jump / 60_000)
  log.warn({ minutes }, 'the clock of this machine was set: for a day it expires no cards')
}

export function organisationsIn(data: string): OrgId[] {
  return readdirSync(data).flatMap((name) => {
    const match = FILE.exec(name)
    return match === null ? [] : [asId<OrgId>(fromHex(match[1] as string))]
  })
}

type Trouble = {
  log: Logger
  reserve: Reserve
  readOnly: ReadOnly
  fatal: (error: unknown) => void
}

/** A group was rolled back. True when the box can go on: the disk is full, or takes no writes at all. */
function isSurvivable(error: unknown, { log, reserve, readOnly }: Trouble): boolean {
  const code = error instanceof ProtocolError ? error.code : null
  if (code === 'disk_full') {
    log.error('disk full: a group of writes was refused')
    reserve.free()
    return true
  }
  if (code !== 'read_only' || !readOnly.look()) return false
  log.error('the file system is read-only: writes are refused until it is mended')
  return true
}

/** All organisations of the folder, each with its own file. */
function openOrganisations(data: string, trouble: Trouble): IdMap<OrgId, Organisation> {
  const { log, fatal } = trouble
  const orgs = new IdMap<OrgId, Organisation>()
  /** Memory may be ahead of the disk: it is read again. */
  const recover = (id: OrgId, error: unknown): void => {
    const org = orgs.get(id)
    if (org === undefined || !isSurvivable(error, trouble)) return fatal(error)
    orgs.set(id, Organisation.load(id, org.store))
  }
  for (const id of organisationsIn(data)) {
    const faults = {
      lost: (error: unknown) => recover(id, error),
      effect: (error: unknown) => log.error({ err: error }, 'delivery failed'),
    }
    const path = join(data, orgFile(id))
    orgs.set(id, loaded(id, new OrgStore(path, faults, true), path))
  }
  return orgs
}

/** What stands in the logs was judged before it was stored: that it cannot be loaded again is damage. */
function loaded(id: OrgId, store: OrgStore, path: string): Organisation {
  try {
    return Organisation.load(id, store)
  } catch (cause) {
    throw new ProtocolError('database_damaged', path, { cause })
  }
}

/** Makes the folder where it is missing and takes it for this process. Returns the unlocking. */
export function prepareData(data: string): () => void {
  try {
    makeFolder(resolve(data))
  } catch (error) {
    throw new ProtocolError('data_unwritable', data, { cause: error })
  }
  return lockData(data)
}

/**
 * Step by step: Node's own recursion never ends where a parent exists and takes nothing, as under /proc. A new
 * folder is only certain to outlive a power cut when the folder that names it is on disk (fsync(2)).
 */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  const parent = dirname(path)
  makeFolder(parent)
  mkdirSync(path, { mode: 0o700 })
  const opened = openSync(parent, 'r')
  fsyncSync(opened)
  closeSync(opened)
}

/** After a failed fsync nothing is known about the disk: stop, restart, read again. */
function stop(log: Logger, error: unknown): void {
  log.fatal({ err: operatorError(error, 'database') }, 'the database failed; stopping')
  process.exit(1)
}
