// A push comes while the app is closed. Whatever state the device is in, one notification shows, and it says as
// much as the device can know.
import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import { describe, test, type TestContext } from 'node:test'
import type { BrowserContext, CDPSession, Page } from 'playwright-core'
import { cleanUp } from '../helpers/cleanup.ts'
import type { LogId, PersonId } from '../../protocol/ids.ts'
import * as verbs from '../helpers/town.ts'
import type { Phone, Town } from '../helpers/town.ts'
import { enrol, installed, openApp, origin, said, send, startAppTown } from './app.ts'
import { skip } from './chromium.ts'

type Notice = { title: string; body: string; actions: string[] }
type Scene = {
  town: Town
  olga: Phone
  anna: PersonId
  team: LogId
  everybody: LogId
  page: Page
  context: BrowserContext
  /** A push arrives; returns all notifications that are there when it has been dealt with. */
  push: () => Promise<Notice[]>
}

const PLAIN = 'There is something new. Open to see whether it is an alert.'

/** Anna has joined, and her app is closed: a picture of the same origin is all that is open. */
async function scene(t: TestContext, join = true): Promise<Scene> {
  const town = await startAppTown(t)
  const olga = await town.owner()
  const { card, person: anna } = await verbs.invite(olga, 'Anna Beispiel')
  const team = await verbs.channel(olga, 'Crisis team', anna)
  const everybody = await verbs.audience(olga, 'Everybody', anna)
  const { page, context } = await openApp(t, town)
  await context.grantPermissions(['notifications'], { origin: origin(town) })
  if (join) {
    await enrol(page, card)
    await page.getByText('Connected since').waitFor()
  }
  await installed(page)
  const session = await context.newCDPSession(page)
  const registration = await registrationOf(session)
  const push = async (): Promise<Notice[]> => {
    const before = await newest(page)
    const delivery = { origin: origin(town), registrationId: registration, data: '' }
    await session.send('ServiceWorker.deliverPushMessage', delivery)
    await verbs.until(async () => (await newest(page)) > before, 'a notification')
    // Between two of one tag there may be none for a moment.
    await verbs.until(async () => (await notices(page)).length > 0, 'a notification that stays')
    return notices(page)
  }
  await close(page, town)
  return { town, olga, anna, team, everybody, page, context, push }
}

function registrationOf(session: CDPSession): Promise<string> {
  return new Promise((resolve) => {
    session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const [first] = registrations
      if (first !== undefined) resolve(first.registrationId)
    })
    void session.send('ServiceWorker.enable')
  })
}

async function close(page: Page, town: Town): Promise<void> {
  await page.goto(`${origin(town)}/icon.svg`)
}

/** When the newest one was shown: each replaces the one before. */
const newest = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready
    const all = (await registration.getNotifications()) as (Notification & { timestamp: number })[]
    return Math.max(0, ...all.map(({ timestamp }) => timestamp))
  })

/** Counts what the service worker shows from here on: one that replaces another is not seen otherwise. */
async function counting(context: BrowserContext): Promise<() => Promise<number>> {
  const [worker] = context.serviceWorkers()
  assert.ok(worker !== undefined, 'no service worker')
  await worker.evaluate(() => {
    const scope = globalThis as unknown as {
      registration: ServiceWorkerRegistration
      shown: number
    }
    const { registration } = scope
    const show = registration.showNotification.bind(registration)
    scope.shown = 0
    registration.showNotification = (title, options) => {
      scope.shown += 1
      return show(title, options)
    }
  })
  return () => worker.evaluate(() => (globalThis as unknown as { shown: number }).shown)
}

const notices = (page: Page): Promise<Notice[]> =>
  page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready
    type Shown = Notification & { actions?: { title: string }[] }
    return ((await registration.getNotifications()) as Shown[]).map(({ title, body, actions }) => {
      return { title, body, actions: (actions ?? []).map((one) => one.title) }
    })
  })

/** Something else answers at the address of the box. */
async function instead(t: TestContext, town: Town, answer: RequestListener): Promise<() => void> {
  const port = Number(new URL(town.url).port)
  await town.stop()
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const end = (): void => {
    server.closeAllConnections()
    server.close()
  }
  cleanUp(t, end)
  return end
}

