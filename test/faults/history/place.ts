// The box of a history: a process of its own behind a line that breaks, on a disk that fills up, under a
// clock that jumps, with what it writes written down, so that its power can go.
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../../client/core.ts'
import { type BoxProcess, one, serve } from '../../helpers/cli.ts'
import { freePort, Proxy } from '../../helpers/proxy.ts'
import { readJournal } from '../disk/journal.ts'
import { PowerCuts } from '../disk/power.ts'
import { Shim, skipWithoutCompiler } from '../disk/shim.ts'
import { mountSmall, type SmallDisk } from '../small-disk.ts'

const DISK = 96 * 1024 * 1024
const SKEW = join(import.meta.dirname, '../skew.mjs')

export class Place {
  readonly folder = mkdtempSync(join(tmpdir(), 'holdfast-history-'))
  readonly #disk: SmallDisk | null = mountSmall(join(this.folder, 'disk'), DISK)
  readonly data = join(this.folder, 'disk', 'box')
  readonly #base = join(this.folder, 'base')
  readonly #skew = join(this.folder, 'skew')
  readonly proxy = new Proxy(0)
  readonly shim: Shim | null
  readonly #works: (() => void | Promise<void>)[] = []
  readonly #random: () => number
  #box: BoxProcess | null = null
  #port = 0
  #journal = ''
  /** Whatever must not happen and did. */
  readonly anomalies: string[] = []

  constructor(random: () => number) {
    this.#random = random
    const cleaner = { after: (work: () => void | Promise<void>) => void this.#works.push(work) }
    this.shim = skipWithoutCompiler === false ? new Shim(cleaner) : null
    this.proxy.random = random
  }

  /** As devices reach the box. */
  get url(): string {
    return this.proxy.url
  }

  /** Phones try again soon, whatever pause the engine would make. */
  readonly clock = {
    now: (): number => systemClock.now(),
    wait: (milliseconds: number): Promise<void> => systemClock.wait(Math.min(milliseconds, 150)),
  }

  get box(): BoxProcess {
    assert.ok(this.#box !== null, 'the box is down')
    return this.#box
  }

  get disk(): SmallDisk | null {
    return this.#disk
  }

  /** Founds an organisation and starts its box. Returns the founding card. */
  async open(): Promise<string> {
    await this.proxy.listen()
    this.#port = await freePort()
    this.proxy.aim(this.#port)
    const names = ['--org', 'Stadtwerke Musterstadt', '--owner', 'Olga Owner']
    const { card } = await one(['init', '--data', this.data, ...names])
    await this.start()
    return String(card)
  }

  async start(): Promise<void> {
    const cleaner = { after: (work: () => void | Promise<void>) => void this.#works.push(work) }
    const env: Record<string, string> = { SKEW_FILE: this.#skew }
    if (this.shim !== null) {
      this.shim.mend()
      rmSync(this.#base, { recursive: true, force: true })
      cpSync(this.data, this.#base, { recursive: true })
      if (this.#journal !== '') rmSync(this.#journal, { force: true })
      const { env: more, journal } = this.shim.environment(this.data)
      this.#journal = journal
      Object.assign(env, more)
    }
    const box = await serve(cleaner, this.data, {
      port: this.#port,
      env,
      node: ['--import', SKEW],
      more: ['--origin', this.url],
    })
    this.#box = box
    void this.#watch(box)
  }

  /** A box that ends although nobody has told it to. */
  async #watch(box: BoxProcess): Promise<void> {
    const status = await box.gone
    if (this.#box === box) this.anomalies.push(`the box ended with ${status}: ${box.said()}`)
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const { box } = this
    this.#box = null
    await box.end(signal)
  }

  /** The next fsync fails and the process ends by itself. False when nobody has written anything meanwhile. */
  async failSync(patience: number): Promise<boolean> {
    const { box, shim } = this
    if (shim === null) return false
    this.#box = null
    shim.failSyncs('EIO', 'wal', 1)
    const status = await Promise.race([box.gone, systemClock.wait(patience)])
    if (status === undefined) {
      shim.mend()
      this.#box = box
      return false
    }
    if (status !== 1) this.anomalies.push(`the box ended with ${status} when fsync failed`)
    return true
  }

  /** The power goes: what was not synced may be gone. False where nothing has been written down. */
  async losePower(): Promise<boolean> {
    if (this.shim === null) return false
    await this.end('SIGKILL')
    const image = join(this.folder, 'image')
    const cuts = new PowerCuts(this.#base, this.data, readJournal(this.#journal), this.#random)
    cuts.cutAt(process.hrtime.bigint(), image)
    rmSync(this.data, { recursive: true })
    cpSync(image, this.data, { recursive: true })
    rmSync(image, { recursive: true })
    return true
  }

  setClock(wrong: number): void {
    writeFileSync(this.#skew, String(wrong))
  }

  /** Everything works again. */
  heal(): void {
    this.proxy.heal()
    this.proxy.loss = 0
    this.#disk?.empty()
    this.shim?.mend()
    this.setClock(0)
  }

  /** When the process ends in the middle: nothing of it stays on the machine. */
  abandon(): void {
    this.#box?.child.kill('SIGKILL')
    this.#disk?.unmount()
    rmSync(this.folder, { recursive: true, force: true })
  }

  async close(): Promise<void> {
    if (this.#box !== null) await this.end('SIGTERM')
    await this.proxy.close()
    for (const work of this.#works.toReversed()) await work()
    this.#disk?.unmount()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
