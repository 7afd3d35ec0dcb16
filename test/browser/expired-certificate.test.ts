// The certificate of the box ends in the night: an installed app keeps what it has, takes what is written, and sends it
// by itself once the operator has put a good one in place.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { BrowserContext, Page } from 'playwright-core'
import { AUTHORITY_FILE, ownCertificate } from '../../provisioning/certificates/private-ca.ts'
import { writeWhole } from '../../provisioning/whole-file.ts'
import {
  type BoxProcess,
  json,
  type Line,
  one,
  ORG,
  OWNER,
  serve,
  tempFolder,
} from '../helpers/cli.ts'
import { freePort } from '../helpers/proxy.ts'
import { until } from '../helpers/town-clock.ts'
import { builtApp, enrol, installed, said, send } from './app.ts'
import { profileFolder, skip } from './chromium.ts'
import { browserOf, trust } from './trusting.ts'

const TEAM = 'Crisis team'
const HEARD = 'We meet at seven.'
const FIRST = 'The pump house is flooded.'
const SECOND = 'Bring the second pump.'
/** A certificate of one's own authority lives for less. Milliseconds. */
const LONG_AGO = 400 * 24 * 60 * 60_000
/** An app without its box tries ever more rarely, in the end every 90 seconds at most. Milliseconds. */
const PATIENCE = 120_000

type Scene = Awaited<ReturnType<typeof scene>>

/** The operator's own authority. `renew`: a certificate of that age is where the box looks for its own. */
function certificateIn(folder: string): {
  authority: string
  file: string
  renew: (age: number) => void
} {
  const tls = join(folder, 'tls')
  const file = join(folder, 'box.pem')
  const renew = (age: number): void =>
    writeWhole(file, ownCertificate(tls, ['localhost'], ORG, Date.now() - age), 0o600)
  renew(0)
  return { authority: join(tls, AUTHORITY_FILE), file, renew }
}

/** A box with a certificate, Olga on the command line, and a phone that trusts the authority. */
async function scene(t: TestContext) {
  const folder = tempFolder(t)
  const data = join(folder, 'box')
  const { authority, file, renew } = certificateIn(folder)
  const { card } = await one(['init', '--data', data, '--org', ORG, '--owner', OWNER])
  const port = await freePort()
  const url = `https://localhost:${port}`
  const more = ['--tls-cert', file, '--tls-key', file, '--origin', url, '--app', await builtApp()]
  const start = (): Promise<BoxProcess> => serve(t, data, { port, more })
  const box = await start()
  const env = { NODE_EXTRA_CA_CERTS: authority }
  const olga = (...verb: string[]): Promise<Line[]> =>
    json([...verb, '--state', join(folder, 'olga')], { env })
  await olga('join', String(card), '--box', url)
  const [home, profile] = [join(folder, 'home'), profileFolder(t)]
  trust(home, authority)
  const phone = async (): Promise<BrowserContext> => {
    const context = await browserOf(t, home, profile)
    context.setDefaultTimeout(PATIENCE)
    return context
  }
  return { url, box, start, renew, olga, phone }
}

/** Erika has the app, and in it what Olga has said. */
async function joined(page: Page, { url, olga }: Scene): Promise<void> {
  const [invited] = await olga('invite', '--name', 'Erika Beispiel')
  await page.goto(url)
  await enrol(page, String(invited?.['card']))
  await installed(page)
  await olga('channel', 'create', TEAM, String(invited?.['person']))
  await olga('send', TEAM, HEARD)
  await toTeam(page)
  await said(page, HEARD).waitFor()
}

async function toTeam(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Channels' }).click()
  await page.getByRole('link', { name: TEAM }).click()
}

/** As somebody opens the app who had closed it. */
async function opened(context: BrowserContext, { url }: Scene): Promise<Page> {
  const page = await context.newPage()
  await page.goto(url)
  await toTeam(page)
  return page
}

/** What the conversation shows: all that was there, all that waits, and that the box is away. */
async function looked(page: Page, waiting: string[]): Promise<void> {
  await said(page, HEARD).waitFor()
  for (const text of waiting)
    await page
      .locator('.message.waiting', { hasText: text })
      .getByText('Waits on this device')
      .waitFor()
  const away = page.getByRole('status').filter({ hasText: 'No connection since' })
  await away.getByText(waiting.length === 1 ? '1 waits here' : '2 wait here').waitFor()
}

/** The box comes back in the night, behind a certificate that has ended. */
async function expire(context: BrowserContext, { box, renew, start, url }: Scene) {
  renew(LONG_AGO)
  // A box that goes on knows returning phones by their tickets, under the certificate of then.
  await box.end('SIGTERM')
  const again = await start()
  const [page] = context.pages()
  assert.ok(page !== undefined)
  // Past what answers in the place of the box: for its certificate alone nobody comes in.
  const failed = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/trusted'))
  await page.evaluate((at) => void fetch(at).catch(() => {}), `${url}/v1/trusted`)
  assert.match((await failed).failure()?.errorText ?? '', /ERR_CERT_DATE_INVALID/)
  return again
}

/** What Olga gets, until it is as much as was written. */
async function arrived({ olga }: Scene, count: number): Promise<unknown[]> {
  const heard: unknown[] = []
  await until(async () => {
    for (const { text } of await olga('sync')) if (text !== undefined) heard.push(text)
    return heard.length >= count
  }, 'what was written')
  return heard
}

test(
  'Behind a certificate that has ended the app opens, keeps what is written, and sends it when there is a good one',
  { skip },
  async (t) => {
    const stage = await scene(t)
    const before = await stage.phone()
    const page = await before.newPage()
    await joined(page, stage)
    const box = await expire(before, stage)
    await send(page, FIRST)
    await looked(page, [FIRST])
    await page.reload()
    await looked(page, [FIRST])
    await page.close()

    const tab = await opened(before, stage)
    await looked(tab, [FIRST])
    await send(tab, SECOND)
    await looked(tab, [FIRST, SECOND])
    await before.close()

    const after = await stage.phone()
    const last = await opened(after, stage)
    await looked(last, [FIRST, SECOND])
    stage.renew(0)
    box.child.kill('SIGHUP')
    await last.getByText('Connected since').waitFor()
    assert.deepEqual(await arrived(stage, 2), [FIRST, SECOND])
    await last.locator('.message.waiting').first().waitFor({ state: 'detached' })
    assert.equal(await box.end('SIGTERM'), 0, 'it has gone on all the while')
  },
)
