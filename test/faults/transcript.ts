// What devices hold in the end: each entry once, in one order, in one chain, without a problem.
import assert from 'node:assert/strict'
import type { Core } from '../../client/core.ts'
import { messagesOf } from '../../client/views.ts'
import { toHex } from '../../protocol/bytes.ts'
import type { LogId } from '../../protocol/ids.ts'

export type Line = { n: number; id: string; from: string; text: string }

/** The messages of a channel as a device shows them, in its order. */
export async function transcriptOf(core: Core, log: LogId): Promise<Line[]> {
  const messages = await messagesOf(core, log)
  return messages.map(({ n, id, from, content }) => ({
    n,
    id: toHex(id),
    from: from === null ? '' : toHex(from),
    text: 'text' in content ? content.text : '',
  }))
}

type Talking = { core: Core; log: LogId; confirmed: ReadonlyMap<string, number> }

/** Everything confirmed stands on every device, once and at its place. */
export async function assertSameOnDevices(talkers: readonly Talking[]): Promise<void> {
  const heads = new Set<string | undefined>()
  for (const { core, log } of talkers) {
    assert.deepEqual(await core.store.list('problems'), [])
    heads.add(core.replica.channels.get(log)?.head.h.toHex())
    const at = new Map((await transcriptOf(core, log)).map(({ id, n }) => [id, n]))
    assert.equal(at.size, (await transcriptOf(core, log)).length, 'a message stands twice')
    for (const { confirmed } of talkers)
      for (const [id, n] of confirmed) assert.equal(at.get(id), n, `confirmed at ${n}`)
  }
  assert.equal(heads.size, 1, 'every device holds the same chain')
}
