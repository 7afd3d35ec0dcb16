// F23: the box runs out of memory, or its event loop stands still. It starts again with everything that it
// has confirmed; standing still costs time and nothing else.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Core } from '../../client/core.ts'
import { stayLive } from '../../client/live.ts'
import { suiteCleaner } from '../helpers/cleanup.ts'
import { serve, type Serving } from '../helpers/cli.ts'
import { catchUp, until } from '../server/kit.ts'
import { assertSound, confirmedBy, stage } from '../server/traffic.ts'
import { Proof, sizeOf } from './form.ts'
import { assertSameOnDevices } from './transcript.ts'

const DEATHS = sizeOf('memoryDeaths')
const SECONDS = sizeOf('blockedSeconds')
const MIB = 1024 * 1024
const LIMIT = 512 * MIB
const LEAK = join(import.meta.dirname, 'leak.mjs')
const BLOCK = join(import.meta.dirname, 'block.mjs')

/** How a process gets into a control group with a limit of memory; null where that may not be. */
function limitedGroup(t: TestContext): { command: string[] } | null {
  const unified = existsSync('/sys/fs/cgroup/cgroup.controllers')
  const parent = unified ? '/sys/fs/cgroup' : '/sys/fs/cgroup/memory'
  const group = join(parent, `holdfast-test-${process.pid}`)
  try {
    mkdirSync(group)
    t.after(() => rmdirSync(group))
    const file = unified ? 'memory.max' : 'memory.limit_in_bytes'
    writeFileSync(join(group, file), String(LIMIT))
  } catch {
    return null
  }
  const enter = `echo $$ > ${join(group, 'cgroup.procs')} && exec "$@"`
  return { command: ['sh', '-c', enter, 'sh'] }
}

describe('F23: memory and time', () => {
  const proof = new Proof('F23', 'Out of memory, blocked event loop', 'f23-memory.test.ts', 3)
  const suite = suiteCleaner()
  let place: Awaited<ReturnType<typeof stage>>
  before(async () => {
    place = await stage(suite)
    await place.box.end('SIGTERM')
  })

  /** Traffic until the box dies of it, and a start behind that. */
  async function dies(t: TestContext, serving: Serving, deaths: number): Promise<void> {
    const { data, talkers, held, box } = place
    for (let death = 0; death < deaths; death++) {
      const starving = await serve(t, data, { port: box.port, ...serving })
      const before = confirmedBy(talkers)
      await Promise.all(talkers.map((talker) => talker.talk(starving, () => false)))
      assert.notEqual(await starving.gone, 0)
      assert.ok(confirmedBy(talkers) > before, 'it has worked before')
      assertSound(held(), talkers)
    }
    const well = await serve(t, data, { port: box.port })
    const before = confirmedBy(talkers)
    const enough = (): boolean => confirmedBy(talkers) >= before + 20
    await Promise.all(talkers.map((talker) => talker.talk(well, enough)))
    for (const { core } of talkers) await catchUp(core)
    await assertSameOnDevices(talkers)
    assert.equal(await well.end('SIGTERM'), 0)
    assertSound(held(), talkers)
  }

  test('no room on the heap: nothing confirmed is lost', async (t) => {
    const node = ['--max-old-space-size=96', '--import', LEAK]
    await dies(t, { node, env: { LEAK_OF: 'heap' } }, DEATHS)
    proof.held(DEATHS)
  })

  test('no memory in a group of 512 MiB: nothing confirmed is lost', async (t) => {
    const group = limitedGroup(t)
    if (group === null) {
      t.skip('this user may not limit memory with control groups')
      return proof.held(0, { controlGroup: false })
    }
    const node = ['--import', LEAK]
    await dies(t, { node, env: { LEAK_OF: 'buffers' }, ...group }, DEATHS)
    proof.held(DEATHS, { controlGroup: true })
  })

  test('an event loop that stands still for 200 ms at a time', async (t) => {
    const { data, talkers, held, box } = place
    const slow = await serve(t, data, { port: box.port, node: ['--import', BLOCK] })
    const [first] = talkers
    const listener = await Core.open({ store: first?.core.store as Core['store'] })
    assert.ok(listener !== null)
    const states: boolean[] = []
    const ending = new AbortController()
    const state = (online: boolean): void => void states.push(online)
    const line = stayLive(listener, { changed: () => Promise.resolve(), state }, ending.signal)
    t.after(() => ending.abort())
    await until(() => states.length > 0, 'the live line')
    const before = confirmedBy(talkers)
    const over = sleep(SECONDS * 1000, true)
    let late = false
    void over.then(() => (late = true))
    await Promise.all(talkers.map((talker) => talker.talk(slow, () => late)))
    assert.ok(confirmedBy(talkers) > before)
    assert.deepEqual(states, [true], 'the live line holds')
    ending.abort()
    await line
    assert.equal(await slow.end('SIGTERM'), 0)
    assertSound(held(), talkers)
    proof.held(1, { blockedSeconds: SECONDS })
  })
})
