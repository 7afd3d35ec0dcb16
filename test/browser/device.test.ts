// The engine in a real Chromium against the real box: somebody joins, writes and reads as on the command line.
import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import type { BrowserContext, Page } from 'playwright-core'
import { fromHex } from '../../protocol/bytes.ts'
import { asId, type LogId, type PersonId } from '../../protocol/ids.ts'
import { channel, invite, type Phone, read, remove, say, startTown, sync } from '../helpers/town.ts'
import { bundle, killChromium, openPage, profileFolder, skip, startChromium } from './chromium.ts'
import type { DevicePage } from './pages/device.ts'

declare const device: DevicePage

type Scene = {
  olga: Phone
  anna: PersonId
  team: LogId
  profile: string
  open: (context: BrowserContext) => Promise<Page>
  stopBox: () => Promise<void>
  startBox: () => Promise<void>
}

/** Olga with a phone of the command line, Anna with a browser, and a channel for the two of them. */
async function scene(t: TestContext): Promise<Scene & { page: Page; context: BrowserContext }> {
  const town = await startTown(t)
  const olga = await town.owner()
  const profile = profileFolder(t)
  const context = await startChromium(t, profile)
  const script = await bundle('device')
  const open = (of: BrowserContext): Promise<Page> =>
    openPage(of, town.url, script, town.clock.now())
  const page = await open(context)
  const { card } = await invite(olga, 'Anna Beispiel')
  const joined = await page.evaluate(([with_, at]) => device.join(with_, at), [
    card,
    town.url,
  ] as const)
  const anna = asId<PersonId>(fromHex(joined))
  const team = await channel(olga, 'Crisis team', anna)
  await page.evaluate(() => device.sync())
  const box = { stopBox: () => town.stop(), startBox: () => town.start() }
  return { olga, anna, team, profile, open, page, context, ...box }
}

describe('a device in a browser', { concurrency: false, skip }, () => {
  test('Somebody joins in the browser with a card, and the two write to each other', async (t) => {
    const { olga, team, page } = await scene(t)
    assert.equal(await page.evaluate(() => device.whoami()), 'Anna Beispiel')
    await say(olga, team, 'We meet at seven.')
    await page.evaluate(() => device.sync())
    assert.equal(await page.evaluate(() => device.say('Crisis team', 'I am on my way.')), 1)
    await sync(olga)
    const both = ['We meet at seven.', 'I am on my way.']
    assert.deepEqual(await read(olga, team), both)
    assert.deepEqual(await page.evaluate(() => device.read('Crisis team')), both)
  })

  test('What the box does not get waits in the browser, also when that is killed, and goes out once', async (t) => {
    const { olga, team, page, context, profile, open, stopBox, startBox } = await scene(t)
    await stopBox()
    assert.equal(await page.evaluate(() => device.say('Crisis team', 'Written in the dark.')), 0)
    assert.deepEqual(await page.evaluate(() => device.read('Crisis team')), [])
    killChromium(profile)
    await context.close().catch(() => {})
    await startBox()
    const again = await open(await startChromium(t, profile))
    await again.evaluate(() => device.sync())
    await again.evaluate(() => device.sync())
    await sync(olga)
    assert.deepEqual(await read(olga, team), ['Written in the dark.'])
  })

  test('A message that comes while the page is open is there without asking', async (t) => {
    const { olga, team, page } = await scene(t)
    await page.evaluate(() => device.live())
    await say(olga, team, 'Fire in plant 2.')
    await page.waitForFunction(
      async () => (await device.read('Crisis team')).includes('Fire in plant 2.'),
      undefined,
      { polling: 100 },
    )
  })

  test('Five tabs that write at once lose nothing and send nothing twice', async (t) => {
    const { olga, team, context, page, open } = await scene(t)
    const tabs = [page]
    for (let i = 0; i < 4; i++) tabs.push(await open(context))
    const texts = tabs.map((_, tab) => Array.from({ length: 8 }, (_, i) => `${tab}.${i}`))
    await Promise.all(
      tabs.map((tab, i) =>
        tab.evaluate(async (mine) => {
          for (const text of mine) await device.say('Crisis team', text)
        }, texts[i] ?? []),
      ),
    )
    await page.evaluate(() => device.sync())
    await sync(olga)
    const got = await read(olga, team)
    assert.deepEqual(got.toSorted(), texts.flat().toSorted())
    for (const [tab] of tabs.entries())
      assert.deepEqual(
        got.filter((text) => text.startsWith(`${tab}.`)),
        texts[tab],
      )
  })

  test('Whoever was removed can neither read on nor write', async (t) => {
    const { olga, anna, team, page } = await scene(t)
    await say(olga, team, 'Before.')
    await page.evaluate(() => device.sync())
    assert.deepEqual(await page.evaluate(() => device.read('Crisis team')), ['Before.'])
    await remove(olga, team, anna)
    await say(olga, team, 'After.')
    await page.evaluate(() => device.sync())
    const nothing = /There is nothing here for this device/
    await assert.rejects(
      page.evaluate(() => device.read('Crisis team')),
      nothing,
    )
    await assert.rejects(
      page.evaluate(() => device.say('Crisis team', 'Let me in.')),
      nothing,
    )
  })
})
