// The device of this browser: the key of its store, its store, its engine, and the line that keeps it up to date.
import { Core } from '../../client/core.ts'
import { checkCard, join } from '../../client/enrol.ts'
import { stayLive } from '../../client/live.ts'
import { Marks } from '../../client/marks.ts'
import { drain, type Waiting, waiting } from '../../client/outbox.ts'
import { sayRunning } from '../../client/running.ts'
import { refusalOf } from '../../client/refusal.ts'
import { SealedStore } from '../../client/sealed-store.ts'
import { Mutex, put } from '../../client/store.ts'
import { profileOf } from '../../client/views.ts'
import { IdbStore } from '../../client/web/idb-store.ts'
import { type Lock, type Opener, Vault } from '../../client/web/vault.ts'
import { META } from '../../client/replica.ts'
import { utf8 } from '../../protocol/bytes.ts'
import { ensure, type ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { idText, type PersonId } from '../../protocol/ids.ts'
import { KEY_BYTES, randomBytes } from '../../protocol/sodium.ts'
import { Files } from './files.ts'
import { Hearing, lastHeard, type Link, turned } from './last-heard.ts'
import { ownRelease } from './own-release.ts'
import { DATABASE, ROOT_PAPER, VAULT, WELCOME } from './local.ts'
import { Receipts } from './receipts.ts'
import { Rounds } from './rounds.ts'
import { UnreadTexts } from './unread-texts.ts'

/**
 * `fresh`: nobody has joined here. `locked`: somebody has, and the key of the store is not at hand. `stopped`:
 * this device can do nothing more, for that reason.
 */
export type Stage = 'opening' | 'fresh' | 'locked' | 'ready' | 'stopped'
type Open = { vault: Vault; inner: IdbStore }

/** Nobody waits for it: all who come back at once after an outage get first what they have come for. Milliseconds. */
const TELLING_PAUSE = 30_000

/** As much of a device as views of what is stored need. */
export type Reading = Pick<Device, 'core' | 'marks' | 'waiting'>

export class Device {
  readonly #tell: () => void
  readonly receipts = new Receipts(() => this.changed())
  readonly #hearing = new Hearing()
  readonly unreadTexts = new UnreadTexts()
  /** What is written goes into the outbox one after the other: in the order in which people wrote it. */
  readonly writing = new Mutex()
  /** Ids of messages that are in the outbox or were since this device was opened. */
  readonly taken = new Set<string>()
  stage: Stage = 'opening'
  reason: ErrorCode | 'internal' | null = null
  link: Link = { online: null, since: Date.now(), reason: '' }
  lock: Lock = { kind: 'none' }
  #open: Open | null = null
  #key: Uint8Array | null = null
  #store: SealedStore | null = null
  #core: Core | null = null
  /** What waits, read once for all who ask between two changes. */
  #waiting: Promise<Waiting[]> | null = null
  #marks: Marks | null = null
  #files: Files | null = null
  #ending = new AbortController()
  /** What cannot be sent waits; the line says so. */
  readonly #sending = new Rounds(
    () => this.#sendAll(),
    (error) => {
      if (!(error instanceof ProtocolError)) console.error(error)
    },
  )

  /** `tell`: something that screens show has changed. */
  constructor(tell: () => void) {
    this.#tell = tell
  }

  readonly changed = (): void => {
    this.#waiting = null
    this.#tell()
  }

  /** The outbox, in order. */
  waiting(): Promise<Waiting[]> {
    this.#waiting ??= waiting(this.core)
    return this.#waiting
  }

  /** Throws `device_missing` where nobody has joined or the device is locked. */
  get core(): Core {
    ensure(this.#core !== null, 'device_missing')
    return this.#core
  }

  get marks(): Marks {
    ensure(this.#marks !== null, 'device_missing')
    return this.#marks
  }

  get files(): Files {
    ensure(this.#files !== null, 'device_missing')
    return this.#files
  }

  /** For another tab to hold the device with, should this one go. */
  get key(): Uint8Array | null {
    return this.#key
  }

  /** For calling somebody; empty where this device does not know it. */
  mobileOf(person: PersonId): string {
    return profileOf(this.core.replica, person).mobile
  }

  /** `key`: of the store, where another tab has had it unlocked. */
  async open(key: Uint8Array | null): Promise<void> {
    await this.#guarded(async () => {
      this.#open = { vault: await Vault.open(VAULT), inner: await IdbStore.open(DATABASE) }
      this.#open.inner.onLost = (error) => this.#stop(error)
      const { vault } = this.#open
      if (await this.#isToClear(this.#open)) return this.wipe()
      const lock = await this.#lockOf(this.#open)
      this.lock = lock ?? { kind: 'none' }
      if (key === null && this.lock.kind !== 'none') this.stage = 'locked'
      else if (lock === null) await this.#start(randomBytes(KEY_BYTES))
      else await this.#start(key ?? (await vault.unlock(null, 0)))
    })
  }

  /** Too many wrong tries; or somebody has joined and the key is gone, as where a clearing was cut short. */
  async #isToClear({ vault, inner }: Open): Promise<boolean> {
    if (await vault.isSpent()) return true
    return (await vault.lock()) === null && (await inner.get('meta', META.identity)) !== null
  }

  /** Null where nobody has joined: then there is no key on the disk either, which a later lock could not close. */
  async #lockOf({ vault, inner }: Open): Promise<Lock | null> {
    if ((await inner.get('meta', META.identity)) !== null) return vault.lock()
    await vault.forget()
    return null
  }

  /** What goes wrong with the store ends everything else. */
  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#stop(error)
    }
    this.changed()
  }

  async #start(key: Uint8Array): Promise<void> {
    ensure(this.#open !== null, 'device_missing')
    this.#key = key
    this.#store = new SealedStore(this.#open.inner, key)
    const core = await Core.open({ store: this.#store })
    if (core === null || core.replica.identity.state === 0) this.stage = 'fresh'
    else {
      for (const { row } of await waiting(core)) this.taken.add(idText(row.mid))
      await this.#run(core)
    }
  }

  async #run(core: Core): Promise<void> {
    const outside = { changed: () => this.changed(), sent: () => this.send() }
    this.#files = await Files.open(core, outside)
    this.#core = core
    this.#marks = new Marks(core)
    this.link.since = (await lastHeard(core)) ?? this.link.since
    this.stage = 'ready'
    this.connect()
  }

  #stop(error: unknown): void {
    this.stage = 'stopped'
    // A fault of ours ends the device too; it must not end the words about it.
    this.reason = error instanceof ProtocolError ? error.code : 'internal'
    if (this.reason === 'internal') console.error(error)
    this.#ending.abort()
    this.#hearing.end()
    this.changed()
  }

  /** Throws what is wrong with it; nothing is stored. */
  checkCard(card: string): Promise<void> {
    ensure(this.#store !== null && this.stage === 'fresh', 'already_exists')
    return checkCard({ store: this.#store }, card, location.origin)
  }

  /** Enrols this browser, behind the lock that was chosen. What the first owner has to write down stays here until they say so. */
  async join(card: string): Promise<{ waits: boolean }> {
    ensure(this.#store !== null && this.#open !== null, 'already_exists')
    ensure(this.#key !== null && this.stage === 'fresh', 'already_exists')
    const { vault } = this.#open
    if ((await vault.lock()) === null) await vault.guard(this.#key, { kind: 'none' }, null)
    const { core, rootPaper } = await join({ store: this.#store }, card, location.origin)
    const paper = rootPaper === null ? [] : [put('local', ROOT_PAPER, utf8(rootPaper))]
    await core.store.commit([...paper, put('local', WELCOME, new Uint8Array(0))])
    await this.#run(core)
    this.changed()
    return { waits: core.replica.device?.from === null }
  }

  /** Throws `cannot_open` with the tries that are left; after the last one nothing is left to open. */
  async unlock(opener: Opener): Promise<void> {
    ensure(this.#open !== null && this.stage === 'locked', 'already_exists')
    try {
      await this.#start(await this.#open.vault.unlock(opener, Date.now()))
    } catch (error) {
      const { code, detail } = refusalOf(error)
      if (code === 'cannot_open' && detail === '0') await this.wipe()
      throw error
    }
    this.changed()
  }

  /** The same key behind another lock, or behind none. */
  async guard(lock: Lock, opener: Opener): Promise<void> {
    ensure(this.#open !== null && this.#key !== null, 'device_missing')
    await this.#open.vault.guard(this.#key, lock, opener)
    this.lock = lock
  }

  /** From here on this worker knows nothing; its page ends it. */
  lockNow(): void {
    if (this.stage !== 'ready' || this.lock.kind === 'none') return
    this.#ending.abort()
    this.#hearing.end()
    this.#files?.end()
    this.#store?.end()
    this.#store = null
    this.#core = null
    this.#marks = null
    this.#files = null
    this.#key?.fill(0)
    this.#key = null
    this.stage = 'locked'
    this.changed()
  }

  /** Nothing is left of this device in this browser; its tabs start anew. */
  async wipe(): Promise<void> {
    this.#ending.abort()
    this.#hearing.end()
    this.#files?.end()
    this.#core = null
    // The key first: what is left when this is interrupted opens for nobody.
    await this.#open?.vault.destroy()
    await Files.destroy()
    await this.#open?.inner.close()
    await IdbStore.destroy(DATABASE)
    await this.open(null)
  }

  /** A new attempt at once, whatever pause the last one has earned. */
  connect(): void {
    this.#ending.abort()
    this.#ending = new AbortController()
    const { signal } = this.#ending
    const events = {
      changed: () => {
        this.changed()
        return Promise.resolve()
      },
      state: (online: boolean, reason: string) => {
        if (!signal.aborted) this.#turn(online, reason)
      },
    }
    stayLive(this.core, events, signal).catch((error: unknown) => {
      if (!signal.aborted) this.#stop(error)
    })
  }

  #turn(online: boolean, reason: string): void {
    this.link = turned(this.link, {
      online,
      reason,
      now: Date.now(),
      heardAt: this.core.heardAt,
    })
    this.#hearing.turn(this.core, online)
    if (online) {
      this.#files?.wake()
      this.#files?.bring()
      this.#sayRunningLater()
    }
    this.changed()
  }

  #sayRunningLater(): void {
    const { signal } = this.#ending
    setTimeout(() => {
      if (!signal.aborted && this.link.online) void this.#sayRunning().catch(() => {})
    }, TELLING_PAUSE)
  }

  /** Administrators see who runs what. What cannot be said now is said on the next line. */
  async #sayRunning(): Promise<void> {
    const running = await ownRelease()
    if (running !== null) await this.core.run(() => sayRunning(this.core, running))
  }

  /** Sends what waits. What is written meanwhile goes with the next round. */
  send(): void {
    if (this.link.online) this.#sending.ask()
  }

  async #sendAll(): Promise<void> {
    await this.core.run(() => drain(this.core))
    this.changed()
  }
}
