// The people whose screens are drawn: a first owner with the app, three colleagues with phones of their own.
import type { Page } from 'playwright-core'
import { enqueueMark } from '../../client/marks.ts'
import { drain } from '../../client/outbox.ts'
import { channels, titleOf } from '../../client/views.ts'
import { MARK } from '../../protocol/content.ts'
import type { LogId } from '../../protocol/ids.ts'
import * as verbs from '../../test/helpers/town.ts'
import type { Phone, Town } from '../../test/helpers/town.ts'
import { sendPicture, sendPlan } from './files.ts'

export type Scene = { page: Page; url: string; anna: Phone; bernd: Phone; clara: Phone }
type Take = (name: string) => Promise<void>
export type Picture = { name: string; show: (scene: Scene) => Promise<void> }

const TEAM = 'Crisis team'

const at = (town: Town, path: string): string =>
  `${town.url.replace('127.0.0.1', 'localhost')}${path}`

/** From the start page to the first screen, with a picture of each step. */
export async function enrolInBrowser(
  town: Town,
  page: Page,
  take: Take,
  card = town.card,
): Promise<void> {
  await page.goto(at(town, '/'))
  const buttons = page.locator('.start .button')
  await buttons.first().waitFor()
  await take('start')
  await buttons.first().click()
  await page.locator('.card-entry .button').first().click()
  await page.locator('.problem').waitFor()
  await take('camera-refused')
  await page.locator('.scanner .button').click()
  await page.locator('.card-text').fill(`${card.slice(0, -1)}${card.endsWith('0') ? '1' : '0'}`)
  await page.locator('button[type=submit]').click()
  await page.locator('form .problem').waitFor()
  await take('card-refused')
  await page.locator('.card-text').fill(card)
  await take('card')
  await page.locator('button[type=submit]').click()
  await page.locator('.option input').last().check()
  await take('lock')
  await page.locator('.button.main').click()
  if (card === town.card) {
    await page.locator('.paper').waitFor()
    await take('root-key')
    await page.getByRole('checkbox').check()
    await page.locator('.button.main').click()
  }
  await page.locator('.start ul').first().waitFor()
  await take('welcome')
  await page.locator('.button.main').click()
  await page.locator('.button.quiet').waitFor()
  await take('reach')
  await page.locator('.button.quiet').click()
  await page.locator('.places').waitFor()
}

/** Whoever is invited on the screen joins with a phone. */
async function inviteOnScreen(
  town: Town,
  page: Page,
  [name, department]: [name: string, department: string],
  role: string,
): Promise<Phone> {
  await page.goto(at(town, `/people/new?role=${role}`))
  const fields = page.locator('.field input')
  await fields.nth(0).fill(name)
  await fields.nth(1).fill(department)
  await fields.nth(2).fill('+49 170 0000000')
  await page.locator('.button.main').click()
  return town.enrol((await page.locator('.paper-secret').textContent()) ?? '')
}

export async function prepareScene(town: Town, page: Page): Promise<Scene> {
  const join = (who: [string, string], role: string): Promise<Phone> =>
    inviteOnScreen(town, page, who, role)
  const anna = await join(['Anna Beispiel', 'Control room'], 'coordinator')
  const bernd = await join(['Bernd Muster', 'Plant 2'], 'member')
  await page.goto(at(town, '/alerts/new'))
  await page.locator('.button.main').click()
  await page.locator('.alert-form').waitFor()
  const clara = await join(['Clara Probe', 'IT'], 'member')
  await page.goto(at(town, '/channels/new'))
  await page.locator('.field input').fill(TEAM)
  await page.locator('.picker .check input').first().check()
  await page.locator('.button.main').click()
  await page.locator('.composer textarea').waitFor()
  const scene = { page, url: at(town, ''), anna, bernd, clara }
  await talk(scene)
  return scene
}

const channelOf = (phone: Phone, title: string): LogId => {
  const found = channels(phone.core.replica).find(
    (one) => titleOf(phone.core.replica, one) === title,
  )
  if (found === undefined) throw new Error(`no channel ${title}`)
  return found.id
}

async function talk({ page, anna, bernd, clara }: Scene): Promise<void> {
  await verbs.syncAll(anna, bernd, clara)
  const team = channelOf(anna, TEAM)
  const field = page.locator('.composer textarea')
  await verbs.say(anna, team, 'The directory server is encrypted. We meet here, not in Teams.')
  await verbs.say(bernd, team, 'Plant 2 runs on manual control. Pressure is stable.')
  await field.fill('Good. Nobody switches anything off before forensics has looked at it.')
  await field.press('Enter')
  await page.locator('.message.mine:not(.waiting)').waitFor()
  await verbs.syncAll(anna, bernd, clara)
  const last = await lastIdOf(bernd, team)
  await bernd.act(async (core) => {
    await enqueueMark(core, team, { mark: MARK.reaction, target: last, text: '👍' })
    await drain(core)
  })
  await verbs.say(clara, team, 'Backups of Friday are on the offline disk. I am checking them now.')
  await sendPlan(page, bernd, team)
  await sendPicture(page, anna, team)
  await verbs.syncAll(anna, bernd, clara)
}

async function lastIdOf(phone: Phone, log: LogId) {
  const lines = phone.core.replica.lines.get(log) ?? []
  const mid = lines.findLast((line) => line.mid !== null)?.mid
  if (mid === null || mid === undefined) throw new Error('no message')
  return mid
}

export const open =
  (path: string, ready: string) =>
  async ({ page, url }: Scene): Promise<void> => {
    await page.goto(url + path)
    await page.locator(ready).first().waitFor()
  }
