// What the app costs a phone: bytes of the first load, time to open with ten thousand messages, work while
// scrolling them, time to search them. Usage: npm run bench:app [-- --messages N] [--runs N] [--help]
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { BrowserContext, Page } from 'playwright-core'
import { drain, enqueue } from '../client/outbox.ts'
import type { LogId } from '../protocol/ids.ts'
import { KIND } from '../protocol/kinds.ts'
import { enrolInBrowser } from './screens/scene.ts'
import { builtApp, origin } from '../test/browser/app.ts'
import { startChromium } from '../test/browser/chromium.ts'
import * as verbs from '../test/helpers/town.ts'
import { ORG, OWNER, type Phone, Town } from '../test/helpers/town.ts'

const HELP = `npm run bench:app [-- OPTIONS]
  --messages N  messages in the conversation (default: 10,000)
  --runs N      how often it is opened; the median counts (default: 5)
  --help        this text
`
const KB = 1000
const GOALS = { load: 260, open: 1000, frame: 8, search: 2000, hit: 300 }

/** The value below which that share of the values lies. */
function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

type Figure = { name: string; value: number; unit: string; goal: number }

/** Everything a browser fetches until the start page stands, as it comes over the line. */
async function firstLoad(browser: BrowserContext, url: string): Promise<number> {
  const page = await browser.newPage()
  const fetched: string[] = []
  page.on('request', (request) => fetched.push(new URL(request.url()).pathname))
  await page.goto(url)
  await page.locator('.start').waitFor()
  await page.close()
  const folder = await builtApp()
  const sizeOf = (path: string): number => {
    const file = join(folder, path === '/' ? 'index.html' : path)
    const compressed = statSync(`${file}.br`, { throwIfNoEntry: false })
    return compressed?.size ?? readFileSync(file).length
  }
  return [...new Set(fetched)].reduce((sum, path) => sum + sizeOf(path), 0) / KB
}

/**
 * From the address to the newest message painted; the box is there, and nothing waits for it. By the page's own clock:
 * a driver looks only now and then. Milliseconds.
 */
async function openOnce(browser: BrowserContext, url: string, last: string): Promise<number> {
  const page = await browser.newPage()
  await page.addInitScript(notePainting, last)
  await page.goto(url, { waitUntil: 'commit' })
  const taken = await page.evaluate(() => (globalThis as unknown as Painting).painted)
  await page.close()
  return taken
}

type Painting = { painted: Promise<number> }

/** In the page: when the frame that shows those words has been handed over. */
function notePainting(words: string): void {
  const painting = globalThis as unknown as Painting
  painting.painted = new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      const texts = [...document.querySelectorAll('.message-text')]
      if (!texts.some((one) => one.textContent.includes(words))) return
      observer.disconnect()
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now())))
    })
    observer.observe(document, { subtree: true, childList: true })
  })
}

/** From the last key to the words on the screen, in a search that has not been made before. */
async function searchOnce(page: Page, words: string, ready: string): Promise<number> {
  const field = page.locator('input[type=search]')
  await field.fill('')
  const begun = performance.now()
  await field.fill(words)
  await page.locator(ready).first().waitFor()
  return performance.now() - begun
}

/** The first hit of a common word, and the end of a search for one that is nowhere: all messages are looked at. */
async function searching(
  browser: BrowserContext,
  url: string,
  runs: number,
): Promise<{ hit: number; through: number }> {
  const page = await browser.newPage()
  await page.goto(new URL('/search', url).href)
  await page.locator('input[type=search]').waitFor()
  const [hits, through]: [number[], number[]] = [[], []]
  for (let i = 0; i < runs; i++) {
    hits.push(await searchOnce(page, `pressure stable ${'e'.repeat(i % 2)}`, '.hit'))
    through.push(await searchOnce(page, `nowhere${i}`, 'p[role=status]:text("Nothing on")'))
  }
  await page.close()
  return { hit: quantile(hits, 0.5), through: quantile(through, 0.5) }
}

type TraceEvent = {
  name: string
  ph: string
  ts: number
  dur?: number
  tid: number
  pid: number
  args?: { name?: string }
}

/** What Chromium has called the beginning of a frame on the main thread. */
const FRAME =
  /^(?:BeginMainThreadFrame|ProxyMain::BeginMainFrame|LocalFrameView::updateLifecyclePhases|WebFrameWidgetImpl::BeginMainFrame)$/

/** Milliseconds of work on the main thread in each frame of a long scroll. */
async function scroll(page: Page): Promise<number[]> {
  const session = await page.context().newCDPSession(page)
  const events: TraceEvent[] = []
  session.on('Tracing.dataCollected', ({ value }) =>
    events.push(...(value as unknown as TraceEvent[])),
  )
  const done = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve))
  await session.send('Tracing.start', {
    categories: 'toplevel,devtools.timeline,disabled-by-default-devtools.timeline,cc,blink',
  })
  await page.mouse.move(400, 400)
  for (let i = 0; i < 150; i++) {
    await page.mouse.wheel(0, i < 100 ? -600 : 600)
    await page.waitForTimeout(16)
  }
  await session.send('Tracing.end')
  await done
  return workPerFrame(events)
}

