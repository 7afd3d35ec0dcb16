// A real web push from end to end: the box encrypts and signs it, a push service of this machine carries it, and
// Firefox's service worker shows it.
import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import type { Page } from 'puppeteer-core'
import { cleanUp } from '../helpers/cleanup.ts'
import type { PersonId } from '../../protocol/ids.ts'
import {
  alert,
  audience,
  channel,
  invite,
  ORG,
  say,
  sync,
  until,
  type Phone,
  type Town,
} from '../helpers/town.ts'
import { certificate } from '../helpers/certificate.ts'
import { PushService } from '../helpers/push-service.ts'
import { builtApp, origin } from './app.ts'
import { skip, startFirefox } from './firefox.ts'
import { startTown } from '../helpers/town.ts'

type Scene = { town: Town; service: PushService; page: Page; olga: Phone }

const PATIENCE = { timeout: 20_000 }

async function scene(t: TestContext): Promise<Scene> {
  const tls = certificate(t)
  const service = new PushService(tls)
  await service.start()
  cleanUp(t, () => service.stop())
  const pushService = {
    host: 'localhost',
    port: service.ports.box,
    address: '127.0.0.1',
    ca: tls.cert,
  }
  const town = await startTown(t, { app: await builtApp(), box: { pushService } })
  const olga = await town.owner()
  const firefox = await startFirefox(t, service.ports.browser)
  const page = await firefox.newPage()
  await page.goto(origin(town))
  return { town, service, page, olga }
}

async function press(page: Page, name: string): Promise<void> {
  const button = await page.waitForSelector(
    `::-p-xpath(//*[self::button or self::a][normalize-space()="${name}"])`,
    PATIENCE,
  )
  await button?.click()
}

/** By asking again and again: what puppeteer would put into the page to wait there, its policy forbids. */
const see = (page: Page, text: string): Promise<void> =>
  until(
    () => page.evaluate((wanted) => document.body.textContent.includes(wanted), text),
    `${text} on the screen`,
  )

/** With the card typed in, up to the question about notifications. */
async function enrol(page: Page, card: string): Promise<void> {
  await press(page, 'Use it in this browser')
  await page.type('.card-text', card)
  await press(page, 'Join')
  await see(page, 'What guards this device?')
  await page.click('.option:last-of-type input')
  await press(page, 'Go on without a lock')
  await see(page, 'You are in')
  await press(page, 'Next')
  await see(page, 'May alerts wake you?')
}

const shown = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready
    return (await registration.getNotifications()).map(({ title }) => title)
  })

function isSubscribed(town: Town, person: PersonId): boolean {
  const [org] = [...town.box.context.orgs.values()]
  const [device] = org?.directory.activeDevices(person) ?? []
  if (org === undefined || device === undefined) return false
  return org.store.committed.subscriptions.of(device.id) !== null
}

describe('web push in Firefox', { concurrency: false, skip }, () => {
  test('Somebody types a card, chats, proves that pushes arrive, and is woken with the app closed', async (t) => {
    const { service, page, olga, town } = await scene(t)
    const { card, person } = await invite(olga, 'Anna Beispiel')
    await enrol(page, card)
    await press(page, 'Allow and test')
    await see(page, 'You are reachable.')
    assert.deepEqual(await shown(page), ['Holdfast'])
    assert.ok(service.posted.every(({ signed }) => signed))
    await press(page, 'Done')
    const team = await channel(olga, 'Crisis team', person)
    const everybody = await audience(olga, 'Everybody', person)
    await see(page, 'No alert.')
    await page.goto(`${origin(town)}/channels`)
    await press(page, 'Crisis teamNothing written yet')
    await page.type('.composer textarea', 'I am here.')
    await page.keyboard.press('Enter')
    await see(page, 'On the box')
    await sync(olga)
    // While the page is open nobody is woken.
    const before = service.posted.length
    await say(olga, team, 'You can see this.')
    await see(page, 'You can see this.')
    assert.equal(service.posted.length, before)
    await page.goto('about:blank')
    await until(
      () => town.box.context.live.of(olga.core.replica.identity.org).size === 0,
      'the page is gone',
    )
    const acknowledged = service.acknowledged.length
    await say(olga, team, 'Nobody sees this.')
    await until(() => service.acknowledged.length === acknowledged + 1, 'the push for a message')
    await alert(olga, everybody, 'Fire in plant 2.')
    await until(() => service.acknowledged.length === acknowledged + 2, 'the push for an alert')
    assert.deepEqual(
      new Set(service.posted.map((one) => `${one.bytes} ${one.ttl} ${one.urgency}`)).size,
      1,
    )
    await page.goto(origin(town))
    await see(page, 'Fire in plant 2.')
    // The service worker has fetched and opened it with the app closed.
    assert.deepEqual(await shown(page), [`ALERT · ${ORG}`])
  })

  test('A subscription that the service has forgotten is forgotten by the box, and made anew at the next start', async (t) => {
    const { service, page, olga, town } = await scene(t)
    const { card, person } = await invite(olga, 'Anna Beispiel')
    await enrol(page, card)
    await press(page, 'Allow and test')
    await see(page, 'You are reachable.')
    await press(page, 'Done')
    await see(page, 'No alert.')
    const everybody = await audience(olga, 'Everybody', person)
    await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready
      await (await registration.pushManager.getSubscription())?.unsubscribe()
    })
    await page.goto('about:blank')
    await until(
      () => town.box.context.live.of(olga.core.replica.identity.org).size === 0,
      'the page is gone',
    )
    const before = service.posted.length
    await alert(olga, everybody, 'One.')
    await until(() => service.posted.length === before + 1, 'a push that nobody takes')
    await alert(olga, everybody, 'Two.')
    await page.goto(origin(town))
    await see(page, 'Two.')
    assert.equal(service.posted.length, before + 1, 'pushed to what is gone')
    await until(() => isSubscribed(town, person), 'a new subscription')
    await page.goto('about:blank')
    await until(
      () => town.box.context.live.of(olga.core.replica.identity.org).size === 0,
      'the page is gone',
    )
    const acknowledged = service.acknowledged.length
    await alert(olga, everybody, 'Three.')
    await until(
      () => service.acknowledged.length === acknowledged + 1,
      'the push after the renewal',
    )
  })
})