describe('woken by a push', { concurrency: false, skip }, () => {
  test('It says what it is: an alert with its answers, an exercise, or how many messages', async (t) => {
    const { olga, team, everybody, push, page, context, town } = await scene(t)
    await verbs.say(olga, team, 'Who can drive?')
    const [message] = await push()
    assert.equal(message?.title, `Holdfast · ${verbs.ORG}`)
    assert.equal(message?.body, '1 new message: Crisis team')
    await verbs.alert(olga, everybody, 'A drill: say that you are there.', { exercise: true })
    const [drill] = await push()
    assert.equal(drill?.title, `EXERCISE · ${verbs.ORG}`)
    const { id } = await verbs.alert(olga, everybody, 'Fire in plant 2.')
    const all = await push()
    assert.equal(all.length, 1)
    assert.equal(all[0]?.title, `ALERT · ${verbs.ORG}`)
    assert.equal(all[0]?.body, 'Olga Beispiel: Fire in plant 2.')
    assert.deepEqual(all[0]?.actions.slice(0, 2), ['safe', 'need help'])
    // The device has said that it holds it, with the app closed all the while.
    await verbs.sync(olga)
    const received = await verbs.rollCall(olga, id)
    assert.equal(received.find(({ name }) => name === 'Anna Beispiel')?.state, 'received')
    await answerWith(context, 'answer/0')
    await verbs.until(async () => {
      await verbs.sync(olga)
      const rows = await verbs.rollCall(olga, id)
      return rows.some(({ name, answer }) => name === 'Anna Beispiel' && answer === 'safe')
    }, 'the answer from the notification')
    const [told] = await notices(page)
    assert.equal(told?.body, 'Your answer is on the box: safe')
    await page.goto(origin(town))
    await page.getByText('Fire in plant 2.').first().waitFor()
    await page.getByText('safe').first().waitFor()
  })

  test('Whatever the box does, one notification shows', async (t) => {
    const { town, olga, everybody, push, context, page } = await scene(t)
    await t.test('there is nothing new', async () => {
      assert.deepEqual(bodies(await push()), [PLAIN])
    })
    await t.test('two come at once', async () => {
      const shown = await counting(context)
      assert.deepEqual(bodies((await Promise.all([push(), push()]))[1]), [PLAIN])
      await verbs.until(async () => (await shown()) === 2, 'one for each')
    })
    await t.test('the box is out of reach', async () => {
      await town.stop()
      assert.deepEqual(bodies(await push()), [PLAIN])
      await town.start()
    })
    await t.test('something else answers', async () => {
      const end = await instead(t, town, (_, answer) => answer.end('nonsense'))
      assert.deepEqual(bodies(await push()), [PLAIN])
      end()
      await town.start()
    })
    await t.test('the box is silent: what is known already stays on the screen', async () => {
      await verbs.alert(olga, everybody, 'Fire in plant 2.')
      assert.deepEqual(bodies(await push()), ['Olga Beispiel: Fire in plant 2.'])
      const end = await instead(t, town, () => {})
      assert.deepEqual(bodies(await push()), ['Olga Beispiel: Fire in plant 2.'])
      end()
      await town.start()
    })
    await t.test('an answer without a line waits, and says so', async () => {
      await town.stop()
      await answerWith(context, 'answer/1')
      assert.deepEqual(bodies(await notices(page)), ['Your answer waits on this device: need help'])
      await town.start()
    })
    await t.test('it speaks the language of the screen', async () => {
      await page.evaluate(async () => {
        await (await caches.open('settings')).put('/language', new Response('de'))
      })
      assert.match(bodies(await push()).join(''), /^1 neue Nachricht: Everybody/)
    })
  })

  test('Whatever the device is, one notification shows', async (t) => {
    await t.test('nobody has joined', async (t_) => {
      const { push } = await scene(t_, false)
      assert.deepEqual(bodies(await push()), [PLAIN])
    })
    await t.test('it is locked', async (t_) => {
      const { olga, everybody, push, page, town } = await scene(t_)
      await lock(page, town)
      await verbs.alert(olga, everybody, 'Fire in plant 2.')
      assert.deepEqual(bodies(await push()), [PLAIN])
    })
    await t.test('the browser has thrown its storage away', async (t_) => {
      const { push, page } = await scene(t_)
      await page.evaluate(async () => {
        for (const { name } of await indexedDB.databases()) indexedDB.deleteDatabase(name ?? '')
      })
      assert.deepEqual(bodies(await push()), [PLAIN])
    })
    await t.test('what it stores is damaged', async (t_) => {
      const { push, page } = await scene(t_)
      await page.evaluate(damage)
      assert.deepEqual(bodies(await push()), [PLAIN])
    })
    await t.test('it has been removed', async (t_) => {
      const { push, olga, anna } = await scene(t_)
      await verbs.revoke(olga, { what: 'person', subject: anna })
      assert.deepEqual(bodies(await push()), [PLAIN])
    })
  })

  test('While the app is open and locked, its screen says that something has come', async (t) => {
    const { olga, everybody, push, page, town } = await scene(t)
    await lock(page, town)
    await page.goto(origin(town))
    await page.getByRole('button', { name: 'Lock now' }).waitFor({ state: 'detached' })
    await page.getByRole('heading', { name: 'Locked' }).waitFor()
    await verbs.alert(olga, everybody, 'Fire in plant 2.')
    assert.deepEqual(bodies(await push()), [PLAIN])
    await page.getByRole('alert').getByText('Something came at').waitFor()
    assert.equal(await page.getByText('Fire in plant 2.').count(), 0)
  })

  test('What was written without a line goes out with the app closed, once there is one again', async (t) => {
    const { town, olga, team, page, context } = await scene(t)
    await page.goto(`${origin(town)}/channels/${team.toHex()}`)
    await page.getByText('Connected since').waitFor()
    // She gets her keys from somebody who has some: a message tells that they have come.
    await verbs.sync(olga)
    await verbs.say(olga, team, 'Good morning.')
    await said(page, 'Good morning.').waitFor()
    await town.stop()
    await send(page, 'Written in the dark.')
    await page.getByText('Waits on this device').waitFor()
    await close(page, town)
    await town.start()
    await syncNow(context, page, town)
    await verbs.until(async () => {
      await verbs.sync(olga)
      const all = await verbs.read(olga, team)
      return all.includes('Written in the dark.')
    }, 'the message')
    assert.deepEqual(await verbs.read(olga, team), ['Good morning.', 'Written in the dark.'])
  })
})

