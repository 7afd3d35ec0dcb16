// An app that starts without the box says when the box was last there, and who had what by then.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Hearing, lastHeard, type Link, turned } from '../../pwa/device/last-heard.ts'
import { keepReceipts, keptReceipts } from '../../pwa/device/kept-receipts.ts'
import type { LogId } from '../../protocol/ids.ts'
import { seededId } from '../helpers/seed.ts'
import { revoke, startTown, sync, until, welcome } from '../helpers/town.ts'

const turn = (link: Link, online: boolean, now: number, heardAt: number | null = null): Link =>
  turned(link, { online, reason: '', now, heardAt })

describe('the box was last there', () => {
  const start: Link = { online: null, since: 100, reason: '' }
  test('before the start, where it does not answer after it', () => {
    assert.equal(turn(start, false, 900).since, 100)
    assert.equal(turn(turn(start, false, 900), false, 950).since, 100)
  })

  test('when it was heard last, and not when somebody noticed', () => {
    const stood = turn(start, true, 500, 500)
    assert.equal(stood.since, 500)
    assert.equal(turn(stood, false, 900, 700).since, 700)
    assert.equal(turn(turn(stood, false, 900, 700), true, 950, 950).since, 950)
    // It has answered, and no line stood.
    assert.equal(turn(start, false, 900, 880).since, 880)
  })

  test('and that is kept while the line stands, and when it ends', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    const town = await startTown(t)
    const { core } = await town.owner()
    const kept = async (what: string, at: number | null): Promise<void> =>
      until(async () => (await lastHeard(core)) === at, what)
    assert.equal(await lastHeard(core), null)
    const hearing = new Hearing()
    t.after(() => hearing.end())
    hearing.turn(core, false)
    core.noteHeard(null)
    hearing.turn(core, true)
    const first = core.heardAt
    await kept('at the start', first)
    town.clock.advance(30_000)
    core.noteHeard(null)
    const second = core.heardAt
    t.mock.timers.tick(60_000)
    await kept('while it stands', second)
    // The phone slept: nothing was heard, and the clock went on.
    town.clock.advance(8 * 3_600_000)
    t.mock.timers.tick(60_000)
    hearing.turn(core, false)
    assert.equal(await lastHeard(core), second)
    assert.notEqual(first, second)
  })
})

describe('who had what', () => {
  test('is read back, without devices that are gone by then', async (t) => {
    const town = await startTown(t)
    const olga = await town.owner()
    const anna = await welcome(town, olga, 'Anna Beispiel')
    await sync(olga)
    const log = seededId<LogId>('log')
    assert.equal(await keptReceipts(olga.core, log), null)
    const held = [
      { person: anna.person, device: anna.device, upto: 7, gaps: [{ from: 2, to: 3 }] },
      { person: olga.person, device: olga.device, upto: 9, gaps: [] },
    ]
    await keepReceipts(olga.core, log, { asOf: 5, held })
    assert.deepEqual(await keptReceipts(olga.core, log), { asOf: 5, held })
    await revoke(olga, { what: 'device', subject: anna.device })
    assert.deepEqual(await keptReceipts(olga.core, log), { asOf: 5, held: held.slice(1) })
  })
})
