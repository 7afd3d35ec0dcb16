// Somebody who has nothing but a keyboard: what they press, and what has to be true wherever they come to.
import assert from 'node:assert/strict'
import type { BrowserContext, Locator, Page } from 'playwright-core'

type Role = Parameters<Page['getByRole']>[0]
/** Where the keyboard is. `nowhere`: on the page as a whole, or in the browser's own bars. */
type Stop = { what: string; nowhere: boolean; seen: boolean; there: boolean; behind: boolean }

/** More stops than that on the way to something is no way. */
const MOST = 60

/** Reports, as a fault of the page, that the focus was somewhere and is nowhere for a second, Tab aside. */
function watchFocus(): void {
  let key = ''
  let held = ''
  let times = 0
  addEventListener('keydown', (event) => (key = event.key), { capture: true })
  setInterval(() => {
    const own = document.activeElement
    if (own !== null && own !== document.body) {
      held = own.outerHTML.slice(0, 160)
      times = 0
    } else if (held !== '' && key !== 'Tab' && (times += 1) === 10)
      console.error(`after ${key} the focus is lost, which was on ${held}`)
  }, 100)
}

/** In the page. */
function lookAtFocus(): Stop {
  const own = document.activeElement
  const modal = [...document.querySelectorAll('dialog:modal')].at(-1)
  if (own === null || own === document.body)
    return { what: 'nothing', nowhere: true, seen: true, there: true, behind: false }
  const shown = own.matches('.unseen') ? (own.closest('label') ?? own) : own
  const { outlineStyle, outlineWidth } = getComputedStyle(shown)
  const { top, left, bottom, right } = shown.getBoundingClientRect()
  // Of what can be seen of it the middle.
  const middle = (from: number, to: number, most: number): number =>
    (Math.max(0, from) + Math.min(most, to)) / 2
  const above = document.elementFromPoint(
    middle(left, right, innerWidth),
    middle(top, bottom, innerHeight),
  )
  const what =
    own.getAttribute('aria-label') ?? own.closest('label, button, a, h1, h2')?.textContent
  return {
    what: `${own.tagName} ${own.className}: ${what?.slice(0, 60)}`,
    nowhere: false,
    seen: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 3,
    there: above !== null && (shown.contains(above) || above.contains(shown)),
    behind: modal !== undefined && !modal.contains(own),
  }
}

export class Hands {
  readonly page: Page
  /** Keys so far; of words each letter. */
  keys = 0

  private constructor(page: Page) {
    this.page = page
  }

  /** From now on, also after the page was loaded anew, a lost focus fails the test. */
  static async on({ page, context }: { page: Page; context: BrowserContext }): Promise<Hands> {
    await context.addInitScript(watchFocus)
    await page.reload()
    await page.locator('h1:focus').waitFor()
    return new Hands(page)
  }

  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key)
    this.keys += keys.length
  }

  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text)
    this.keys += text.length
  }

  /** With Tab, or backwards, until something of that role and name has the focus. */
  async to(role: Role, name: string | RegExp, key = 'Tab'): Promise<void> {
    await this.#reach(this.page.getByRole(role, { name, exact: true }), `${role} ${name}`, key)
  }

  /** A field that has no role, as those for passphrases and files. */
  async toField(label: string | RegExp, key = 'Tab'): Promise<void> {
    await this.#reach(this.page.getByLabel(label, { exact: true }), `field ${label}`, key)
  }

  async enter(role: Role, name: string | RegExp, key = 'Tab'): Promise<void> {
    await this.to(role, name, key)
    await this.press('Enter')
  }

  async write(name: string | RegExp, text: string): Promise<void> {
    await this.to('textbox', name)
    await this.type(text)
  }

  /** One of several: Tab leads to the group, arrows within it. */
  async pick(name: string | RegExp): Promise<void> {
    const wanted = this.page.getByRole('radio', { name })
    const group = await wanted.getAttribute('name')
    await this.#reach(this.page.locator(`input[name="${group}"]`), `group of ${name}`, 'Tab')
    await this.press('Space')
    await this.#reach(wanted, `choice ${name}`, 'ArrowDown')
  }

  /** The focus is on it already, or comes there by itself. */
  async isOn(role: Role, name: string | RegExp): Promise<void> {
    await this.#focused(this.page.getByRole(role, { name, exact: true }))
      .waitFor()
      .catch(async () => {
        const { what } = await this.page.evaluate(lookAtFocus)
        assert.fail(`the focus is not on ${role} ${name} but on ${what}`)
      })
  }

  /** Round the dialog that is open, forwards and backwards: it keeps the focus, and nothing behind it gets it. */
  async goRound(): Promise<void> {
    for (const key of ['Tab', 'Shift+Tab']) {
      const passed: string[] = []
      for (let i = 0; i < MOST && passed.indexOf(passed.at(-1) ?? '') === passed.length - 1; i++) {
        await this.press(key)
        const stop = await this.#stop()
        if (!stop.nowhere) passed.push(stop.what)
      }
      assert.ok(
        passed.length > 1 && passed.length < MOST,
        `${key} does not come round: ${passed.join(', ')}`,
      )
    }
  }

  #focused(wanted: Locator): Locator {
    return wanted.and(this.page.locator(':focus'))
  }

  async #reach(wanted: Locator, name: string, key: string): Promise<void> {
    await wanted.first().waitFor({ state: 'attached' })
    const passed: string[] = []
    while ((await this.#focused(wanted).count()) === 0) {
      assert.ok(
        passed.length < MOST,
        `${key} does not lead to ${name}, but to\n${passed.join('\n')}`,
      )
      await this.press(key)
      passed.push((await this.#stop()).what)
    }
  }

  async #stop(): Promise<Stop> {
    const stop = await this.page.evaluate(lookAtFocus)
    assert.ok(!stop.behind, `reached behind an open dialog: ${stop.what}`)
    assert.ok(stop.seen, `nobody sees that the focus is on ${stop.what}`)
    assert.ok(stop.there, `the focus is out of sight, on ${stop.what}`)
    return stop
  }
}
