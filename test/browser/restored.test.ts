// The box is brought back from a backup: an administrator confirms it in the app, a second one signs, and what waited
// goes out.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { json, newcomer, one, OWNER, serve, type Town, town } from '../helpers/cli.ts'
import { builtApp, enrol, installed, openApp, said, send } from './app.ts'
import { skip } from './chromium.ts'

const sync = (state: string) => json(['sync', '--state', state])

describe('a box from a backup', { concurrency: false, skip }, () => {
  test('An administrator confirms it in the app, and what waited goes out', async (t) => {
    const more = ['--app', await builtApp()]
    const here: Town = await town(t, { more })
    const url = here.box.url.replace('127.0.0.1', 'localhost')
    const anna = await newcomer(here, 'Anna Beispiel')
    const chief = await one([
      'invite',
      '--name',
      'Carla Beispiel',
      '--role',
      'admin',
      '--state',
      here.owner,
    ])
    const { page } = await openApp(t, { url: here.box.url })
    await enrol(page, String(chief['card']))
    await installed(page)
    const members = ['Anna Beispiel', 'Carla Beispiel']
    await json(['channel', 'create', 'Crisis team', ...members, '--state', here.owner])
    const stick = join(here.folder, 'stick')
    mkdirSync(stick)
    const paging = ['backup', '--page', '--data', here.data, '--origin', url]
    const { secret } = await one(paging)
    const { file } = await one(['backup', '--data', here.data, '--backup-to', stick])
    await json(['send', 'Crisis team', 'After the backup.', '--state', here.owner])
    await page.getByRole('link', { name: 'Channels' }).click()
    await page.getByRole('link', { name: /Crisis team/ }).click()
    await said(page, 'After the backup.').waitFor()

    await here.box.end('SIGKILL')
    const data = join(here.folder, 'restored')
    await json(['restore', String(file), '--data', data], { input: String(secret) })
    await serve(t, data, { port: here.box.port, more })
    await sync(here.owner)
    await page.reload()
    await page.getByText('Connected since').waitFor()
    await send(page, 'While nobody has confirmed.')
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByRole('button', { name: 'Confirm it' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Confirm', exact: true }).click()
    const text = page.getByRole('textbox', { name: 'Text for the second administrator' })
    await text.waitFor()
    const proposal = await text.inputValue()
    await page.getByRole('button', { name: 'Copy' }).click()
    await json(['cosign', proposal, '--state', here.owner])
    await page.getByText('Was the box brought back').waitFor({ state: 'detached' })
    await sync(here.owner)
    const texts = async (): Promise<unknown[]> =>
      (await sync(anna.state)).map((line) => line['text'])
    let seen: unknown[] = []
    for (let i = 0; i < 20 && !seen.includes('While nobody has confirmed.'); i++)
      seen = [...seen, ...(await texts())]
    assert.ok(seen.includes('After the backup.'), OWNER)
    assert.ok(seen.includes('While nobody has confirmed.'))
  })
})
