// F4: the disk is full. Ordinary messages are refused and wait on their devices; alerts, answers, reading
// and administration go on from a reserve, across a restart, and all is well again when there is space.
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { describe, type TestContext, test } from 'node:test'
import { waiting } from '../../client/outbox.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { RESERVE_BYTES } from '../../server/limits.ts'
import {
  alert,
  answer,
  audience,
  channel,
  ORG,
  OWNER,
  type Phone,
  problems,
  queue,
  read,
  refused,
  remove,
  revoke,
  rollCall,
  say,
  sync,
  syncAll,
  Town,
  welcome,
} from '../helpers/town.ts'
import { Proof } from './form.ts'
import { mountSmall, type SmallDisk } from './small-disk.ts'

const SIZE = 64 * 1024 * 1024

async function townOn(t: TestContext): Promise<{ town: Town; disk: SmallDisk } | null> {
  const town = new Town()
  const disk = mountSmall(town.data, SIZE)
  if (disk === null) {
    rmSync(town.folder, { recursive: true })
    t.skip('this user may not mount a small file system')
    return null
  }
  t.after(async () => {
    await Promise.all(town.phones.map((phone) => phone.close()))
    await town.stop()
    disk.unmount()
    await town.clear()
  })
  await town.found(ORG, OWNER)
  await town.start()
  return { town, disk }
}

const LONG_TEXT = 'x'.repeat(16_000)
const count = async (phone: Phone): Promise<number> =>
  (await phone.core.run(() => waiting(phone.core))).length

describe('F4: a full disk', () => {
  const proof = new Proof('F4', 'Disk full', 'f04-disk-full.test.ts', 1)

  test('puts messages off and lets alerts, answers and administration through', async (t) => {
    const place = await townOn(t)
    if (place === null) return
    const { town, disk } = place
    const olga = await town.owner()
    const anna = await welcome(town, olga, 'Anna Beispiel')
    const leo = await welcome(town, olga, 'Leo Leaver')
    const team = await channel(olga, 'Crisis team', anna, leo)
    const staff = await audience(olga, 'All staff', anna, leo)
    await syncAll(anna, leo, olga)
    const { reserve } = town.box.context
    assert.equal(reserve.keep(), true, 'the box keeps a reserve where there is room')
    disk.fill(1_000_000)
    let said = 0
    const fits = (): Promise<boolean> =>
      say(anna, team, LONG_TEXT).then(
        () => true,
        (error: unknown) => {
          if (error instanceof ProtocolError && error.code === 'box_unreachable') return false
          throw error
        },
      )
    while (await fits()) said++
    assert.ok(reserve.scarce && !reserve.held)
    assert.equal(await count(anna), 1)
    await assert.rejects(say(olga, team, 'nobody gets this yet'), refused('box_unreachable'))

    const urgent = async (name: string, ...others: Phone[]): Promise<void> => {
      // Behind texts that wait, on the same device.
      const { id } = await alert(olga, staff, `Fire in ${name}`)
      await syncAll(anna, ...others)
      assert.equal((await read(anna, staff)).at(-1), `Fire in ${name}`)
      await answer(anna, id, 'safe')
      await sync(olga)
      const states = (await rollCall(olga, id)).map(({ state }) => state)
      assert.equal(states.filter((state) => state === 'answered').length, 1)
    }
    await t.test('alerts and answers', () => urgent('plant 1', leo))
    await t.test('administration', async () => {
      const nina = await welcome(town, olga, 'Nina Neben')
      const second = await channel(olga, 'Second team', nina)
      await remove(olga, team, leo)
      await revoke(olga, { what: 'person', subject: leo.person })
      await sync(nina)
      assert.ok(nina.core.replica.channels.has(second))
      await assert.rejects(sync(leo), refused('device_revoked'))
    })
    await t.test('reading', async () => {
      await syncAll(olga, anna)
      assert.equal((await read(olga, team)).length, said)
    })
    await t.test('the same after a restart', async () => {
      await town.restart()
      assert.ok(town.box.context.reserve.scarce)
      await anna.core.run(() => queue(anna, team, 'after the restart'))
      await sync(anna)
      assert.equal(await count(anna), 2, 'ordinary messages still wait')
      await urgent('plant 2')
    })
    await t.test('space makes everything as before, without a restart', async () => {
      disk.empty()
      await syncAll(anna, olga, anna)
      assert.deepEqual([await count(anna), await count(olga)], [0, 0])
      const texts = await read(olga, team)
      assert.equal(texts.length, said + 3)
      assert.deepEqual(await read(anna, team), texts)
      assert.ok(town.box.context.reserve.held)
      for (const phone of [olga, anna]) assert.deepEqual(await problems(phone), [])
    })
    await t.test('the alert that finds the disk full goes through at once', async () => {
      disk.fill(0)
      // What SQLite has already on disk is used first.
      for (let i = 0; town.box.context.reserve.held; i++) await urgent(`plant ${3 + i}`)
      assert.ok(town.box.context.reserve.scarce)
    })
    await t.test('the box starts on a disk without a byte left', async () => {
      // Alerts have used the reserve up as well.
      disk.fill(0)
      await assert.rejects(alert(olga, staff, LONG_TEXT), refused('box_unreachable'))
      const before = await read(anna, staff)
      await town.restart()
      disk.fill(0)
      await town.restart()
      await sync(olga)
      assert.equal(await count(olga), 1, 'it waits')
      assert.deepEqual(await read(anna, staff), before)
      disk.empty()
      await syncAll(olga, anna)
      assert.equal((await read(anna, staff)).at(-1), LONG_TEXT)
    })
    proof.held(1, { reserveBytes: RESERVE_BYTES, entriesBeforeFull: said })
  })
})
