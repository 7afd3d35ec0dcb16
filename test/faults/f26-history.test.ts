// F26: random histories. Eight devices write, alert, add, remove, revoke, restart and lose their phones while
// the box is killed, loses its power, its disk, its clock and its line. In the end nothing that was
// confirmed is lost or doubled, and everybody shows the same. `npm run test:faults -- --seed N
// test/faults/f26-history.test.ts` makes the same choices again.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Removal } from '../../scripts/mutation/run-without.ts'
import { LONG, Proof, SEED, sizeOf } from './form.ts'
import { edit, edited } from './mutant.ts'
import { run } from './run.ts'

const SECONDS = sizeOf('historySeconds')
const SETTLING = 90
/** Of a control: nobody waits long for what never comes. */
const CONTROL_SECONDS = LONG ? 15 : 5
const CONTROL_SETTLING = 4

/** Phones notice a dead line within seconds, so that a history holds many of them. */
const HASTY = [
  edit('client/live.ts', 'const SILENCE = 60_000', 'const SILENCE = 3_000'),
  edit('client/network.ts', 'const TIMEOUT = 30_000', 'const TIMEOUT = 1_500'),
]

function history(seconds: number, settling: number, more: string, edits: Removal[] = []) {
  const args = `--seed ${SEED} --seconds ${seconds} --settling ${settling}${more}`.split(' ')
  return run('history-run.ts', args, edited(...HASTY, ...edits))
}

describe(`F26: random histories (seed ${SEED})`, () => {
  const proof = new Proof('F26', 'Random history checker', 'f26-history.test.ts', LONG ? 3 : 2)

  test(`${SECONDS} seconds of everything at once leave no anomaly`, async (t) => {
    const { status, err, result } = await history(SECONDS, SETTLING, '')
    assert.deepEqual(result['anomalies'], [], err)
    assert.equal(status, 0, err)
    const { acts, said, confirmed, faults } = result
    t.diagnostic(JSON.stringify({ acts, said, confirmed, faults }))
    const counts = { acts: Number(acts), said: Number(said), confirmed: Number(confirmed) }
    const all = Object.values(faults as Record<string, number>).reduce((sum, n) => sum + n, 0)
    proof.held(all, { seed: SEED, seconds: SECONDS, ...counts })
  })

  // What has arrived goes out once more with the next pass, under another id.
  const done =
    "checkHead(core, row.log, n, heads)\n  await core.store.commit([drop('outbox', key), drop('uploads', row.mid)])"
  const mid = 'const { ttl, plain } = row; const mid = asId<MessageId>(randomBytes(16))\n'
  const twice = [
    edit(
      'client/outbox.ts',
      'keys: [], sealed: row.sealed }',
      'keys: [], sealed: new Uint8Array(0) }',
    ),
    edit('client/outbox.ts', 'const { mid, ttl, plain } = row\n', mid),
    edit('client/outbox.ts', done, ''),
  ]
  const lost = [edit('server/store/database.ts', "['synchronous', 'FULL', 2],", '')]
  type Control = { title: string; faults: string; told: RegExp; edits: Removal[] }
  const controls: Control[] = [
    {
      title: 'devices that say the same thing twice are caught',
      faults: 'kill',
      told: /stands at \d+ and at \d+/,
      edits: twice,
    },
  ]
  // Power can only be cut where the shim can be built, which the short form does not ask for.
  if (LONG)
    controls.push({
      title: 'a box that loses what it has confirmed is caught',
      faults: 'power',
      told: /was confirmed at|rolled_back/,
      edits: lost,
    })
  for (const { title, faults, told, edits } of controls) {
    test(title, async () => {
      const more = ` --faults ${faults}`
      const { status, result, err } = await history(CONTROL_SECONDS, CONTROL_SETTLING, more, edits)
      assert.notEqual(status, 0)
      const anomalies = result['anomalies']
      assert.ok(Array.isArray(anomalies), err)
      assert.match(anomalies.join('\n'), told)
      proof.held(0, { controlsCaught: true })
    })
  }
})
