// F6: the clock of the box jumps, or is wrong from the start. No card expires for it, administrators can
// work, the order stays, requests and live lines go on, and the log says so.
import assert from 'node:assert/strict'
import { existsSync, globSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { Core } from '../../client/core.ts'
import { stayLive } from '../../client/live.ts'
import { revoke } from '../../client/people.ts'
import { pull } from '../../client/pull.ts'
import { bareItem } from '../../protocol/api.ts'
import type { LogId } from '../../protocol/ids.ts'
import type { Box } from '../../server/box.ts'
import type { Clock } from '../../server/context.ts'
import { STEADY_AFTER } from '../../server/limits.ts'
import { one, serve, tempFolder } from '../helpers/cli.ts'
import {
  type Address,
  call,
  catchUp,
  foundIn,
  inviteOne,
  joinWith,
  openGroup,
  sealedText,
  serveData,
  until,
} from '../server/kit.ts'
import { Proof, sizeOf } from './form.ts'

const MINUTE = 60_000
const YEAR = 365 * 24 * 60 * MINUTE
const JUMPS: [string, number][] = [
  ['ten years ahead', 10 * YEAR],
  ['ten years back', -10 * YEAR],
  ['five minutes ahead', 5 * MINUTE],
  ['five minutes back', -5 * MINUTE],
]
const ENTRIES = sizeOf('clockEntries')
const proof = new Proof('F6', 'Wrong and jumping clocks', 'f06-clock.test.ts', 4)

/** The clock of this machine, set wrong by as much as a test likes. */
class WrongClock implements Clock {
  wrong = 0
  skipped = 0

  now(): number {
    return Date.now() + this.wrong + this.skipped
  }

  monotonic(): number {
    return performance.now() + this.skipped
  }
}

const addressOf = ({ url }: Box): Address => {
  const { host, port } = new URL(url)
  return { url, host, port: Number(port) }
}

/** Everything that a wrong clock could get in the way of. `say` numbers what is said. */
async function assertWorks(box: Address, owner: Core, member: Core, log: LogId): Promise<void> {
  const before = member.replica.channels.get(log)?.head.n ?? 0
  for (let i = 0; i < ENTRIES; i++) {
    for (const core of [owner, member]) {
      await catchUp(core)
      const items = [bareItem(sealedText(core, log, `number ${i}`))]
      assert.equal((await call(box, core.signer, 'entries', { items })).code, '')
    }
  }
  for (const role of ['member', 'coordinator'] as const) {
    const { card } = await inviteOne(owner, 'Nina Neben', role)
    const core = await joinWith(box, card)
    assert.equal(core.replica.active, true, 'a fresh card works')
    await pull(owner)
    await revoke(owner, { what: 'device', subject: core.signer.device })
  }
  for (const core of [owner, member]) {
    await catchUp(core)
    assert.deepEqual(await core.store.list('problems'), [])
  }
  const [one, other] = [owner, member].map(({ replica }) => replica.channels.get(log)?.head)
  assert.deepEqual(one, other)
  assert.ok((one?.n ?? 0) >= before + 2 * ENTRIES)
}

/** A founded box under a clock that can be set wrong, what it logs, and two devices whose clocks are right. */
async function stage(t: TestContext) {
  const data = join(tempFolder(t), 'box')
  const { card } = await foundIn(data)
  const clock = new WrongClock()
  let logged = ''
  const sink = new Writable({
    write(chunk: Buffer, _, done) {
      logged += chunk.toString()
      done()
    },
  })
  const start = (): Promise<Box> => serveData(data, { clock, log: pino({ level: 'warn' }, sink) })
  const box = await start()
  const owner = await joinWith(addressOf(box), card)
  const member = await joinWith(addressOf(box), (await inviteOne(owner, 'Milo Member')).card)
  const log = await openGroup(owner, [member])
  return { box, start, owner, member, log, clock, logged: () => logged }
}

describe('F6: a clock that jumps while the box runs', () => {
  test('stops nothing and nobody', async (t) => {
    const { box, owner, member, log, clock, logged } = await stage(t)
    t.after(() => box.stop())
    const states: boolean[] = []
    const ending = new AbortController()
    const listener = await Core.open({ store: member.store })
    assert.ok(listener !== null)
    const events = {
      changed: () => Promise.resolve(),
      state: (online: boolean) => void states.push(online),
    }
    const line = stayLive(listener, events, ending.signal)
    t.after(() => ending.abort())
    await until(() => states.length > 0, 'the live line')
    for (const [what, jump] of JUMPS) {
      clock.wrong = jump
      await assertWorks(addressOf(box), owner, member, log)
      assert.deepEqual(states, [true], `the live line holds, ${what}`)
    }
    clock.wrong = 0
    await assertWorks(addressOf(box), owner, member, log)
    assert.match(logged(), /the clock of this machine was set/)
    ending.abort()
    await line
    proof.held(JUMPS.length + 1)
  })

  test('is believed after a day: a card does expire then', async (t) => {
    const { box, owner, member, log, clock } = await stage(t)
    t.after(() => box.stop())
    clock.wrong = 10 * YEAR
    await assertWorks(addressOf(box), owner, member, log)
    clock.skipped = STEADY_AFTER
    await assert.rejects(assertWorks(addressOf(box), owner, member, log), { code: 'card_expired' })
    proof.held(0, { controlCaught: true })
  })
})

test('F6: a clock that is wrong when the box starts stops nothing', async (t) => {
  const { box: first, start, owner, member, log, clock, logged } = await stage(t)
  await first.stop()
  for (const [, jump] of JUMPS) {
    clock.wrong = jump
    const box = await start()
    try {
      for (const core of [owner, member]) core.line.url.port = new URL(box.url).port
      await assertWorks(addressOf(box), owner, member, log)
    } finally {
      await box.stop()
    }
  }
  assert.match(logged(), /the clock of this machine is behind: set it/)
  proof.held(JUMPS.length)
})

const [library] = globSync('/usr/lib/*/faketime/libfaketime.so.1')
const missing = library === undefined && process.env['CI'] !== 'true'
const skip = missing ? 'faketime is not installed: apt-get install faketime' : false

test('F6: the same with the whole process under a false clock', { skip }, async (t) => {
  assert.ok(library !== undefined && existsSync(library), 'apt-get install faketime')
  const folder = tempFolder(t)
  const data = join(folder, 'box')
  const names = ['--org', 'Stadtwerke Musterstadt', '--owner', 'Olga Owner']
  const { card } = await one(['init', '--data', data, ...names])
  const setting = join(folder, 'faketime')
  writeFileSync(setting, '+0')
  const env = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: setting,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  }
  const box = await serve(t, data, { env })
  const owner = await joinWith(box, String(card))
  const member = await joinWith(box, (await inviteOne(owner, 'Milo Member')).card)
  const log = await openGroup(owner, [member])
  for (const jump of ['+3650d', '-3650d', '+300', '-300', '+0']) {
    writeFileSync(setting, jump)
    await assertWorks(box, owner, member, log)
    const days = Number.parseInt(jump, 10)
    const ahead = owner.clockError
    if (Math.abs(days) === 3650) assert.ok(ahead * days < 0, `the device sees it: ${ahead}`)
  }
  assert.equal(await box.end('SIGTERM'), 0)
  assert.match(box.said(), /the clock of this machine was set/)
  proof.held(5, { libfaketime: true })
})