const bodies = (all: Notice[]): string[] => all.map(({ body }) => body)

/** As a tap on an answer: no browser lets a test tap on a notification, or keep an event of its own alive. */
async function answerWith(context: BrowserContext, action: string): Promise<void> {
  const [worker] = context.serviceWorkers()
  await worker?.evaluate(async (chosen) => {
    type Scope = { registration: ServiceWorkerRegistration; NotificationEvent: EventOfClick }
    type EventOfClick = new (type: string, init: object) => Event & { waitUntil: unknown }
    const { registration, NotificationEvent } = globalThis as unknown as Scope
    const [notification] = await registration.getNotifications()
    const event = new NotificationEvent('notificationclick', { notification, action: chosen })
    let work: Promise<unknown> = Promise.resolve()
    event.waitUntil = (more: Promise<unknown>) => void (work = more)
    globalThis.dispatchEvent(event)
    await work
  }, action)
}

/** The browser's own time for it is its secret. */
async function syncNow(context: BrowserContext, page: Page, town: Town): Promise<void> {
  const session = await context.newCDPSession(page)
  const registrationId = await registrationOf(session)
  const tag = { origin: origin(town), registrationId, tag: 'outbox', lastChance: false }
  await session.send('ServiceWorker.dispatchSyncEvent', tag)
}

async function lock(page: Page, town: Town): Promise<void> {
  await page.goto(`${origin(town)}/settings`)
  await page.getByRole('button', { name: 'Change', exact: true }).click()
  await page.getByLabel('Passphrase').check()
  await page.getByLabel('Passphrase', { exact: true }).fill('seven blue horses')
  await page.getByLabel('Once more').fill('seven blue horses')
  await page.getByRole('button', { name: 'Set the passphrase' }).click()
  await page.getByRole('button', { name: 'Lock now' }).waitFor()
  await close(page, town)
}

/** Every row of the keys of this device is turned into something else. */
async function damage(): Promise<void> {
  const asked = indexedDB.open('holdfast')
  const db = await new Promise<IDBDatabase>((resolve) => {
    asked.addEventListener('success', () => resolve(asked.result))
  })
  const store = db.transaction('meta', 'readwrite').objectStore('meta')
  const keys = store.getAllKeys()
  await new Promise((resolve) => keys.addEventListener('success', resolve))
  for (const key of keys.result) store.put(new Uint8Array(100), key)
  await new Promise((resolve) => store.transaction.addEventListener('complete', resolve))
  db.close()
}
