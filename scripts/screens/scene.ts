// The people whose screens are drawn: a first owner with the app, three colleagues with phones of their own.
import type { Page } from 'playwright-core'
import { enqueueMark } from '../../client/marks.ts'
import { drain } from '../../client/outbox.ts'
import { channels, titleOf } from '../../client/views.ts'
import { MARK } from '../../protocol/content.ts'
import { idText, type LogId } from '../../protocol/ids.ts'
import { CHANNEL_TYPE } from '../../protocol/kinds.ts'
import * as verbs from '../../test/helpers/town.ts'
import type { Phone, Town } from '../../test/helpers/town.ts'
import { ICON, sendPicture } from './picture.ts'

export type Scene = { page: Page; url: string; anna: Phone; bernd: Phone; clara: Phone }
type Take = (name: string) => Promise<void>

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
  await page.locator('.card-text').fill(card)
  await take('card')
  await page.locator('button[type=submit]').click()
  if (card === town.card) {
    await page.locator('.paper').waitFor()
    await take('root-key')
    await page.getByRole('checkbox').check()
    await page.locator('.button.main').click()
  }
  await page.locator('.start ul').first().waitFor()
  await take('welcome')
  await page.locator('.button.main').click()
  await page.getByRole('radio').last().check()
  await take('lock')
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
  await sendPicture(page, anna, team)
  await verbs.syncAll(anna, bernd, clara)
}

async function lastIdOf(phone: Phone, log: LogId) {
  const lines = phone.core.replica.lines.get(log) ?? []
  const mid = lines.findLast((line) => line.mid !== null)?.mid
  if (mid === null || mid === undefined) throw new Error('no message')
  return mid
}

/** A second, later export: somebody is new, somebody has moved, one row is bad. */
const ROSTER = `Display name;Mail;Mobile;Department
Dora Musterfrau;dora@musterstadt.example;+49 170 0000001;Control room
Emil Beispiel;emil@musterstadt.example;+49 170 0000002;Plant 2
Frieda Probe;frieda@musterstadt.example;+49 170 0000003;IT
`
const LATER = ROSTER.replace('Plant 2', 'Plant 3').replace(/Frieda.*\n/, '')
const FAULTS = `;nobody@musterstadt.example;;
Gustav Muster;gustav@musterstadt.example;none;IT
`

async function chooseRoster(page: Page, text: string): Promise<void> {
  const buffer = Buffer.from(text)
  const file = { name: 'roster.csv', mimeType: 'text/csv', buffer }
  await page.locator('input[type=file]').setInputFiles(file)
  await page.locator('.counts').waitFor()
}

type Picture = { name: string; show: (scene: Scene) => Promise<void> }

const open =
  (path: string, ready: string) =>
  async ({ page, url }: Scene): Promise<void> => {
    await page.goto(url + path)
    await page.locator(ready).first().waitFor()
  }

const firstOf = (selector: string) => async (scene: Scene) => {
  await scene.page.locator(selector).first().click()
  await scene.page.waitForTimeout(500)
}

async function alertFromAnna({ page, url, anna, bernd, clara }: Scene, exercise: boolean) {
  const audience = channels(anna.core.replica).find(({ type }) => type === CHANNEL_TYPE.audience)
  if (audience === undefined) throw new Error('no audience')
  await page.goto(`${url}/`)
  const text = exercise
    ? 'Quarterly test of the crisis line. Please answer within ten minutes.'
    : 'Ransomware in the office network. Do not switch on any computer. Wait for the next message here.'
  const { id } = await verbs.alert(anna, audience.id, text, { exercise })
  await verbs.syncAll(bernd, clara)
  await verbs.answer(bernd, id, 'safe')
  await page.locator('.takeover').waitFor()
}

