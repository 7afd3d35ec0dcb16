// F3: fsync returns an error. Nothing is known about the disk then, and a second fsync that succeeds proves
// nothing: the box ends without an answer, and reads again at its next start.
import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { suiteCleaner } from '../helpers/cleanup.ts'
import { serve } from '../helpers/cli.ts'
import { until } from '../server/kit.ts'
import { assertSound, confirmedBy, heldBy, stage } from '../server/traffic.ts'
import { readJournal } from './disk/journal.ts'
import { PowerCuts } from './disk/power.ts'
import { Shim, skipWithoutCompiler } from './disk/shim.ts'
import { Proof } from './form.ts'
import { edit, edited } from './mutant.ts'

describe('F3: an fsync that fails', { skip: skipWithoutCompiler }, () => {
  const proof = new Proof('F3', 'fsync returns EIO', 'f03-sync-fails.test.ts', 3)
  const suite = suiteCleaner()
  let place: Awaited<ReturnType<typeof stage>>
  let shim: Shim
  before(async () => {
    place = await stage(suite)
    shim = new Shim(suite)
    await place.box.end('SIGTERM')
  })

  for (const [what, count] of [
    ['once', 1],
    ['from now on', 1000],
  ] as const) {
    test(`${what}: no answer, a process that ends with 1, and nothing confirmed lost`, async (t) => {
      const { folder, data, org, log, talkers, held } = place
      const { env, journal } = shim.environment(data)
      const base = join(folder, what)
      cpSync(data, base, { recursive: true })
      shim.mend()
      const box = await serve(t, data, { port: place.box.port, env })
      const before = confirmedBy(talkers)
      const traffic = Promise.all(talkers.map((talker) => talker.talk(box, () => false)))
      await until(() => confirmedBy(talkers) >= before + 20, 'traffic', 30_000)
      const failed = shim.failed
      shim.failSyncs('EIO', 'wal', count)
      await until(() => shim.failed > failed, 'the failure')
      await traffic
      assert.equal(await box.gone, 1, 'the process ends, and not as if all were well')
      assert.equal(shim.failed, failed + 1, 'fsync is not tried again')
      assert.match(box.said(), /the database failed; stopping/)
      // Of what was never synced nothing counts as written, and nothing of it was confirmed.
      const certain = join(folder, `${what}, certain`)
      const cuts = new PowerCuts(base, data, readJournal(journal), () => 0)
      assert.equal(cuts.cutAt(process.hrtime.bigint(), certain), 'none')
      assertSound(heldBy(certain, `${certain}, copy`, org, log), talkers)
      shim.mend()
      const next = await serve(t, data, { port: place.box.port, env })
      const since = confirmedBy(talkers)
      const enough = (): boolean => confirmedBy(talkers) >= since + 20
      await Promise.all(talkers.map((talker) => talker.talk(next, enough)))
      assert.equal(await next.end('SIGTERM'), 0)
      assertSound(held(), talkers)
      proof.held(1)
    })
  }

  test('a box that goes on and syncs again is caught', async (t) => {
    const { data, talkers } = place
    const { env } = shim.environment(data)
    const goesOn = edit('server/context.ts', 'trouble)) return fatal(error)', 'trouble)) void 0')
    const broken = { ...env, ...edited(goesOn) }
    const box = await serve(t, data, { port: place.box.port, env: broken })
    const failed = shim.failed
    shim.failSyncs('EIO', 'wal', 1)
    const before = confirmedBy(talkers)
    const enough = (): boolean => confirmedBy(talkers) >= before + 20
    await Promise.all(talkers.map((talker) => talker.talk(box, enough)))
    assert.ok(
      shim.failed > failed && confirmedBy(talkers) > before,
      'it answers behind the failure',
    )
    proof.held(0, { controlCaught: true })
  })
})
