// F22: the store of a device is full in the middle of a write, or gone. The person is told, nothing that
// was promised is dropped, and nothing is promised that is not stored.
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { stayLive } from '../../client/live.ts'
import { waiting } from '../../client/outbox.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { LogId } from '../../protocol/ids.ts'
import {
  channel,
  type Phone,
  problems,
  queue,
  read,
  refused,
  reopen,
  say,
  startTown,
  sync,
  welcome,
} from '../helpers/town.ts'
import { until } from '../server/kit.ts'
import { Proof } from './form.ts'
import { mountSmall } from './small-disk.ts'

const SIZE = 3 * 1024 * 1024
const TEXT = 'x'.repeat(8000)

const waitingOn = async (phone: Phone): Promise<number> =>
  (await phone.core.run(() => waiting(phone.core))).length

async function queueUntilRefused(phone: Phone, to: LogId) {
  for (let promised = 0; ; promised++) {
    try {
      await phone.core.run(() => queue(phone, to, `${promised} ${TEXT}`))
    } catch (told) {
      return { promised, told }
    }
  }
}

describe('F22: the store of a device', () => {
  const proof = new Proof('F22', 'Device store wiped or full', 'f22-device-store.test.ts', 2)

  test('that is full in the middle of a write says so and keeps what it promised', async (t) => {
    const town = await startTown(t)
    const disk = mountSmall(join(town.folder, 'anna'), SIZE)
    if (disk === null) {
      t.skip('this user may not mount a small file system')
      return proof.held(0)
    }
    // The folder of the town goes with the town, so the phone and its disk have to go before.
    const clear = town.clear.bind(town)
    town.clear = async () => {
      await Promise.all(town.phones.map((phone) => phone.close()))
      disk.unmount()
      await clear()
    }
    const olga = await town.owner()
    const anna = await welcome(town, olga, 'Anna Beispiel', 'member', { folder: 'anna' })
    const team = await channel(olga, 'Crisis team', anna)
    await sync(anna)
    await say(olga, team, 'before')
    await sync(anna)
    await town.stop()
    disk.fill(300_000)
    const { promised, told } = await queueUntilRefused(anna, team)
    assert.ok(told instanceof ProtocolError)
    assert.equal(told.code, 'device_full')
    assert.match(told.message, /disk of this device/)
    assert.equal(await waitingOn(anna), promised)
    assert.deepEqual(await read(anna, team), ['before'], 'reading goes on')

    await t.test('across a restart, while it is still full', async () => {
      await anna.close()
      await town.start()
      const again = await reopen(town, { folder: 'anna' })
      assert.equal(await waitingOn(again), promised)
      await again.close()
    })
    disk.empty()
    const again = await reopen(town, { folder: 'anna' })
    await sync(again)
    await sync(olga)
    const texts = await read(olga, team)
    const all = Array.from({ length: promised }, (_, i) => `${i} ${TEXT}`)
    assert.deepEqual(texts, ['before', ...all])
    assert.equal(await waitingOn(again), 0)
    for (const phone of [olga, again]) assert.deepEqual(await problems(phone), [])
    await again.close()
    proof.held(1, { promised })
  })

  test('that is gone promises nothing any more', async (t) => {
    const town = await startTown(t)
    const olga = await town.owner()
    const clock = { now: () => town.clock.now(), wait: () => sleep(20) }
    const options = { folder: 'anna', clock }
    const anna = await welcome(town, olga, 'Anna Beispiel', 'member', options)
    const team = await channel(olga, 'Crisis team', anna)
    await sync(anna)
    const told: string[] = []
    const ending = new AbortController()
    const state = (_: boolean, reason: string): void => void told.push(reason)
    const events = { changed: () => Promise.resolve(), state }
    const line = stayLive(anna.core, events, ending.signal)
    t.after(() => ending.abort())
    await until(() => told.length > 0, 'the live line')
    rmSync(join(town.folder, 'anna'), { recursive: true })
    await say(olga, team, 'anybody there?')
    await until(() => told.some((text) => /no enrolled device/.test(text)), 'the notice')
    ending.abort()
    await line
    await assert.rejects(
      anna.core.run(() => queue(anna, team, 'into the void')),
      refused('device_missing'),
    )
    await assert.rejects(say(anna, team, 'into the void'), refused('device_missing'))
    await sync(olga)
    assert.deepEqual(await read(olga, team), ['anybody there?'])
    proof.held(1)
  })
})
