// A phone that could not open an alert says so. The box, and a member whose phone tells tales, want the roll
// call to say that it was received.
import assert from 'node:assert/strict'
import { after } from 'node:test'
import { rollCall } from '../../client/alerts.ts'
import { concat, equal } from '../../protocol/bytes.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { Gap } from '../../protocol/gaps.ts'
import { sign } from '../../protocol/labels.ts'
import { signReceipt } from '../../protocol/receipt.ts'
import { headOf, known, Siege, type Victim } from '../helpers/hostile.ts'
import type { Phone } from '../helpers/town.ts'
import { attack, thwarted } from './attack.ts'

const siege = await Siege.lay()
after(() => siege.end())
const { town, olga, malte, all, alert } = siege
const place = known(olga, all).alerts.get(alert) ?? assert.fail('no alert')
const upto = headOf(olga, all)
const h = olga.core.replica.hashes.get(all)?.[upto] ?? assert.fail('no head')

const secretOf = (phone: Phone): Uint8Array => phone.core.replica.pair.secretKey
const said = (gaps: Gap[], by = malte): Uint8Array => {
  const { org } = by.core.replica.identity
  return signReceipt(
    { org, log: all, device: by.device, upto, h, gaps, t: town.clock.now() },
    secretOf(by),
  )
}
const AT = 93

/** The receipt with the bytes of its gaps replaced; signed anew by this phone, or not at all. */
function withGaps(honest: Uint8Array, gaps: Uint8Array, by: Phone | null): Uint8Array {
  const [front, t] = [honest.subarray(0, AT), honest.subarray(-72, -64)]
  const unsigned = concat(front.with(AT - 1, gaps.length / 16), gaps, t)
  const sig = by === null ? honest.subarray(-64) : sign('receipt', unsigned, secretOf(by))
  return concat(unsigned, sig)
}

function ranges(...numbers: number[]): Uint8Array {
  const bytes = new Uint8Array(8 * numbers.length)
  const view = new DataView(bytes.buffer)
  for (const [i, n] of numbers.entries()) view.setBigUint64(8 * i, BigInt(n))
  return bytes
}

async function receivedBy(asked: Victim, bytes: Uint8Array): Promise<boolean> {
  asked.network.answering('receipts', () => ({ receipts: [bytes] }))
  const rows = await asked.core.run(() => rollCall(asked.core, alert))
  return rows.some(({ person, state }) => equal(person, malte.person) && state === 'received')
}

async function boxTakes(bytes: Uint8Array): Promise<boolean> {
  try {
    await malte.core.line.call('receipt', { receipts: [bytes] }, malte.core.signer)
    return true
  } catch (error) {
    if (error instanceof ProtocolError) return false
    throw error
  }
}

attack('M11', 'No box calls an alert received that a phone says it could not open', async () => {
  const asked = await siege.victim(olga)
  const honest = said([{ from: place, to: place }])
  assert.equal(await receivedBy(asked, honest), false)
  assert.equal(await receivedBy(asked, said([])), true, 'a phone that has it')
  const forged: [string, Uint8Array][] = [
    ['takes the gap out', withGaps(honest, ranges(), null)],
    ['moves the gap', withGaps(honest, ranges(1, place - 1), null)],
    ['signs for another phone', withGaps(honest, ranges(), olga)],
  ]
  for (const [what, bytes] of forged) thwarted(await receivedBy(asked, bytes), `the box ${what}`)
  return { receipts: forged.length }
})

attack('M11', 'Gaps that overlap, run backwards or reach too far count for nothing', async () => {
  const asked = await siege.victim(olga)
  const honest = said([{ from: place, to: place }])
  const crooked: [string, Uint8Array][] = [
    ['run backwards', ranges(place + 1, place - 1)],
    ['are out of order', ranges(place + 1, upto, 1, place - 1)],
    ['overlap', ranges(1, place - 1, place - 1, place - 1)],
    ['touch', ranges(1, 1, 2, place - 1)],
    ['begin at nothing', ranges(0, place - 1)],
    ['reach beyond what is held', ranges(place + 1, upto + 1)],
  ]
  for (const [what, bytes] of crooked) {
    const receipt = withGaps(honest, bytes, malte)
    thwarted(await receivedBy(asked, receipt), `gaps that ${what} make an alert received`)
    thwarted(await boxTakes(receipt), `the box keeps gaps that ${what}`)
  }
  return { receipts: crooked.length }
})
