// People and cards: a roster becomes cards, cards become paper, roles change, and two phones are compared.
import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { people } from '../../client/views.ts'
import { personPrint, printCode, printOf } from '../../client/verification.ts'
import { type DeviceId, idText } from '../../protocol/ids.ts'
import { printWord } from '../../pwa/languages/print-words.ts'
import { seed } from '../helpers/seed.ts'
import {
  approve,
  invite as inviteOn,
  type Phone,
  sync,
  type Town,
  welcome,
} from '../helpers/town.ts'
import { enrol, invite, openApp, origin, startAppTown } from './app.ts'
import { profileFolder, skip, startChromium } from './chromium.ts'
import { cameraOn } from './film.ts'

type Row = [name: string, mail: string, mobile: string, department: string]
const HEADER = 'Display name;Mail;Mobile;Department'
const row = (i: number): Row => [
  `Person ${String(i).padStart(2, '0')} Beispiel`,
  `person${i}@musterstadt.example`,
  '+49 170 0000000',
  'Netz',
]
const rows = (count: number): Row[] => Array.from({ length: count }, (_, i) => row(i + 1))
const csv = (...all: Row[]): string => [HEADER, ...all.map((one) => one.join(';'))].join('\r\n')

async function choose(page: Page, text: string): Promise<void> {
  const buffer = Buffer.from(text)
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'roster.csv', mimeType: 'text/csv', buffer })
  await page.locator('.counts').waitFor()
}

const counts = async (page: Page): Promise<string[]> => page.locator('.counts dd').allTextContents()

/** Olga, the first owner, with the app. */
async function olgaWithApp(t: TestContext): Promise<{ town: Town; page: Page }> {
  const town = await startAppTown(t)
  const { page } = await openApp(t, town)
  await enrol(page, town.card)
  return { town, page }
}

async function allClear(page: Page): Promise<void> {
  await page.getByRole('button', { name: /on paper/ }).click()
  await page.getByText('Nothing is lost').waitFor()
}

