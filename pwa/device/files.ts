// Files of this device: what is chosen here goes out, what somebody opens comes in. Both go on by themselves
// after a cut, and stop for as long as somebody says so.
import type { Core } from '../../client/core.ts'
import { bringFiles, type Source, uploadsOf } from '../../client/files.ts'
import {
  dropKept,
  isKept,
  keepFile,
  openKept,
  stagedParts,
  stageFile,
  tidyKept,
} from '../../client/kept-files.ts'
import { isSilence, refusalOf } from '../../client/refusal.ts'
import { drop, put } from '../../client/store.ts'
import { messageIn } from '../../client/views.ts'
import { IdbParts } from '../../client/web/part-store.ts'
import { fromUtf8, toHex } from '../../protocol/bytes.ts'
import type { FileFacts } from '../../protocol/content.ts'
import { ensure, ProtocolError } from '../../protocol/errors.ts'
import { fileId } from '../../protocol/file.ts'
import { type Hash, idText, type LogId, type MessageId } from '../../protocol/ids.ts'
import { PAUSED, pausedKey } from './local.ts'
import { Rounds } from './rounds.ts'
import { isSmallJpeg } from './small-jpeg.ts'

const DATABASE = 'holdfast-files'
/** After a cut, unless the line comes back earlier. Milliseconds. */
const RETRY = 5_000
/** How often progress is shown. Milliseconds. */
const TELL = 250

/** `sealing`: being taken from where it lies. `waits`: for the line. Bytes. */
export type Transfer = {
  state: 'sealing' | 'going' | 'waits' | 'paused'
  done: number
  total: number
}
export type ChosenFile = {
  id: MessageId
  name: string
  mime: string
  thumbnail: Uint8Array
  text: string
}
type Outside = { changed(): void; sent(): void }

export class Files {
  readonly #core: Core
  readonly #parts: IdbParts
  readonly #outside: Outside
  /** Files that are here as a whole, by `fileId` in hexadecimal. */
  readonly #kept = new Set<string>()
  readonly #transfers = new Map<string, Transfer>()
  /** Chosen, and not in the outbox yet. */
  readonly #sealing = new Map<string, { log: LogId; name: string }>()
  readonly #paused: Set<string>
  readonly #fetching = new Map<string, Promise<boolean>>()
  readonly #sleepers = new Set<() => void>()
  readonly #bringing = new Rounds(
    () => this.#bring(),
    (error) => {
      if (this.#ended) return
      console.error(error)
      this.#bringLater()
    },
  )
  #told = 0
  #ended = false

  private constructor(core: Core, parts: IdbParts, paused: Set<string>, outside: Outside) {
    this.#core = core
    this.#parts = parts
    this.#paused = paused
    this.#outside = outside
  }

  static async open(core: Core, outside: Outside): Promise<Files> {
    const parts = await IdbParts.open(DATABASE)
    // On a full disk that can wait; the rest of the device must not.
    await tidyKept(core, parts).catch((error: unknown) => refusalOf(error))
    const paused = await core.store.list('local', PAUSED)
    const ids = paused.map(({ key }) => fromUtf8(key.subarray(PAUSED.length)))
    const files = new Files(core, parts, new Set(ids), outside)
    for (const { id, upload } of await uploadsOf(core))
      files.#note(idText(id), { state: 'waits', done: 0, total: upload.size })
    return files
  }

  static destroy(): Promise<void> {
    return IdbParts.destroy(DATABASE)
  }

  /** Nothing goes on from here. */
  end(): void {
    this.#ended = true
    this.wake()
    this.#parts.close()
  }

  transferOf(id: MessageId): Transfer | null {
    return this.#transfers.get(idText(id)) ?? null
  }

