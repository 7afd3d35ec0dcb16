// What two people compare, and what this device remembers of it.
import { equal } from '../../../protocol/bytes.ts'
import { idText, parseId, type PersonId } from '../../../protocol/ids.ts'
import {
  type Compared,
  decodeCompared,
  printCode,
  printNumbers,
  printOf,
  printThings,
} from '../../../client/verification.ts'
import type { Core } from '../../../client/core.ts'
import type { Device } from '../device.ts'
import { COMPARED, comparedKey } from '../local.ts'
import { who, type Who } from './names.ts'

/** `changed`: another device has come or gone since. */
export type ComparedState = 'never' | 'matched' | 'changed'

export function comparedState(core: Core, person: PersonId, kept: Compared | null): ComparedState {
  if (kept === null) return 'never'
  const print = printOf(core.replica, person)
  return print !== null && equal(print, kept.print) ? 'matched' : 'changed'
}

/** Of everybody whom somebody has compared on this device, by the text of their id. */
export async function comparedStates(core: Core): Promise<Map<string, ComparedState>> {
  const rows = await core.store.list('local', COMPARED)
  return new Map(
    rows.map(({ key, value }) => {
      const person = key.slice(COMPARED.length) as PersonId
      return [idText(person), comparedState(core, person, decodeCompared(value))]
    }),
  )
}

export type VerificationView = {
  who: Who
  /** Null: no device is active, there is nothing to compare. `things`: to be named in the language of the screen. */
  shown: { things: number[]; numbers: string[]; code: string } | null
  state: ComparedState
  /** When it last matched. */
  at: number | null
}

export async function verificationView(
  { core }: Device,
  { person: text }: { person: string },
): Promise<VerificationView | null> {
  const person = parseId<PersonId>(text)
  if (core.replica.directory.roleNow(person) === null) return null
  const print = printOf(core.replica, person)
  const row = await core.store.get('local', comparedKey(person))
  const kept = row === null ? null : decodeCompared(row)
  return {
    who: who(core, person),
    shown: print && {
      things: printThings(print),
      numbers: printNumbers(print),
      code: printCode(person, print),
    },
    state: comparedState(core, person, kept),
    at: kept?.at ?? null,
  }
}
