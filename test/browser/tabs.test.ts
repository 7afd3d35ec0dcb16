// Several windows of one person, and what a browser can do to the storage of an app.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { LogId } from '../../protocol/ids.ts'
import { type Phone, read, sync } from '../helpers/town.ts'
import { channels } from '../../client/views.ts'
import { hungWindow } from '../../scripts/screens/standstills.ts'
import { enrol, installed, invite, openApp, origin, said, send, startAppTown } from './app.ts'
import { skip } from './chromium.ts'
import { Hands } from './hands.ts'

const TABS = 5
const EACH = 200

/** Until this phone has that many messages in its conversation; the tab that takes over may take a while. */
async function arrived(phone: Phone, count: number): Promise<LogId> {
  for (let tries = 0; tries < 300; tries++) {
    await sync(phone)
    const [log] = channels(phone.core.replica)
    if (log !== undefined && (await read(phone, log.id)).length >= count) return log.id
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
  return assert.fail(`${count} messages have not arrived`)
}

describe('several windows', { concurrency: false, skip }, () => {
  test('Five tabs write at once: each goes out once, in the order of its tab, and one of them may die', async (t) => {
    const town = await startAppTown(t)
    const { page: olga, context } = await openApp(t, town)
    await enrol(olga, town.card)
    const anna = await town.enrol(await invite(olga, 'Anna Beispiel'))
    await olga.goto(`${origin(town)}/people`)
    await olga.getByRole('link', { name: /Anna Beispiel/ }).click()
    await olga.getByRole('button', { name: 'Write' }).click()
    await send(olga, 'First.')
    await olga.getByText('On the box').waitFor()
    const here = olga.url()
    const tabs = [olga]
    while (tabs.length < TABS) {
      const tab = await context.newPage()
      await tab.goto(here)
      await said(tab, 'First.').waitFor()
      tabs.push(tab)
    }
    const writing = tabs.map(async (tab, i) => {
      const field = tab.getByRole('textbox', { name: /^Write in/ })
      for (let at = 0; at < EACH; at++) {
        await field.fill(`tab ${i} message ${at}`)
        await field.press('Enter')
      }
    })
    await Promise.all(writing)
    // The tab that holds the device goes; another one takes over and finishes.
    await olga.close()
    const log = await arrived(anna, 1 + TABS * EACH)
    const got = (await read(anna, log)).slice(1)
    assert.equal(got.length, TABS * EACH)
    assert.equal(new Set(got).size, TABS * EACH)
    for (let i = 0; i < TABS; i++) {
      const mine = got.filter((text) => text.startsWith(`tab ${i} `))
      assert.deepEqual(
        mine,
        Array.from({ length: EACH }, (_, at) => `tab ${i} message ${at}`),
      )
    }
  })

  test('Where another window hangs nobody sits before an empty page, and it goes on once that window is closed', async (t) => {
    const town = await startAppTown(t)
    const { page: olga, context } = await openApp(t, town)
    await enrol(olga, town.card)
    await olga.goto('about:blank')
    const hung = await hungWindow(context, origin(town))
    await olga.goto(origin(town))
    await olga.getByRole('heading', { name: 'Still opening' }).waitFor()
    await hung.close()
    await olga.getByRole('heading', { name: 'Now' }).waitFor()
  })

  test('A browser that has thrown the storage away says so, and a new card is the way back', async (t) => {
    const town = await startAppTown(t)
    const { page: olga, context } = await openApp(t, town)
    await enrol(olga, town.card)
    await installed(olga)
    const session = await context.newCDPSession(olga)
    const evict = () =>
      session.send('Storage.clearDataForOrigin', {
        origin: origin(town),
        storageTypes: 'indexeddb',
      })
    const anna = await invite(olga, 'Anna Beispiel')
    await olga.goto(origin(town))
    const hands = await Hands.on({ page: olga, context })
    await evict()
    await olga.getByRole('heading', { name: 'This device has stopped' }).waitFor()
    await olga.getByText('The keys of this device are gone.').waitFor()
    await hands.enter('button', 'Clear this device and use a new card')
    await olga.getByText('The crisis line').waitFor()
    await enrol(olga, anna)
    // Where it happens while the app is closed, the start page says it.
    await olga.goto('about:blank')
    await evict()
    await olga.goto(origin(town))
    await olga.getByText('The keys of this device are gone.').waitFor()
    await olga.getByText('The crisis line').waitFor()
  })
})
