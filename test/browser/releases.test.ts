// What devices run: the app says it by itself, and administrators see the odd one out.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sayRunning } from '../../client/running.ts'
import { seededHash } from '../helpers/seed.ts'
import { invite, type Phone, sync, welcome } from '../helpers/town.ts'
import { enrol, installed, openApp, origin, startAppTown } from './app.ts'
import { skip } from './chromium.ts'

const OTHER = 'Another app than the signed one'

const say = (by: Phone, version: string, manifest: string): Promise<void> =>
  by.act((core) => sayRunning(core, { version, manifest: seededHash(manifest) }))

describe('releases', { concurrency: false, skip }, () => {
  test('An administrator sees who runs another app under the same number, and who an older one', async (t) => {
    const town = await startAppTown(t)
    const olga = await town.owner()
    const chief = await invite(olga, 'Carla Beispiel', 'admin')
    for (const name of ['Anna Beispiel', 'Bernd Muster', 'Doris Muster'])
      await say(await welcome(town, olga, name), '0.1.0', 'usual')
    await say(await welcome(town, olga, 'Emil Muster'), '0.0.9', 'old')
    const { page } = await openApp(t, town)
    await enrol(page, chief.card)
    await installed(page)
    await page.getByText('Connected since').waitFor()
    assert.equal(await page.getByText(OTHER).count(), 0)
    // The guard has a release from now on: the next line says which.
    await page.goto(`${origin(town)}/about`)
    await page.getByRole('heading', { name: 'What devices run' }).waitFor()
    const rows = page.locator('section', { hasText: 'What devices run' }).getByRole('listitem')
    // It is said when everything else has been.
    await rows.filter({ hasText: 'this device' }).waitFor({ timeout: 90_000 })
    assert.equal(await rows.count(), 3)
    assert.match(await rows.nth(0).innerText(), /^0\.1\.0 .*\n3 devices$/)
    const own = rows.filter({ hasText: 'this device' })
    assert.match(await own.innerText(), /another app under the same number.*\n+Carla Beispiel/)
    const old = rows.filter({ hasText: '0.0.9' })
    assert.match(await old.innerText(), /one device · older\n+Emil Muster/)
    await page.goto(origin(town))
    const told = page.getByRole('listitem').filter({ hasText: OTHER })
    assert.match(await told.innerText(), /Carla Beispiel/)
    await told.getByRole('link', { name: 'Look' }).click()
    await page.getByRole('heading', { name: 'What devices run' }).waitFor()
    await sync(olga)
  })
})
