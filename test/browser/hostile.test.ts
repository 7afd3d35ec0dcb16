// A hostile box in front of a real browser: what it puts into its answers, nobody believes.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { signEntry } from '../../protocol/entry.ts'
import { joinFrames, encodeFrame, splitFrames } from '../../protocol/frames.ts'
import { CHANNEL_ROLE, KIND } from '../../protocol/kinds.ts'
import { channel, invite, type Phone, welcome } from '../helpers/town.ts'
import type { LogId } from '../../protocol/ids.ts'
import { enrol, openApp, origin, startAppTown } from './app.ts'
import { skip } from './chromium.ts'

/** What Olga would have to sign to let somebody in, signed by whoever the box is in league with. */
function falseAdmission(olga: Phone, team: LogId, malte: Phone): Uint8Array {
  const { replica } = olga.core
  const { memb, head } = replica.channels.get(team) ?? assert.fail('no channel')
  const { n: dirN, h: dirH } = replica.directory.head
  const fields = {
    membN: memb.n + 1,
    membPrev: memb.head,
    dirN,
    dirH,
    role: CHANNEL_ROLE.member,
    subjects: [malte.person],
    data: new Uint8Array(0),
  }
  const forged = signEntry(
    KIND.add,
    olga.core.context(team),
    fields,
    malte.core.replica.pair.secretKey,
  )
  return encodeFrame({ type: 'entry', n: head.n + 1, bytes: forged })
}

describe('a hostile box', { concurrency: false, skip }, () => {
  test('Somebody whom the box puts into a channel is not in it, is told as a problem, and reads nothing', async (t) => {
    const town = await startAppTown(t)
    const olga = await town.owner()
    const malte = await welcome(town, olga, 'Malte Muster')
    const { card, person } = await invite(olga, 'Anna Beispiel')
    const { page: anna, context } = await openApp(t, town)
    await enrol(anna, card)
    const team = await channel(olga, 'Crisis team', person)
    await anna.getByRole('link', { name: 'Channels' }).click()
    await anna.getByRole('link', { name: /Crisis team/ }).click()
    await anna.getByRole('heading', { name: '2 members' }).waitFor()
    let lied = 0
    await context.route('**/v1/sync', async (route) => {
      const honest = await route.fetch()
      if (!honest.ok()) return route.fulfill({ response: honest })
      const frames = splitFrames(new Uint8Array(await honest.body())).map(encodeFrame)
      lied += 1
      const body = Buffer.from(joinFrames([falseAdmission(olga, team, malte), ...frames]))
      await route.fulfill({ response: honest, body })
    })
    await anna.reload()
    await anna.goto(`${origin(town)}/`)
    await anna.getByText('A signature does not match.').waitFor()
    assert.ok(lied > 0)
    await context.unroute('**/v1/sync')
    await anna.getByRole('link', { name: 'Channels' }).click()
    await anna.getByRole('link', { name: /Crisis team/ }).click()
    await anna.getByRole('heading', { name: '2 members' }).waitFor()
    assert.equal(await anna.getByText('Malte Muster').count(), 0)
  })
})
