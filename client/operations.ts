// The building blocks of membership acts: operations, drafts, and the keys that follow from them.
import { bareItem, type Item } from '../protocol/api.ts'
import { equal } from '../protocol/bytes.ts'
import type { Channel } from '../protocol/channel.ts'
import { compareBytes } from '../protocol/channel-operations.ts'
import { decodeEntry, signEntry } from '../protocol/entry.ts'
import type { PersonId } from '../protocol/ids.ts'
import type { KIND } from '../protocol/kinds.ts'
import { type ChannelRole } from '../protocol/kinds.ts'
import type { Core } from './core.ts'
import { newEpoch } from './epochs.ts'

/** A draft of the channel's next entries; its state is as before when `work` is done. */
export async function drafting<T>(channel: Channel, work: () => Promise<T>): Promise<T> {
  const mark = channel.journal.mark()
  try {
    return await work()
  } finally {
    channel.journal.rollback(mark)
  }
}

/** Applies an entry of ours to a draft and returns it as what is sent. */
export function append(draft: Channel, entry: Uint8Array): Item {
  draft.accept(decodeEntry(entry))
  return bareItem(entry)
}

export function operation(
  core: Core,
  channel: Channel,
  kind: typeof KIND.add | typeof KIND.remove | typeof KIND.role | typeof KIND.respkey,
  subjects: PersonId[],
  role: ChannelRole,
  data: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const { directory, memb } = channel
  const place = { dirN: directory.head.n, dirH: directory.head.h }
  const fields = {
    membN: memb.n + 1,
    membPrev: memb.head,
    ...place,
    role,
    subjects: sortedPersons(subjects),
    data,
  }
  return signEntry(kind, core.context(channel.id), fields, core.replica.pair.secretKey)
}

/** Each once, in the order that operations want. */
export function sortedPersons(people: PersonId[]): PersonId[] {
  const sorted = people.toSorted(compareBytes)
  return sorted.filter((person, i) => i === 0 || !equal(person, sorted[i - 1] as PersonId))
}

/** New epochs for every segment that somebody lost access to. */
export async function staleEpochs(core: Core, channel: Channel): Promise<Item[]> {
  const made: Item[] = []
  const context = core.context(channel.id)
  for (const seg of channel.segments.keys()) {
    if (channel.isStale(seg)) made.push(await newEpoch(core, channel, seg, context))
  }
  return made
}
