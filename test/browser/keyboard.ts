// Who sits at a keyboard: Olga, with the app, and Anna, with whom she writes.
import type { TestContext } from 'node:test'
import type { BrowserContext, Page } from 'playwright-core'
import type { Town } from '../helpers/town.ts'
import { enrol, invite, openApp, origin, startAppTown } from './app.ts'
import { Hands } from './hands.ts'

export const FIELD = 'Write in Crisis team'

/** Olga, the first owner, with the app and a keyboard. */
export async function olgaIn(
  t: TestContext,
  browser?: BrowserContext,
): Promise<{ town: Town; olga: Hands; page: Page }> {
  const town = await startAppTown(t)
  const opened = await openApp(t, town, browser)
  await enrol(opened.page, town.card)
  return { town, olga: await Hands.on(opened), page: opened.page }
}

/** Anna has a phone without a screen, and a channel with Olga. */
export async function withAnna(t: TestContext, browser?: BrowserContext) {
  const scene = await olgaIn(t, browser)
  const { town, page } = scene
  const anna = await town.enrol(await invite(page, 'Anna Beispiel', 'coordinator'))
  await page.goto(`${origin(town)}/`)
  await page.getByRole('heading', { name: 'Now' }).waitFor()
  return { ...scene, anna }
}

export async function openChannel(olga: Hands): Promise<void> {
  await olga.press('c')
  await olga.isOn('heading', 'Channels')
  await olga.enter('link', 'Open a channel')
  await olga.isOn('heading', 'Open a channel')
  await olga.write('Name', 'Crisis team')
  await olga.to('checkbox', /^Anna Beispiel/)
  await olga.press('Space')
  await olga.enter('button', 'Open')
  await olga.isOn('heading', 'Crisis team')
}
