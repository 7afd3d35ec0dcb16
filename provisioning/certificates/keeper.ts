// Keeps the certificate of the box good: makes or orders one where there is none, and a new one when half of its life
// is over, so that an authority may be out of reach for weeks. What it writes is one file, which the box watches.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { ProtocolError } from '../../protocol/errors.ts'
import { type Authority, order, type Solver } from './acme/order.ts'
import { ownCertificate } from './private-ca.ts'
import { writeWhole } from '../whole-file.ts'
import { keyText, type Names, newKey } from './x509.ts'

export type Source =
  | { type: 'acme'; directory: string; ca: string | null; email: string | null; solver: Solver }
  | { type: 'private'; label: string }
export type Keeping = { folder: string; names: Names; source: Source }
export type Surroundings = {
  now(): number
  /** Something new lies in the file. */
  renewed(leaf: X509Certificate): void
  /** It did not work; the old one is good until then, null: there is none. */
  failed(error: unknown, until: Date | null): void
}

/** Chain and key in one file, so that there is no moment between the two. */
export const CURRENT = 'current.pem'
const ACCOUNT_KEY = 'account.key'
export const RENEWAL = 'renewal.json'
const HOUR = 60 * 60_000
const LONGEST_PAUSE = 6 * HOUR
/** Of its life, from which on a new one is wanted: of 90 days 45 are left for whatever goes wrong. */
const RENEW_AT = 0.5

/** What the last attempt came to, for those who ask how the box is. `error` null: it worked. Times in milliseconds. */
export type Renewal = { at: number; failures: number; error: string | null }

export class Keeper {
  readonly #keeping: Keeping
  readonly #on: Surroundings
  #nextTry = 0
  #failures = 0
  #working: Promise<void> | null = null

  constructor(keeping: Keeping, on: Surroundings) {
    this.#keeping = keeping
    this.#on = on
    mkdirSync(keeping.folder, { recursive: true, mode: 0o700 })
  }

  /** The file that the box reads. */
  get file(): string {
    return join(this.#keeping.folder, CURRENT)
  }

  /**
   * For a start: throws what stands in the way when there is no certificate at all; waits for nothing where there is a
   * good one.
   */
  async begin(): Promise<void> {
    const current = this.#current()
    if (current === null) return this.#renew()
    const looking = this.look()
    if (!this.#serves(current)) await looking
  }

  /** To be called every few minutes: does what is due, and never throws. */
  look(): Promise<void> {
    this.#working ??= this.#due().finally(() => (this.#working = null))
    return this.#working
  }

  async #due(): Promise<void> {
    const now = this.#on.now()
    const current = this.#current()
    if (now < this.#nextTry || (current !== null && this.#isGood(current, now))) return
    try {
      await this.#renew()
    } catch (error) {
      this.#failures += 1
      const pause = HOUR * 2 ** (this.#failures - 1)
      this.#nextTry = now + Math.min(pause, LONGEST_PAUSE)
      this.#note(error)
      this.#on.failed(error, current === null ? null : new Date(current.validTo))
    }
  }

  #isGood(leaf: X509Certificate, now: number): boolean {
    const [from, until] = [Date.parse(leaf.validFrom), Date.parse(leaf.validTo)]
    // One from the future was made while the clock was wrong.
    const made = from <= now + HOUR
    return this.#serves(leaf) && made && now < from + (until - from) * RENEW_AT
  }

  /** For all names, and not expired. */
  #serves(leaf: X509Certificate): boolean {
    const covers = this.#keeping.names.every((name) =>
      isIP(name) === 0 ? leaf.checkHost(name) : leaf.checkIP(name),
    )
    return covers && Date.parse(leaf.validTo) > this.#on.now()
  }

  #current(): X509Certificate | null {
    if (!existsSync(this.file)) return null
    try {
      return new X509Certificate(readFileSync(this.file))
    } catch {
      return null
    }
  }

  async #renew(): Promise<void> {
    const { source, folder, names } = this.#keeping
    const text =
      source.type === 'private'
        ? ownCertificate(folder, names, source.label, this.#on.now())
        : await ordered(source, folder, names)
    const leaf = new X509Certificate(text)
    // A box that runs as another user reads it through its group, where the folder lets it in.
    writeWhole(this.file, text, 0o640)
    this.#failures = 0
    this.#nextTry = 0
    this.#note(null)
    this.#on.renewed(leaf)
  }

  #note(error: unknown): void {
    const said = error instanceof Error ? error.message : null
    const renewal: Renewal = { at: this.#on.now(), failures: this.#failures, error: said }
    writeWhole(join(this.#keeping.folder, RENEWAL), `${JSON.stringify(renewal)}\n`, 0o644)
  }
}

async function ordered(
  source: Extract<Source, { type: 'acme' }>,
  folder: string,
  names: Names,
): Promise<string> {
  const { directory, ca, email, solver } = source
  const authority: Authority = { directory, ca, email, account: accountKey(folder) }
  const key = newKey()
  const chain = await order(authority, names, key, solver)
  const leaf = readLeaf(chain)
  if (leaf === null || !leaf.checkPrivateKey(key))
    throw new ProtocolError('acme_refused', 'what came is no certificate for this key')
  return keyText(key) + chain
}

function readLeaf(chain: string): X509Certificate | null {
  try {
    return new X509Certificate(chain)
  } catch {
    return null
  }
}

/** By which the authority knows this box again. */
function accountKey(folder: string) {
  const path = join(folder, ACCOUNT_KEY)
  if (!existsSync(path)) writeWhole(path, keyText(newKey()), 0o600)
  return createPrivateKey(readFileSync(path))
}
