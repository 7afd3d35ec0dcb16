// What concerns one device: practising, being woken at night, its keys and storage, one's data as a file.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { blake2b } from '../../protocol/sodium.ts'
import * as verbs from '../helpers/town.ts'
import { annaWithApp, origin, send } from './app.ts'
import { skip } from './chromium.ts'

const groups = (key: Uint8Array): string =>
  (blake2b(32, key).subarray(0, 16).toHex().match(/.{4}/g) ?? []).join(' ')

describe('settings', { concurrency: false, skip }, () => {
  test('A practice alert takes the screen, cannot be taken for a real one, and sends nothing', async (t) => {
    const { town, page } = await annaWithApp(t)
    const posted: string[] = []
    await page.goto(`${origin(town)}/settings`)
    await page.getByRole('button', { name: 'Practise now' }).waitFor()
    page.context().on('request', (request) => posted.push(request.url()))
    await page.getByRole('button', { name: 'Practise now' }).click()
    const takeover = page.getByRole('dialog', { name: 'EXERCISE' })
    await takeover.getByText('PRACTICE – made by this device for you alone.').waitFor()
    await takeover.getByText('EXERCISE', { exact: true }).waitFor()
    assert.equal(await page.locator('.takeover.live').count(), 0)
    await takeover.getByRole('button', { name: 'Silence' }).waitFor()
    await takeover.getByRole('button', { name: 'I am safe' }).click()
    await page.getByText(/You answered .* Nothing was sent./).waitFor()
    await takeover.waitFor({ state: 'detached' })
    assert.deepEqual(
      posted.filter((url) => url.endsWith('/entries')),
      [],
    )
    await page.getByRole('link', { name: 'Now' }).click()
    await page.getByText('No alert.').waitFor()
  })

  test('A real alert ends the practice and stands on the screen alone', async (t) => {
    const { town, page, olga, anna } = await annaWithApp(t)
    const staff = await verbs.audience(olga, 'Staff', anna.person)
    await page.goto(`${origin(town)}/settings`)
    await page.getByRole('button', { name: 'Practise now' }).click()
    await page.locator('.practice-label').waitFor()
    await verbs.alert(olga, staff, 'Leave the building.')
    await page.locator('.takeover.live', { hasText: 'Leave the building.' }).waitFor()
    await page.locator('.practice-label').waitFor({ state: 'detached' })
    assert.equal(await page.locator('dialog[open]').count(), 1)
    await page.getByRole('button', { name: 'I am safe' }).click()
    await page.locator('.takeover').waitFor({ state: 'detached' })
    await page.getByText('The practice has ended. Nothing was sent.').waitFor()
  })

  test('What rings at night: the steps of each platform, ticked and remembered, and what nobody can promise', async (t) => {
    const { town, page } = await annaWithApp(t)
    await page.goto(`${origin(town)}/settings`)
    await page.getByRole('link', { name: 'Will it ring at night?' }).click()
    await page.getByText('No test push has arrived here yet').waitFor()
    await page.getByText('0 of 5 done').waitFor()
    await page.getByText('A computer that sleeps').waitFor()
    await page.getByRole('radio', { name: 'iPhone, iPad' }).check()
    await page.getByText('An iPhone gives web apps no critical alerts').waitFor()
    await page.getByRole('checkbox', { name: /silent switch/ }).check()
    await page.getByText('1 of 5 done').waitFor()
    await page.reload()
    await page.getByRole('radio', { name: 'iPhone, iPad' }).check()
    await page.getByText('1 of 5 done').waitFor()
    assert.ok(await page.getByRole('checkbox', { name: /silent switch/ }).isChecked())
    await page.getByRole('radio', { name: 'Android' }).check()
    await page.getByText('0 of 5 done').waitFor()
  })

  test('The keys of this device, what it stores, and my data as a file', async (t) => {
    const { town, page, olga, anna } = await annaWithApp(t)
    const log = await verbs.channel(olga, 'Crisis team', anna.person)
    await verbs.say(olga, log, 'This is not mine.')
    await page.goto(`${origin(town)}/channels/${log.toHex()}`)
    await send(page, 'Mine: “Größe” 1.')
    await page.getByText('On the box').waitFor()
    await page.goto(`${origin(town)}/settings`)
    await page.getByRole('link', { name: 'Keys, storage, my data' }).click()
    await page.getByText(groups(olga.core.replica.identity.rootPk)).waitFor()
    await verbs.sync(olga)
    const [device] = olga.core.replica.directory.activeDevices(anna.person)
    assert.ok(device)
    await page.getByText(groups(device.signPk)).waitFor()
    await page.getByText(device.id.toHex(), { exact: true }).waitFor()
    await page.getByText('2 messages, no file.').waitFor()
    await page.getByText(/ used of about /).waitFor()
    await page.getByText('The file is not encrypted.').waitFor()
    const saving = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Save as a file' }).click()
    const saved = await saving
    assert.equal(saved.suggestedFilename(), 'holdfast-Anna Beispiel.json')
    const mine = JSON.parse(readFileSync(await saved.path(), 'utf8')) as {
      profile: { name: string }
      channels: { title: string; members: string[] }[]
      messages: { text: string; type: string }[]
      answers: unknown[]
    }
    assert.equal(mine.profile.name, 'Anna Beispiel')
    assert.deepEqual(mine.channels[0]?.title, 'Crisis team')
    assert.deepEqual(mine.channels[0]?.members.toSorted(), ['Anna Beispiel', 'Olga Beispiel'])
    assert.deepEqual(
      mine.messages.map(({ text, type }) => [type, text]),
      [['text', 'Mine: “Größe” 1.']],
    )
    assert.deepEqual(mine.answers, [])
  })
})
