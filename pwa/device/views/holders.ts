// Who has a message, by name: those whose device has said so, signed, and those of whom nothing has come.
import { membersOf } from '../../../client/views.ts'
import { equal } from '../../../protocol/bytes.ts'
import { type LogId, parseId } from '../../../protocol/ids.ts'
import type { Device } from '../device.ts'
import { byName, who, type Who } from './names.ts'

export type HoldersView = {
  hold: Who[]
  /** `reachable`: has a device that could. */
  not: (Who & { reachable: boolean })[]
  /** When the box was asked last; null: not yet. */
  asOf: number | null
}

export function holdersView(
  { core, receipts }: Device,
  { channel, n }: { channel: string; n: number },
): HoldersView {
  const log = parseId<LogId>(channel)
  const state = core.replica.channels.get(log)
  const holders = receipts.holders(core, log, n)
  const me = core.replica.identity.person
  const members = state === undefined ? [] : membersOf(core.replica, state)
  const others = members.flatMap(({ person }) => (equal(person, me) ? [] : [person]))
  const holds = (person: Uint8Array): boolean => holders.some((one) => equal(one, person))
  return {
    hold: others
      .filter(holds)
      .map((person) => who(core, person))
      .toSorted(byName),
    not: others
      .filter((person) => !holds(person))
      .map((person) => {
        const reachable = core.replica.directory.activeDevices(person).length > 0
        return { ...who(core, person), reachable }
      })
      .toSorted(byName),
    asOf: receipts.asOf(log),
  }
}