export const SCREENS: readonly Picture[] = [
  { name: 'channel', show: async ({ page }) => page.waitForTimeout(4500) },
  {
    name: 'attach',
    show: async ({ page }) => {
      await page.locator('.composer > .icon-button').first().click()
      await page.locator('.attach-ways input').first().setInputFiles(ICON)
      await page.locator('.attached img').waitFor()
      await page.locator('.composer > .icon-button').first().click()
    },
  },
  {
    name: 'file-open',
    show: async ({ page }) => {
      await page.locator('.composer > .icon-button').first().click()
      await page.locator('.attached .icon-button').click()
      await page.locator('.file-open').click()
      await page.locator('.viewer .shown').waitFor()
    },
  },
  {
    name: 'mention',
    show: async ({ page }) => {
      await page
        .locator('.viewer .icon-button')
        .click({ timeout: 2000 })
        .catch(() => {})
      await page.locator('.composer textarea').pressSequentially('Please call @')
      await page.locator('.mention-list').waitFor()
    },
  },
  {
    name: 'who-has-it',
    show: async ({ page }) => {
      await page.locator('.composer textarea').fill('')
      await page.locator('.message.mine .message-more').first().click()
      await page.locator('.action').nth(3).click()
      await page.locator('.sheet[open] .names li').first().waitFor()
    },
  },
  {
    name: 'pinned',
    show: async ({ page }) => {
      await page.locator('.sheet[open] .button').click()
      await page.locator('.message:not(.mine) .message-more').first().click()
      await page.locator('.action').nth(1).click()
      await page.locator('[aria-haspopup=dialog]').click()
      await page.locator('.sheet[open] .row').waitFor()
    },
  },
  {
    name: 'search',
    show: async ({ page, url }) => {
      await page.goto(`${url}/search`)
      await page.locator('input[type=search]').fill('PLANT 2')
      await page.locator('.hit').first().waitFor()
    },
  },
  { name: 'channels', show: open('/channels', '.row') },
  { name: 'now', show: open('/', '.button.alarm') },
  { name: 'people', show: open('/people', '.row') },
  { name: 'person', show: firstOf('.row') },
  {
    name: 'away',
    show: async ({ page }) => {
      const form = page.locator('section[aria-labelledby=away-title]')
      await form.locator('.button').click()
      await form.locator('.chip').last().click()
      await form.locator('.field input').last().fill('Clara Probe')
      await form.locator('.button.main').click()
      await form.locator('.away').waitFor()
    },
  },
  {
    name: 'card-made',
    show: async (scene) => {
      await scene.page.locator('section[aria-labelledby=card-title] .button').click()
      await scene.page.locator('.paper-card').scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'change-person',
    show: async ({ page, url, bernd }) => {
      await page.goto(`${url}/people/${idText(bernd.person)}/change`)
      await page.locator('.option').first().waitFor()
    },
  },
  {
    name: 'compare',
    show: async ({ page, url, bernd }) => {
      await page.goto(`${url}/people/${idText(bernd.person)}/compare`)
      await page.locator('.numbers').waitFor()
    },
  },
  {
    name: 'compared',
    show: async ({ page }) => {
      await page.locator('.numbers + .actions .button').first().click()
      await page.locator('.verdict.large.good').waitFor()
    },
  },
  {
    name: 'not-compared',
    show: async ({ page }) => {
      await page.locator('.numbers + .actions .button').last().click()
      await page.locator('.verdict.large.bad').waitFor()
    },
  },
  { name: 'import', show: open('/people/import', '.file-drop') },
  {
    name: 'import-made',
    show: async ({ page }) => {
      await chooseRoster(page, ROSTER)
      await page.locator('.batches .button').click()
      await page.locator('.paper-card').nth(2).waitFor()
    },
  },
  {
    name: 'import-again',
    show: async (scene) => {
      await open('/people/import', '.file-drop')(scene)
      await chooseRoster(scene.page, LATER + FAULTS)
    },
  },
  { name: 'cards', show: open('/people/cards', '.row') },
  { name: 'new-person', show: open('/people/new', '.field') },
  { name: 'new-channel', show: open('/channels/new', '.picker') },
  { name: 'new-alert', show: open('/alerts/new', '.alert-form') },
  { name: 'settings', show: open('/settings', '.facts') },
  { name: 'night', show: open('/settings/night', '.option') },
  { name: 'device', show: open('/settings/device', '.facts') },
  {
    name: 'practice',
    show: async ({ page, url }) => {
      await page.goto(`${url}/settings`)
      await page.locator('.button.exercise').click()
      await page.locator('.practice-label').waitFor()
    },
  },
  { name: 'about', show: open('/about', '.facts') },
  { name: 'exercise', show: (scene) => alertFromAnna(scene, true) },
  {
    name: 'exercise-later',
    show: async ({ page }) => {
      await page.locator('.takeover .actions .button').last().click()
      await page.locator('.exercise-stripe').waitFor()
    },
  },
  { name: 'alert', show: (scene) => alertFromAnna(scene, false) },
  {
    name: 'roll-call',
    show: async ({ page }) => {
      await page.locator('.takeover .answer').first().click()
      await page
        .locator('.takeover')
        .waitFor({ state: 'detached' })
        .catch(() => {})
      await page
        .locator('.takeover .actions .button')
        .last()
        .click({ timeout: 2000 })
        .catch(() => {})
      await page.locator('.alert-card.live .button.quiet').click()
      await page.locator('.roll-call .row').first().waitFor()
      await page.waitForTimeout(4500)
    },
  },
]
