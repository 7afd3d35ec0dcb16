// Every screen, in an order in which each leads to the next.
import type { Page } from 'playwright-core'
import { channels } from '../../client/views.ts'
import { idText } from '../../protocol/ids.ts'
import { CHANNEL_TYPE } from '../../protocol/kinds.ts'
import * as verbs from '../../test/helpers/town.ts'
import { ICON } from './files.ts'
import { STANDSTILLS } from './standstills.ts'
import { open, type Picture, type Scene } from './scene.ts'

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
      await page.locator('.file-open').last().click()
      await page.locator('.viewer .shown').waitFor()
    },
  },
  {
    name: 'pdf',
    show: async ({ page }) => {
      await page.locator('.viewer .icon-button').click()
      await page.locator('.file-open').first().click()
      await page.locator('.pdf[aria-busy=false]').waitFor()
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
  {
    name: 'keys',
    show: async (scene) => {
      await open('/channels', '.row')(scene)
      await scene.page.keyboard.press('?')
      await scene.page.locator('.keys:visible').waitFor()
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
      await page.locator('.print-words').waitFor()
    },
  },
  {
    name: 'compared',
    show: async ({ page }) => {
      await page.locator('.fold + .actions .button').first().click()
      await page.locator('.verdict.large.good').waitFor()
    },
  },
  {
    name: 'not-compared',
    show: async ({ page }) => {
      await page.locator('.fold + .actions .button').last().click()
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
  {
    name: 'wipe',
    show: async (scene) => {
      await open('/settings', '.facts')(scene)
      await scene.page.locator('section[aria-labelledby=wipe-title] .button').click()
      await scene.page.locator('.sheet[open]').waitFor()
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
  ...STANDSTILLS,
]