  sealingIn(log: LogId): { id: string; name: string }[] {
    const there = [...this.#sealing].filter(([, one]) => toHex(one.log) === toHex(log))
    return there.map(([id, { name }]) => ({ id, name }))
  }

  /** Asked of the disk once for each file. */
  async isKept(facts: FileFacts): Promise<boolean> {
    const name = toHex(fileId(facts))
    if (this.#kept.has(name)) return true
    const whole = await isKept(this.#parts, facts)
    if (whole) this.#kept.add(name)
    return whole
  }

  /** From here on it is this device's, whatever becomes of where it lay. Throws `device_full`. */
  async stage(log: LogId, file: Blob, chosen: ChosenFile): Promise<void> {
    const id = idText(chosen.id)
    await ensureRoom(file.size)
    this.#sealing.set(id, { log, name: chosen.name })
    try {
      await stageFile(this.#core, this.#parts, log, sourceOf(file), chosen, (done, total) =>
        this.#note(id, { state: 'sealing', done, total }),
      )
      this.#note(id, { state: 'waits', done: 0, total: file.size })
    } catch (error) {
      this.#transfers.delete(id)
      throw error
    } finally {
      this.#sealing.delete(id)
    }
    this.bring()
  }

  bring(): void {
    if (!this.#ended) this.#bringing.ask()
  }

  async #bring(): Promise<void> {
    const going = (id: MessageId, done: number, total: number): void =>
      this.#note(idText(id), { state: 'going', done, total })
    const { unreachable } = await bringFiles(
      this.#core,
      (upload) => stagedParts(this.#parts, upload),
      { progress: going, wanted: (id) => this.#wanted(idText(id)) },
    )
    if (this.#ended) return
    await this.#settle()
    this.#outside.sent()
    if (!unreachable) return
    for (const [id, one] of this.#transfers)
      if (one.state === 'going') this.#note(id, { ...one, state: 'waits' })
    this.#bringLater()
  }

  #bringLater(): void {
    void this.#sleep().then(() => this.bring())
  }

  /** What is on the box, or given up, is no transfer any more. */
  async #settle(): Promise<void> {
    const there = new Set((await uploadsOf(this.#core)).map(({ id }) => idText(id)))
    for (const id of this.#transfers.keys())
      if (!there.has(id) && !this.#fetching.has(id) && !this.#sealing.has(id))
        this.#transfers.delete(id)
  }

  /** The file of a message, fetched where it is not here yet; null where somebody has stopped that. */
  async open(log: LogId, id: MessageId): Promise<Blob | null> {
    const facts = await this.#factsOf(log, id)
    await this.goOn(id)
    if (!(await this.isKept(facts)) && !(await this.#fetchOnce(log, id, facts))) return null
    return this.#assemble(facts)
  }

  async #factsOf(log: LogId, id: MessageId): Promise<FileFacts> {
    const message = await messageIn(this.#core, log, id)
    ensure(message?.content.type === 'file', 'not_found', 'file')
    return message.content
  }

  /** Empty where there is none that a page may be given. */
  async thumbnail(log: LogId, id: MessageId): Promise<Uint8Array> {
    const { thumbnail } = await this.#factsOf(log, id)
    return isSmallJpeg(thumbnail) ? thumbnail : new Uint8Array(0)
  }

  #fetchOnce(log: LogId, id: MessageId, facts: FileFacts): Promise<boolean> {
    const at = idText(id)
    const running = this.#fetching.get(at) ?? this.#fetch(log, id, facts)
    this.#fetching.set(at, running)
    return running.finally(() => this.#fetching.delete(at))
  }

  async #fetch(log: LogId, id: MessageId, facts: FileFacts): Promise<boolean> {
    const at = idText(id)
    await ensureRoom(facts.size)
    let state: Transfer = { state: 'going', done: 0, total: facts.size }
    this.#note(at, state)
    const progress = (done: number, total: number): void =>
      this.#note(at, (state = { state: 'going', done, total }))
    for (;;) {
      try {
        const wanted = (): boolean => this.#wanted(at)
        const whole = await keepFile(this.#core, this.#parts, log, facts, progress, wanted)
        if (whole) this.#transfers.delete(at)
        else this.#note(at, { ...state, state: 'paused' })
        this.#outside.changed()
        return whole
      } catch (error) {
        // More of it would not fit either, however long one waits.
        const full = error instanceof ProtocolError && error.code === 'device_full'
        if (this.#ended || full || !isSilence(error)) {
          this.#transfers.delete(at)
          throw error
        }
        this.#note(at, { ...state, state: 'waits' })
        await this.#sleep()
      }
    }
  }

  async #assemble(facts: FileFacts): Promise<Blob> {
    try {
      const pieces: Blob[] = []
      // The browser puts what is large on its disk; in one piece it would have to be in memory.
      for await (const plain of openKept(this.#parts, facts))
        pieces.push(new Blob([plain as Uint8Array<ArrayBuffer>]))
      return new Blob(pieces)
    } catch (error) {
      if (refusalOf(error).code === 'file_damaged') await this.#forget(fileId(facts))
      throw error
    }
  }

  async #forget(file: Hash): Promise<void> {
    this.#kept.delete(toHex(file))
    await this.#parts.drop(file)
  }

  /** Stays so across restarts, for what goes out. */
  async pause(id: MessageId): Promise<void> {
    const at = idText(id)
    this.#paused.add(at)
    const before = this.#transfers.get(at)
    if (before !== undefined) this.#note(at, { ...before, state: 'paused' })
    this.wake()
    await this.#core.store.commit([put('local', pausedKey(at), new Uint8Array(0))])
  }

  async goOn(id: MessageId): Promise<void> {
    const at = idText(id)
    if (!this.#paused.delete(at)) return
    await this.#core.store.commit([drop('local', pausedKey(at))])
    this.bring()
  }

  /** A file whose message was given up. */
  async giveUp(id: MessageId, facts: FileFacts): Promise<void> {
    const at = idText(id)
    // No other message has this id: whoever is bringing it right now stops.
    this.#paused.add(at)
    this.#transfers.delete(at)
    await this.#core.store.commit([drop('local', pausedKey(at))])
    await this.#forget(fileId(facts))
  }

  /** Everything that can be fetched again. */
  async clear(): Promise<void> {
    this.#kept.clear()
    const begun = new Set((await this.#parts.begun()).map(toHex))
    const files = await this.#parts.files()
    const others = files.filter((file) => !begun.has(toHex(file)))
    await dropKept(this.#core, this.#parts, others)
    this.#outside.changed()
  }

  /** What waits for the line tries again. */
  wake(): void {
    for (const resume of this.#sleepers) resume()
    this.#sleepers.clear()
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.#sleepers.add(resolve)
      setTimeout(resolve, RETRY)
    })
  }

  #wanted(id: string): boolean {
    return !this.#ended && !this.#paused.has(id)
  }

  #note(id: string, transfer: Transfer): void {
    const paused = this.#paused.has(id)
    const before = this.#transfers.get(id)
    this.#transfers.set(id, paused ? { ...transfer, state: 'paused' } : transfer)
    const now = performance.now()
    if (before?.state === transfer.state && now - this.#told < TELL) return
    this.#told = now
    this.#outside.changed()
  }
}

function sourceOf(file: Blob): Source {
  return {
    size: file.size,
    read: async (offset, length) =>
      new Uint8Array(await file.slice(offset, offset + length).arrayBuffer()),
    close: () => Promise.resolve(),
  }
}

/** Files must not take the room that alerts and messages need. Bytes. */
const RESERVE = 100 * 1024 * 1024

/** Better said before than half way. A browser that does not tell is believed to have room. */
async function ensureRoom(size: number): Promise<void> {
  const told = await navigator.storage.estimate().catch(() => null)
  const free = (told?.quota ?? Number.POSITIVE_INFINITY) - (told?.usage ?? 0)
  ensure(free > size + RESERVE, 'device_full', 'file')
}