describe('cards from a roster', { concurrency: false, skip }, () => {
  test('A list becomes cards, its faults are told by line, and one of the cards makes a device', async (t) => {
    const { town, page } = await olgaWithApp(t)
    await page.goto(`${origin(town)}/alerts/new`)
    await page.getByRole('button', { name: 'Prepare alerts to everybody' }).click()
    await page.locator('.alert-form').waitFor()
    await page.getByRole('link', { name: 'People' }).click()
    await page.getByRole('link', { name: 'Invite from a list' }).click()
    const bad: Row = ['', 'nobody@musterstadt.example', '', '']
    const odd: Row = ['Olaf Seltsam', 'olaf@musterstadt.example', 'none', 'Netz']
    await choose(page, csv(...rows(28), bad, odd))
    assert.deepEqual(await counts(page), ['29', '0', '0', '0', '1'])
    await page.getByText('Line 30 · not read').waitFor()
    await page.getByText('The name is empty. Enter the name').waitFor()
    await page.getByText('Line 31 · read, but look').waitFor()
    await page.getByText('Read as UTF-8, separated by semicolons.').waitFor()
    await page.getByRole('button', { name: 'Make 29 cards' }).click()
    await page.getByText('29 of 29 cards made').waitFor()
    await page.locator('.paper-card').nth(28).waitFor()
    await page.getByText('29 cards exist only on this screen.').waitFor()
    const card = await page
      .locator('.paper-card', { hasText: 'Person 07' })
      .locator('code')
      .textContent()
    const { page: anna } = await openApp(t, town)
    await enrol(anna, card ?? '')
    await anna.getByRole('link', { name: 'Channels' }).click()
    await anna.getByRole('link', { name: /Everybody/ }).click()
    await anna.getByRole('heading', { name: '30 members' }).waitFor()
  })

  test('The same list again shows what is others, and changes what was agreed to', async (t) => {
    const { town, page } = await olgaWithApp(t)
    await page.goto(`${origin(town)}/people/import`)
    await choose(page, csv(...rows(5)))
    await page.getByRole('button', { name: 'Make 5 cards' }).click()
    await page.getByText('5 of 5 cards made').waitFor()
    await allClear(page)
    const [one, two, three] = rows(5)
    assert.ok(one && two && three)
    await choose(page, csv(one, [two[0], two[1], two[2], 'Wasser'], three, row(9)))
    assert.deepEqual(await counts(page), ['1', '1', '2', '2', '0'])
    const change = page.locator('.field-change')
    assert.equal(await change.locator('del').textContent(), 'Netz')
    assert.equal(await change.locator('ins').textContent(), 'Wasser')
    await page.getByRole('button', { name: 'Apply 1 change' }).click()
    await page.getByText('1 of 1 changes applied').waitFor()
    await page.getByRole('button', { name: 'Remove Person 04 Beispiel' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await page.getByText('Removed or proposed').waitFor()
    await choose(page, csv(one, [two[0], two[1], two[2], 'Wasser'], three, row(9)))
    assert.deepEqual(await counts(page), ['1', '0', '3', '1', '0'])
    await choose(page, csv(one, ['', 'x@musterstadt.example', '', '']))
    await page.getByText('nobody can be removed before').waitFor()
    assert.equal(await page.getByRole('button', { name: /^Remove/ }).count(), 0)
  })

  test('What a failing box has left over is made later, and nobody is made twice', async (t) => {
    const { town, page } = await olgaWithApp(t)
    await page.goto(`${origin(town)}/people/import`)
    await choose(page, csv(...rows(150)))
    let posted = 0
    await page.context().route('**/v1/entries', async (route) => {
      posted += 1
      // The second batch is stored, and its answer gets lost.
      if (posted === 2) await route.fetch()
      return posted >= 2 ? route.abort() : route.continue()
    })
    await page.getByRole('button', { name: 'Make 150 cards' }).click()
    await page.getByText('The box cannot be reached.').waitFor()
    await page.getByText('64 cards exist only on this screen.').waitFor()
    await page.context().unroute('**/v1/entries')
    await page.getByRole('button', { name: 'Go on with the other 86' }).click()
    await page.getByText('150 of 150 cards made').waitFor()
    await page.getByText('150 cards exist only on this screen.').waitFor()
    await page.locator('.paper-card').nth(149).waitFor()
    assert.equal(new Set(await page.locator('.paper-secret').allTextContents()).size, 150)
    await allClear(page)
    await page.getByRole('link', { name: 'People' }).click()
    await page.getByText('151 people').waitFor()
  })

  test('Whoever leaves with cards that are not on paper is asked, whichever way', async (t) => {
    const { town, page } = await olgaWithApp(t)
    await page.goto(`${origin(town)}/people`)
    await page.getByRole('link', { name: 'Invite somebody' }).click()
    await page.getByLabel('Name').fill('Anna Beispiel')
    await page.getByRole('button', { name: 'Make the card' }).click()
    await page.locator('.paper-card').waitFor()
    const asked = page.getByRole('dialog', { name: 'Leave without the card?' })
    await page.getByRole('link', { name: 'Channels' }).click()
    await asked.getByRole('button', { name: 'Back' }).click()
    await page.evaluate(() => history.back())
    await asked.getByRole('button', { name: 'Back' }).click()
    await page.keyboard.press('c')
    await asked.waitFor()
    // No sooner is it put aside than it is asked again.
    await page.evaluate(async () => {
      document.querySelector<HTMLElement>('.sheet[open] .button:last-child')?.click()
      while (document.querySelector('dialog[open]') !== null) await Promise.resolve()
      dispatchEvent(new KeyboardEvent('keydown', { key: 'p' }))
      await new Promise((later) => setTimeout(later, 100))
    })
    assert.ok(await asked.isVisible(), 'the question has gone by itself')
    await asked.getByRole('button', { name: 'Back' }).click()
    await page.getByRole('button', { name: 'Invite the next' }).click()
    await asked.getByRole('button', { name: 'Back' }).click()
    // Chromium asks nobody when the page does not answer within a second.
    await page.evaluate(() => new Promise((idle) => requestIdleCallback(idle)))
    const unload = page.waitForEvent('dialog')
    void page.reload().catch(() => {})
    const dialog = await unload
    assert.equal(dialog.type(), 'beforeunload')
    await dialog.dismiss()
    assert.equal(await page.locator('.paper-card').count(), 1)
    await allClear(page)
    await page.getByRole('link', { name: 'Channels' }).click()
    await page.getByRole('heading', { name: 'Channels' }).waitFor()
  })
})

describe('a card on the screen', { concurrency: false, skip }, () => {
  test('Once somebody has joined with it nothing is lost, and leaving asks nothing', async (t) => {
    const { town, page } = await olgaWithApp(t)
    await page.goto(`${origin(town)}/people/new`)
    await page.getByLabel('Name').fill('Anna Beispiel')
    await page.getByLabel('Mobile').fill('call my office')
    await page.getByLabel('Mail').focus()
    await page.getByText('This is probably mistyped.').waitFor()
    await page.getByLabel('Mobile').fill('+49 (0)170 / 000 00-00')
    await page.getByLabel('Mail').focus()
    await page.getByText('This is probably mistyped.').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Make the card' }).click()
    await page.getByText('1 card exists only on this screen.').waitFor()
    await town.enrol((await page.locator('.paper-secret').textContent()) ?? '')
    await page.getByText('1 card was used or ended. Nothing is lost when you leave.').waitFor()
    await page.getByRole('link', { name: 'Now' }).click()
    await page.getByRole('heading', { name: 'Now' }).waitFor()
  })
})

describe('cards that are out', { concurrency: false, skip }, () => {
  test('They are listed with their dates; one that was ended is refused, one that was used is gone', async (t) => {
    const { town, page } = await olgaWithApp(t)
    const lost = await invite(page, 'Anna Beispiel')
    const used = await invite(page, 'Bernd Muster')
    await page.goto(`${origin(town)}/people/cards`)
    await page.getByText('2 cards are out').waitFor()
    await page
      .getByText(/Member · made .* by Olga Beispiel · good until/)
      .first()
      .waitFor()
    await page.getByRole('button', { name: 'End Anna Beispiel' }).click()
    await page.getByRole('button', { name: 'End the card' }).click()
    await page.getByText('1 card is out').waitFor()
    await town.enrol(used)
    await page.getByText('No card is out').waitFor()
    const { page: anna } = await openApp(t, town)
    await anna.getByRole('button', { name: 'Use it in this browser' }).click()
    await anna.getByLabel('Or type the card').fill(lost)
    await anna.getByRole('button', { name: 'Join', exact: true }).click()
    await anna.getByText('This card was replaced by a newer one.').waitFor()
  })
})

describe('roles and data', { concurrency: false, skip }, () => {
  test('Somebody is made an owner from the nag on, and the last owner stays one', async (t) => {
    const { town, page } = await olgaWithApp(t)
    const bernd = await town.enrol(await invite(page, 'Bernd Muster'))
    await page.goto(`${origin(town)}/`)
    await page.getByRole('link', { name: 'or make somebody an owner' }).click()
    await page.getByRole('link', { name: /Olga Beispiel/ }).click()
    await page.getByText('The last owner cannot be removed.').waitFor()
    await page.getByRole('link', { name: /Bernd Muster/ }).click()
    await page.getByRole('link', { name: 'Change role and data' }).click()
    await page.getByLabel('Department').fill('Leitstelle')
    await page.getByLabel('Owner').check()
    await page.getByRole('button', { name: 'Save' }).click()
    const asked = page.getByRole('dialog', { name: 'Bernd Muster: Owner?' })
    await asked.getByText('Also makes owners.').waitFor()
    await asked.getByRole('button', { name: 'Change the role' }).click()
    await page.getByText('Leitstelle').first().waitFor()
    await sync(bernd)
    const [me] = people(bernd.core.replica).filter(({ name }) => name === 'Bernd Muster')
    assert.equal(me?.role, 5)
    assert.equal(me.profile.department, 'Leitstelle')
    await page.goto(`${origin(town)}/`)
    await page
      .getByRole('button', { name: 'Raise' })
      .or(page.getByRole('link', { name: 'Raise an alert' }))
      .waitFor()
    assert.equal(await page.getByText('There is only one owner').count(), 0)
    // From here on it takes two.
    await page.goto(`${origin(town)}/people/${idText(bernd.person)}/change`)
    await page.getByLabel('Member').check()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Change the role' }).click()
    const text = page.getByLabel('Text for the second administrator')
    await text.waitFor()
    await page.getByRole('link', { name: 'Channels' }).click()
    const leaving = page.getByRole('dialog', { name: 'Leave without the text?' })
    await leaving.getByRole('button', { name: 'Back' }).click()
    const proposal = await text.inputValue()
    await leaving.waitFor({ state: 'detached' })
    await text.press('ControlOrMeta+a')
    await text.press('ControlOrMeta+c')
    await page.getByRole('link', { name: 'Channels' }).click()
    await page.getByRole('heading', { name: 'Channels' }).waitFor()
    await secondSigns(t, town, bernd, proposal)
  })
})

/** The other owner sees what it says before signing it, and that a part of it says nothing. */
async function secondSigns(t: TestContext, town: Town, owner: Phone, proposal: string) {
  const { card } = await inviteOn(owner, owner.person)
  const { page } = await openApp(t, town)
  await enrol(page, card)
  await approve(owner, await onlyWaiting(owner))
  await page.goto(`${origin(town)}/settings`)
  const field = page.getByLabel('Text from the first administrator')
  await field.fill(proposal.slice(0, -40))
  await page.getByText('This is no text of another administrator').waitFor()
  assert.ok(await page.getByRole('button', { name: 'Sign', exact: true }).isDisabled())
  await field.fill(proposal)
  await page.getByText('Olga Beispiel makes Bernd Muster Member.').waitFor()
  await page.getByRole('button', { name: 'Sign', exact: true }).click()
  // It is his own role that ends with it, and with that the place where administrators sign.
  await field.waitFor({ state: 'detached' })
  await sync(owner)
  const [me] = people(owner.core.replica).filter(({ name }) => name === 'Bernd Muster')
  assert.equal(me?.role, 2)
}

async function onlyWaiting(phone: Phone): Promise<DeviceId> {
  await sync(phone)
  const [waiting] = people(phone.core.replica).flatMap((one) => one.waiting)
  return waiting ?? assert.fail('no device waits')
}

/** Bernd's browser, with a camera that looks at `code`; open at what there is to compare of Anna. */
async function bernd(
  t: TestContext,
  { town, olga, anna }: { town: Town; olga: Phone; anna: Phone },
  code: string,
): Promise<Page> {
  const context = await startChromium(t, profileFolder(t), undefined, cameraOn(t, code))
  const { page } = await openApp(t, town, context)
  await enrol(page, (await inviteOn(olga, 'Bernd Muster')).card)
  await page.goto(`${origin(town)}/people/${idText(anna.person)}/compare`)
  await page.getByRole('button', { name: 'Scan the other phone' }).click()
  return page
}

async function pair(t: TestContext): Promise<{ town: Town; olga: Phone; anna: Phone }> {
  const town = await startAppTown(t)
  const olga = await town.owner()
  const anna = await welcome(town, olga, 'Anna Beispiel')
  await sync(olga)
  return { town, olga, anna }
}

/** As the phone of that person shows it. */
function codeOf({ core, person }: Phone): string {
  const print = printOf(core.replica, person)
  assert.ok(print)
  return printCode(person, print)
}

/** What a phone that speaks English calls the thing that has this name in German. */
function inEnglish(german: string): string {
  const things = Array.from({ length: 256 }, (_, thing) => thing)
  const thing = things.find((one) => printWord(one, 'de') === german)
  return printWord(thing ?? -1, 'en')
}

describe('two phones side by side', { concurrency: false, skip }, () => {
  test('The same words on both, also in two languages; a match is remembered, and a device that comes later is told', async (t) => {
    const { town, page } = await olgaWithApp(t)
    const { page: anna } = await openApp(t, town)
    await enrol(anna, await invite(page, 'Anna Beispiel'))
    await anna.getByRole('link', { name: 'People' }).click()
    await anna.getByRole('link', { name: /Anna Beispiel/ }).click()
    await anna.getByRole('link', { name: 'Show my code' }).click()
    await page.goto(`${origin(town)}/people`)
    await page.getByRole('link', { name: /Anna Beispiel/ }).click()
    await page.getByText('Not compared on this device yet.').waitFor()
    await page.getByRole('link', { name: 'Compare two phones' }).click()
    const [here, there] = [page, anna].map((one) => one.locator('.print-words li'))
    assert.ok(here && there)
    await here.nth(11).waitFor()
    await there.nth(11).waitFor()
    const read = await here.allTextContents()
    assert.deepEqual(await there.allTextContents(), read)
    assert.ok(read.length === 12 && read.every((one) => /^[a-z]+$/u.test(one)))
    await page.getByText('Compare by numbers instead').click()
    const numbers = await page.locator('.numbers li').allTextContents()
    assert.deepEqual(await anna.locator('.numbers li').allTextContents(), numbers)
    assert.ok(numbers.length === 12 && numbers.every((one) => /^\d{5}$/.test(one)))
    await anna.evaluate(() => localStorage.setItem('language', 'de'))
    await anna.reload()
    await there.nth(11).waitFor()
    assert.deepEqual((await there.allTextContents()).map(inEnglish), read)
    await page.getByRole('button', { name: 'They are the same' }).click()
    await page.getByRole('heading', { name: 'It matches' }).waitFor()
    await page.goto(`${origin(town)}/people`)
    await page.locator('.row', { hasText: 'Anna' }).locator('.compared').waitFor()
  })

  test('A code that is scanned matches, until another device comes', async (t) => {
    const all = await pair(t)
    const { town, anna } = all
    const page = await bernd(t, all, codeOf(anna))
    await page.getByRole('heading', { name: 'It matches' }).waitFor()
    await page.reload()
    await page.getByText(/^Compared on .* are the same/).waitFor()
    await page.goto(`${origin(town)}/people/${idText(anna.person)}`)
    await page.getByRole('paragraph').filter({ hasText: 'Compared: the devices' }).waitFor()
    const tablet = await town.enrol((await inviteOn(anna, anna.person)).card)
    await approve(anna, tablet.device)
    await page.getByText('Devices have changed since you compared.').first().waitFor()
  })

  test('A phone that was told another key does not match, unmistakably, and nothing is kept', async (t) => {
    const all = await pair(t)
    const { town, anna } = all
    // What a phone would show whose box had put its own key into Anna's place.
    const { rootPk } = anna.core.replica.identity
    const lie = printCode(anna.person, personPrint(rootPk, anna.person, [seed('key of the box')]))
    const page = await bernd(t, all, lie)
    await page.getByRole('heading', { name: 'IT DOES NOT MATCH' }).waitFor()
    assert.equal(await page.getByText('It matches').count(), 0)
    await page.goto(`${origin(town)}/people/${idText(anna.person)}`)
    await page.getByText('Not compared on this device yet.').waitFor()
  })
})
