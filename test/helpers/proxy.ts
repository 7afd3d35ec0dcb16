// A line between devices and the box that can break: cut, silent, or slow as when packets are lost.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { type Cleaner, cleanUp } from './cleanup.ts'

type Pair = { near: Socket; far: Socket; dropped: boolean }

/** Of TCP's own numbers: the least time after which Linux sends a lost segment again. */
const RETRANSMISSION = 200

export class Proxy {
  readonly #server: Server
  readonly #pairs = new Set<Pair>()
  #target: number
  #up = true
  #silent = false
  /** Share of chunks that arrive only after a retransmission. */
  loss = 0
  /** Where the lost ones are chosen; a test may give a seeded one. */
  random: () => number = Math.random

  constructor(target: number) {
    this.#target = target
    this.#server = createServer((near) => this.#accept(near))
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get connections(): number {
    return this.#pairs.size
  }

  /** The box has come back at another port. */
  aim(target: number): void {
    this.#target = target
  }

  /** Every connection breaks, and nobody gets a new one. */
  cut(): void {
    this.#up = false
    for (const { near, far } of this.#pairs) {
      near.destroy()
      far.destroy()
    }
  }

  /** Nothing passes any more and neither end hears why: connections of now are lost for good. */
  goSilent(): void {
    this.#silent = true
    for (const pair of this.#pairs) pair.dropped = true
  }

  /** New connections work again. What was silent stays so: whatever stood in between has forgotten it. */
  heal(): void {
    this.#up = true
    this.#silent = false
  }

  async close(): Promise<void> {
    this.cut()
    const closed = once(this.#server, 'close')
    this.#server.close()
    await closed
  }

  #accept(near: Socket): void {
    if (!this.#up) return void near.destroy()
    const pair: Pair = { near, far: connect(this.#target, '127.0.0.1'), dropped: this.#silent }
    this.#pairs.add(pair)
    this.#carry(pair, near, pair.far)
    this.#carry(pair, pair.far, near)
  }

  #carry(pair: Pair, from: Socket, to: Socket): void {
    let last: Promise<void> = Promise.resolve()
    from.setNoDelay(true)
    from.on('error', () => {})
    from.on('data', (chunk: Buffer) => {
      if (pair.dropped) return
      // TCP keeps the order: what follows a lost segment waits for it.
      last = last.then(() => this.#lost()).then(() => this.#pass(pair, to, chunk))
    })
    from.on('close', () => {
      if (to.closed) this.#pairs.delete(pair)
      else if (!pair.dropped) void last.then(() => to.destroySoon())
    })
  }

  #lost(): Promise<void> | undefined {
    if (this.loss === 0) return undefined
    let wait = 0
    for (let again = RETRANSMISSION; this.random() < this.loss; again *= 2) wait += again
    return wait === 0 ? undefined : new Promise((resolve) => setTimeout(resolve, wait))
  }

  #pass(pair: Pair, to: Socket, chunk: Buffer): void {
    if (!pair.dropped && to.writable) to.write(chunk)
  }
}

/** Runs until the test ends. */
export async function proxyTo(t: Cleaner, target: number): Promise<Proxy> {
  const proxy = await new Proxy(target).listen()
  cleanUp(t, () => proxy.close())
  return proxy
}

/** A port that nobody uses at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
