// A box that hands out whatever a test wants, to whom it wants: the files of a folder, and some instead.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { Readable } from 'node:stream'
import { RELEASE_PATH } from '../../protocol/release.ts'
import { TYPES } from '../../server/app-files.ts'
import { MANIFEST, SIGNATURES } from '../../server/release.ts'
import { type Cleaner, cleanUp } from './cleanup.ts'

type Swap = (path: string, request: IncomingMessage) => Uint8Array | string | null

function* onAndOn(): Generator<Uint8Array> {
  for (;;) yield Buffer.alloc(65_536, 'x')
}

export class HandingOut {
  /** Of the release, with app/ in it. */
  folder: string
  /** Instead of what lies there; null: nothing else. */
  swap: Swap = () => null
  /** Milliseconds before it answers. */
  delay: (path: string) => number = () => 0
  /** What is sent on and on, until whoever asks has had enough. */
  endless = ''
  readonly #server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://box').pathname
    const body = this.swap(path, request) ?? this.#file(path)
    if (body === null) return void response.writeHead(404).end()
    const type = TYPES[extname(path)] ?? 'text/html; charset=utf-8'
    const headers = { 'Content-Type': type, 'Cache-Control': 'no-store' }
    response.writeHead(200, headers)
    if (path === this.endless) return void Readable.from(onAndOn()).pipe(response)
    setTimeout(() => response.end(body), this.delay(path))
  })

  constructor(folder: string) {
    this.folder = folder
  }

  async listen(t: Cleaner): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    cleanUp(t, () => {
      this.#server.closeAllConnections()
      this.#server.close()
    })
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`
  }

  #file(path: string): Uint8Array | null {
    if (path === RELEASE_PATH.manifest) return readFileSync(join(this.folder, MANIFEST))
    if (path === RELEASE_PATH.signatures) {
      const signatures = join(this.folder, SIGNATURES)
      return existsSync(signatures) ? readFileSync(signatures) : Buffer.alloc(0)
    }
    const app = join(this.folder, 'app')
    const name = path.slice(1)
    if (readdirSync(app).includes(name)) return readFileSync(join(app, name))
    return extname(path) === '' ? readFileSync(join(app, 'index.html')) : null
  }
}