/** The thread that has begun most frames is the one that was scrolled. */
function workPerFrame(events: TraceEvent[]): number[] {
  const counts = new Map<string, number>()
  const threadOf = ({ pid, tid }: TraceEvent): string => `${pid}/${tid}`
  const begins = events.filter(({ name }) => FRAME.test(name))
  for (const one of begins) counts.set(threadOf(one), (counts.get(threadOf(one)) ?? 0) + 1)
  const [busiest] = [...counts].toSorted(([, a], [, b]) => b - a)[0] ?? []
  const own = events.filter((one) => threadOf(one) === busiest)
  const frames = own.filter(({ name }) => FRAME.test(name)).map(({ ts }) => ts)
  frames.sort((a, b) => a - b)
  const work = frames.map(() => 0)
  for (const { name, ts, dur = 0 } of own) {
    const frame = name.endsWith('RunTask') ? frames.findLastIndex((at) => at <= ts + dur) : -1
    if (frame >= 0) work[frame] = (work[frame] ?? 0) + dur / 1000
  }
  return work
}

async function converse(olga: Phone, log: LogId, count: number): Promise<void> {
  for (let at = 0; at < count; at += 200) {
    await olga.core.run(async () => {
      for (let i = at; i < Math.min(count, at + 200); i++) {
        const text = `Message ${i}. ${'The pressure in plant 2 is stable. '.repeat(i % 4)}`
        await enqueue(olga.core, log, KIND.text, { type: 'text', text, replyTo: null })
      }
      await drain(olga.core)
    })
    process.stderr.write(`\r${Math.min(count, at + 200)} messages`)
  }
  process.stderr.write('\n')
}

type Stage = { browser: BrowserContext; url: string; last: string; load: number }

/** Somebody with that many messages on their device. */
async function setUp(count: number, after: (end: () => unknown) => void): Promise<Stage> {
  const town = new Town({ app: await builtApp() })
  after(() => town.clear())
  await town.found(ORG, OWNER)
  await town.start()
  const olga = await town.owner()
  const browser = await startChromium({ after })
  const load = await firstLoad(browser, origin(town))
  const { card, person } = await verbs.invite(olga, 'Anna Beispiel')
  const page = await browser.newPage()
  await enrolInBrowser(town, page, () => Promise.resolve(), card)
  const log = await verbs.channel(olga, 'Crisis team', person)
  await page.goto('about:blank')
  await converse(olga, log, count)
  const url = `${origin(town)}/channels/${log.toHex()}`
  const last = `Message ${count - 1}.`
  await page.goto(url)
  await page.locator('.message-text', { hasText: last }).waitFor({ timeout: 300_000 })
  await page.close()
  return { browser, url, last, load }
}

async function measure(count: number, runs: number): Promise<Figure[]> {
  const ends: (() => unknown)[] = []
  try {
    const { browser, url, last, load } = await setUp(count, (end) => void ends.unshift(end))
    const opened: number[] = []
    for (let i = 0; i < runs; i++) opened.push(await openOnce(browser, url, last))
    const page = await browser.newPage()
    await page.goto(url)
    await page.locator('.message-text', { hasText: last }).waitFor()
    await page.waitForTimeout(1000)
    const frames = await scroll(page)
    const { hit, through } = await searching(browser, url, runs)
    const [open, frame] = [quantile(opened, 0.5), quantile(frames, 0.95)]
    return [
      { name: 'first load, compressed', value: load, unit: 'kB', goal: GOALS.load },
      { name: `opened with ${count} messages`, value: open, unit: 'ms', goal: GOALS.open },
      { name: `work in ${frames.length} frames, p95`, value: frame, unit: 'ms', goal: GOALS.frame },
      { name: 'search: first hits', value: hit, unit: 'ms', goal: GOALS.hit },
      { name: 'search: through all', value: through, unit: 'ms', goal: GOALS.search },
    ]
  } finally {
    for (const end of ends) await end()
  }
}

async function main(argv: string[]): Promise<void> {
  const options = {
    messages: { type: 'string' },
    runs: { type: 'string' },
    help: { type: 'boolean' },
  } as const
  const { values } = parseArgs({ args: argv, options })
  if (values.help === true) return void process.stdout.write(HELP)
  const figures = await measure(Number(values.messages ?? 10_000), Number(values.runs ?? 5))
  for (const { name, value, unit, goal } of figures) {
    const met = value <= goal ? 'met' : 'MISSED'
    process.stdout.write(
      `${name.padEnd(40)} ${value.toFixed(1).padStart(9)} ${unit.padEnd(4)} goal ${goal}  ${met}\n`,
    )
  }
  process.exitCode = figures.every(({ value, goal }) => value <= goal) ? 0 : 1
}

if (import.meta.main) await main(process.argv.slice(2))
