// F5: the file system becomes read-only, as Linux makes it when a disk fails. Each write is refused in the
// words of the error table and within its request, reading and live lines go on, and the process stays.
import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, type TestContext, test } from 'node:test'
import { bareItem } from '../../protocol/api.ts'
import { suiteCleaner } from '../helpers/cleanup.ts'
import { type BoxProcess, holdfast, refusal, serve } from '../helpers/cli.ts'
import { call, sealedText } from '../server/kit.ts'
import { assertSound, confirmedBy, stage } from '../server/traffic.ts'
import { Shim, skipWithoutCompiler } from './disk/shim.ts'
import { Proof } from './form.ts'
import { edit, edited } from './mutant.ts'
import { mountFailing } from './small-disk.ts'

type Stage = Awaited<ReturnType<typeof stage>>
type Talkers = Stage['talkers']

async function talk(talkers: Talkers, box: BoxProcess, more = 20): Promise<void> {
  const before = confirmedBy(talkers)
  const enough = (): boolean => confirmedBy(talkers) >= before + more
  await Promise.all(talkers.map((talker) => talker.talk(box, enough)))
}

/** One write, as a device makes it. */
async function write(place: Stage, box: BoxProcess, seq: number): Promise<string> {
  const core = place.talkers[0]?.core
  assert.ok(core !== undefined)
  const text = sealedText(core, place.log, 'not now', { seq })
  const { status, code } = await call(box, core.signer, 'entries', { items: [bareItem(text)] })
  return `${status} ${code}`
}

async function read(place: Stage, box: BoxProcess): Promise<number> {
  const core = place.talkers[1]?.core
  assert.ok(core !== undefined)
  const input = { have: [], wrapsSeen: 0, parcels: [] }
  const { status, bytes } = await call(box, core.signer, 'sync', input)
  return status === 200 ? bytes.length : 0
}

describe('F5: a read-only file system', () => {
  const proof = new Proof('F5', 'Read-only file system', 'f05-read-only.test.ts', 3)
  const suite = suiteCleaner()
  let place: Stage
  before(async () => {
    place = await stage(suite)
    await place.box.end('SIGTERM')
  })

  async function underShim(t: TestContext, more: Record<string, string> = {}) {
    const shim = new Shim(t)
    const { env } = shim.environment(place.data)
    const box = await serve(t, place.data, { port: place.box.port, env: { ...env, ...more } })
    await talk(place.talkers, box)
    return { shim, box }
  }

  test('that comes and goes', { skip: skipWithoutCompiler }, async (t) => {
    const { shim, box } = await underShim(t)
    const whole = await read(place, box)
    shim.failWrites('EROFS')
    for (let i = 0; i < 3; i++) {
      assert.equal(await write(place, box, 10_000 + i), '503 read_only')
      assert.equal(await read(place, box), whole, 'reading goes on')
    }
    shim.mend()
    await talk(place.talkers, box)
    assert.equal(await box.end('SIGTERM'), 0, 'the same process all the time')
    assertSound(place.held(), place.talkers)
    proof.held(1)
  })

  test('of a disk that has failed', async (t) => {
    const disk = mountFailing(join(place.folder, 'disk'))
    if (disk === null) {
      t.skip('this user may not mount a file system')
      return proof.held(0, { realFileSystem: false })
    }
    t.after(() => disk.unmount())
    const data = join(disk.folder, 'box')
    cpSync(place.data, data, { recursive: true })
    const box = await serve(t, data, { port: place.box.port })
    await talk(place.talkers, box)
    const whole = await read(place, box)
    disk.fail()
    for (let i = 0; i < 3; i++) {
      assert.equal(await write(place, box, 20_000 + i), '503 read_only')
      assert.equal(await read(place, box), whole)
    }
    assert.equal(await box.end('SIGTERM'), 0)
    const verb = ['serve', '--data', data, '--listen', '127.0.0.1:0']
    refusal(await holdfast(verb), 1, /data folder cannot be written/)
    proof.held(1, { realFileSystem: true })
  })

  test('a box that ends for it is caught', { skip: skipWithoutCompiler }, async (t) => {
    const dies = edit(
      'server/context.ts',
      "if (code !== 'read_only' || !readOnly.look())",
      'if (true)',
    )
    const { shim, box } = await underShim(t, edited(dies))
    shim.failWrites('EROFS')
    await assert.rejects(write(place, box, 30_000))
    assert.equal(await box.gone, 1)
    proof.held(0, { controlCaught: true })
  })
})
