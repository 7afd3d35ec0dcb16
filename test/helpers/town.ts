// A town for stories: the real box in this process, organisations founded as `holdfast init` does it, and
// phones with the engine of the app. Everything is cleaned up after the test.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Logger } from 'pino'
import { cleanUp } from './cleanup.ts'
import type { OrgId } from '../../protocol/ids.ts'
import { type Box, startBox } from '../../server/box.ts'
import type { Config } from '../../server/config.ts'
import { type Overrides, prepareData } from '../../server/context.ts'
import { foundOrganisation } from '../../server/found.ts'
import { TownClock } from './town-clock.ts'
import { enrol, type Phone, type PhoneOptions } from './town-phones.ts'

export * from './town-clock.ts'
export * from './town-network.ts'
export * from './town-phones.ts'
export * from './town-verbs.ts'

export type Founded = { name: string; org: OrgId; card: string }
type TownOptions = {
  orgs?: [name: string, owner: string][]
  log?: Logger
  /** Folder of the built app, for browsers; a town that has one lives in real time. */
  app?: string
  box?: Pick<Overrides, 'pushService'>
}

export const ORG = 'Stadtwerke Musterstadt'
export const OWNER = 'Olga Beispiel'

export class Town {
  readonly folder = mkdtempSync(join(tmpdir(), 'holdfast-town-'))
  readonly data = join(this.folder, 'box')
  readonly clock: TownClock
  readonly orgs: Founded[] = []
  readonly phones: Phone[] = []
  readonly #log: Logger | undefined
  readonly #app: string | null
  readonly #overrides: Overrides
  #box: Box | null = null
  #port = 0

  constructor({ log, app, box = {} }: TownOptions = {}) {
    this.#overrides = box
    this.#log = log
    this.#app = app ?? null
    this.clock = new TownClock(app !== undefined)
  }

  get box(): Box {
    if (this.#box === null) throw new Error('the box is down')
    return this.#box
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** The founding card of the first organisation. */
  get card(): string {
    return this.#first.card
  }

  get #first(): Founded {
    const [first] = this.orgs
    if (first === undefined) throw new Error('no organisation')
    return first
  }

  async found(name: string, owner: string): Promise<void> {
    const unlock = prepareData(this.data)
    try {
      this.orgs.push({ name, ...(await foundOrganisation(this.data, name, owner, this.url)) })
    } finally {
      unlock()
    }
  }

  /** Starts the box; again on the same folder and port after `stop`. */
  async start(): Promise<void> {
    const config: Config = {
      data: this.data,
      host: '127.0.0.1',
      port: this.#port,
      origin: null,
      logLevel: 'silent',
      tls: null,
      operator: null,
      deliver: null,
      app: this.#app,
    }
    const { clock } = this
    const log = this.#log === undefined ? {} : { log: this.#log }
    this.#box = await startBox(config, { ...this.#overrides, clock, ...log })
    this.#port = Number(new URL(this.box.url).port)
  }

  async stop(): Promise<void> {
    const box = this.#box
    this.#box = null
    await box?.stop()
    // The phones live in this process too: let them see that their idle connections are gone.
    await new Promise((resolve) => setTimeout(resolve, 20))
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  async enrol(card: string, options: PhoneOptions = {}): Promise<Phone> {
    const phone = await enrol(this, card, options)
    this.phones.push(phone)
    return phone
  }

  /** The founding card becomes the first owner's phone. */
  owner(options: PhoneOptions = {}): Promise<Phone> {
    return this.enrol(this.card, options)
  }

  async clear(): Promise<void> {
    await Promise.all(this.phones.map((phone) => phone.close()))
    await this.stop()
    rmSync(this.folder, { recursive: true })
  }
}

/** A box with its organisations, running until the test ends. */
export async function startTown(t: TestContext, options: TownOptions = {}): Promise<Town> {
  const town = new Town(options)
  cleanUp(t, () => town.clear())
  for (const [name, owner] of options.orgs ?? [[ORG, OWNER]]) await town.found(name, owner)
  await town.start()
  return town
}
