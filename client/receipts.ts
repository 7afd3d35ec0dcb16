// Receipts: what this device holds and has opened, signed.
import { equal } from '../protocol/bytes.ts'
import type { ErrorCode } from '../protocol/errors.ts'
import { fewGaps } from '../protocol/gaps.ts'
import { signReceipt } from '../protocol/receipt.ts'
import type { Core } from './core.ts'
import { refusalOf } from './refusal.ts'
import { receiptRow, writeRow } from './rows.ts'
import { put, type Write } from './store.ts'

/** "I hold and have opened this log up to n", for every channel that has grown. */
export async function sendReceipts(core: Core): Promise<void> {
  const { identity, pair, channels } = core.replica
  const receipts: Uint8Array[] = []
  const writes: Write[] = []
  for (const channel of channels.values()) {
    const { n, h } = channel.head
    if (!channel.members.has(identity.person)) continue
    const last = await core.store.get('receipts', channel.id)
    const gaps = fewGaps(core.replica.gaps.get(channel.id)?.ranges ?? [])
    const saying = writeRow(receiptRow, { upto: n, gaps })
    if (last !== null && equal(last, saying)) continue
    const value = {
      org: identity.org,
      log: channel.id,
      device: identity.device,
      upto: n,
      h,
      gaps,
      t: core.clock.now(),
    }
    receipts.push(signReceipt(value, pair.secretKey))
    writes.push(put('receipts', channel.id, saying))
  }
  if (receipts.length === 0) return
  await postReceipts(core, receipts)
  await core.commit(writes)
}

/** Another history than this device has seen; or no such channel, as where it came after the backup of a restored box. */
const ELSEWHERE: readonly ErrorCode[] = ['unknown_head', 'not_found']

/** What the box does not hold as this device does shows elsewhere; it must not keep the receipts of other channels back. */
async function postReceipts(core: Core, receipts: Uint8Array[]): Promise<void> {
  try {
    await core.line.call('receipt', { receipts }, core.signer)
  } catch (error) {
    if (!ELSEWHERE.includes(refusalOf(error).code)) throw error
    if (receipts.length > 1) for (const receipt of receipts) await postReceipts(core, [receipt])
  }
}
