// A box that was brought back from a backup knows less than its devices. Until administrators have said from where it
// goes on, it takes back what devices hold, place by place, and nothing new: a new entry would stand where an old one
// belongs, and a card that was used since would let somebody in a second time.
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { toHex } from '../protocol/bytes.ts'
import type { OrgId } from '../protocol/ids.ts'

const FILE = /^org-([0-9a-f]{32})\.restored$/

/** Beside the database of the organisation; says nothing but that it is there. */
export const restoredFile = (org: OrgId): string => `org-${toHex(org)}.restored`

export class Restoring {
  readonly #data: string
  readonly #waiting: Set<string>

  constructor(data: string) {
    this.#data = data
    const names = readdirSync(data).flatMap((name) => FILE.exec(name)?.[1] ?? [])
    this.#waiting = new Set(names)
  }

  has(org: OrgId): boolean {
    return this.#waiting.has(toHex(org))
  }

  /** Call when the statement of the administrators is on disk: a crash in between only makes them say it again. */
  end(org: OrgId): void {
    if (!this.#waiting.delete(toHex(org))) return
    rmSync(join(this.#data, restoredFile(org)), { force: true })
  }
}
