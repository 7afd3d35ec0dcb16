// The box loses its process in the middle of a conversation, as when a machine runs out of memory.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { json, one, serve, town } from '../helpers/cli.ts'
import { until } from '../helpers/town-clock.ts'
import { builtApp, enrol, openApp, said } from './app.ts'
import { skip } from './chromium.ts'

const TEAM = 'Crisis team'
const EACH = 30
const KILLED_AT = 10

/** Writes one after the other; `at` is called before each. */
async function write(
  page: Page,
  name: string,
  at: (i: number) => Promise<void> | void,
): Promise<void> {
  const field = page.getByRole('textbox', { name: `Write in ${TEAM}` })
  for (let i = 0; i < EACH; i++) {
    await at(i)
    await field.fill(`${name} ${i}.`)
    await field.press('Enter')
  }
}

/** What the box has of the two, in its order, once nothing of it waits on a phone any more. */
async function all(state: string): Promise<string[]> {
  const heard: string[] = []
  await until(async () => {
    for (const { text } of await json(['sync', '--state', state]))
      if (/^(Anna|Bernd) /u.test(String(text))) heard.push(String(text))
    return heard.length >= 2 * EACH
  }, 'all that was written')
  return heard
}

describe('a box that is killed', { concurrency: false, skip }, () => {
  test('What it has said to have is there, what waited goes out once, and nobody has to do anything', async (t) => {
    const more = ['--app', await builtApp()]
    const stage = await town(t, { more })
    const open = async (name: string) => {
      const made = await one(['invite', '--name', name, '--state', stage.owner])
      const { page } = await openApp(t, stage.box)
      await enrol(page, String(made['card']))
      return { page, person: String(made['person']) }
    }
    const [anna, bernd] = [await open('Anna Beispiel'), await open('Bernd Beispiel')]
    const { owner, box, data } = stage
    await one(['channel', 'create', TEAM, anna.person, bernd.person, '--state', owner])
    for (const { page } of [anna, bernd]) {
      await page.getByRole('link', { name: 'Channels' }).click()
      await page.getByRole('link', { name: TEAM }).click()
    }
    const kill = async (i: number): Promise<void> => {
      if (i === KILLED_AT) await box.end('SIGKILL')
    }
    await Promise.all([write(anna.page, 'Anna', kill), write(bernd.page, 'Bernd', () => {})])
    await anna.page.getByText('No connection since').waitFor()
    // Above what waits, and drawn when somebody looks there.
    await anna.page.getByRole('log').evaluate((lines) => lines.scrollTo(0, 0))
    // A colleague may have had all of it already.
    await anna.page
      .getByText(/On the box|of 2 have it/)
      .first()
      .waitFor()
    await anna.page.locator('.to-end').click()
    await serve(t, data, { port: box.port, more })
    const texts = await all(owner)
    for (const { page } of [anna, bernd]) {
      await page.getByText('Connected since').waitFor()
      // Who comes back first is said first: only the last of all is certain to be drawn at the end.
      await said(page, texts.at(-1) ?? '').waitFor()
    }
    for (const name of ['Anna', 'Bernd'])
      assert.deepEqual(
        texts.filter((text) => text.startsWith(name)),
        Array.from({ length: EACH }, (_, i) => `${name} ${i}.`),
      )
  })
})
