// What Google's Lighthouse says about the app: the start page as somebody new loads it, and the first screen as
// somebody who is in opens it; on a phone and on a desktop. Usage: npm run lighthouse [-- --runs N] [--help]
import { parseArgs } from 'node:util'
import lighthouse, { desktopConfig, type Flags, type Result } from 'lighthouse'
import puppeteer, { type Browser } from 'puppeteer-core'
import { enrolInBrowser } from './screens/scene.ts'
import { builtApp, installed, origin } from '../test/browser/app.ts'
import { ARGUMENTS, EXECUTABLE, profileFolder, startChromium } from '../test/browser/chromium.ts'
import { ORG, OWNER, Town } from '../test/helpers/town.ts'

const HELP = `npm run lighthouse [-- OPTIONS]
  --runs N  how often each screen is measured; the median counts (default: 5)
  --help    this text
`
const GOALS = { performance: 95, accessibility: 100, 'best-practices': 100 } as const
type Category = keyof typeof GOALS
const CATEGORIES = Object.keys(GOALS) as Category[]
const FORMS = ['mobile', 'desktop'] as const
type Form = (typeof FORMS)[number]

/** `kept`: the browser keeps what it stores, its owner is in. `ready`: the screen stands. */
type Screen = { name: string; profile: string; kept: boolean; ready: string }

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** Somebody who is in, with the app on their device. The profile of their browser. */
async function enrolled(town: Town, after: (end: () => unknown) => void): Promise<string> {
  const profile = profileFolder({ after })
  const browser = await startChromium({ after }, profile)
  const page = await browser.newPage()
  await enrolInBrowser(town, page, () => Promise.resolve())
  await installed(page)
  await browser.close()
  return profile
}

/** One measurement. Throws where the page did not come to stand as it should. */
async function look(browser: Browser, url: string, form: Form, screen: Screen): Promise<Result> {
  const page = await browser.newPage()
  const flags: Flags = {
    onlyCategories: CATEGORIES,
    disableStorageReset: screen.kept,
    logLevel: 'error',
  }
  const config = form === 'desktop' ? desktopConfig : undefined
  const answer = await lighthouse(url, flags, config, page)
  if (answer === undefined) throw new Error('Lighthouse has given no answer')
  const { runtimeError } = answer.lhr
  if (runtimeError !== undefined) throw new Error(runtimeError.message)
  if ((await page.$(screen.ready)) === null) throw new Error(`${screen.name} did not come to stand`)
  await page.close()
  return answer.lhr
}

const scoreOf = (result: Result, category: Category): number =>
  Math.round((result.categories[category]?.score ?? 0) * 100)

/** What costs points in that category, in Lighthouse's words. */
function faults(result: Result, category: Category): string[] {
  const weighed = (result.categories[category]?.auditRefs ?? []).filter(({ weight }) => weight > 0)
  return weighed.flatMap(({ id }) => {
    const audit = result.audits[id]
    if (audit === undefined || audit.score === null || audit.score === 1) return []
    return `${id} ${audit.score}: ${audit.title}${audit.displayValue ? ` (${audit.displayValue})` : ''}`
  })
}

/** True where every median meets its goal. */
function report(screen: Screen, form: Form, results: Result[]): boolean {
  return CATEGORIES.map((category) => {
    const scores = results.map((result) => scoreOf(result, category))
    const [score, goal] = [median(scores), GOALS[category]]
    const met = score >= goal
    const name = `${screen.name}, ${form}: ${category}`
    process.stdout.write(
      `${name.padEnd(44)} ${String(score).padStart(4)}  goal ${goal}  ${met ? 'met' : 'MISSED'}  (${scores.join(', ')})\n`,
    )
    const at = scores.indexOf(score)
    const found = met ? [] : faults(results[at] as Result, category)
    for (const one of found) process.stdout.write(`    ${one}\n`)
    return met
  }).every(Boolean)
}

async function measure(screen: Screen, url: string, runs: number): Promise<boolean> {
  const browser = await puppeteer.launch({
    executablePath: EXECUTABLE,
    args: ARGUMENTS,
    userDataDir: screen.profile,
  })
  try {
    let met = true
    for (const form of FORMS) {
      const results: Result[] = []
      for (let i = 0; i < runs; i++) {
        const once = (): Promise<Result> => look(browser, url, form, screen)
        // On a busy machine a trace may miss its beginning; Lighthouse then asks to be run again.
        results.push(await once().catch(once))
      }
      met = report(screen, form, results) && met
    }
    return met
  } finally {
    await browser.close()
  }
}

async function main(argv: string[]): Promise<void> {
  const options = { runs: { type: 'string' }, help: { type: 'boolean' } } as const
  const { values } = parseArgs({ args: argv, options })
  if (values.help === true) return void process.stdout.write(HELP)
  const runs = Number(values.runs ?? 5)
  const ends: (() => unknown)[] = []
  const after = (end: () => unknown): void => void ends.unshift(end)
  try {
    const town = new Town({ app: await builtApp() })
    after(() => town.clear())
    await town.found(ORG, OWNER)
    await town.start()
    const url = origin(town)
    const screens: Screen[] = [
      { name: 'start page', profile: profileFolder({ after }), kept: false, ready: '.start' },
      { name: 'now', profile: await enrolled(town, after), kept: true, ready: '.places' },
    ]
    const met: boolean[] = []
    for (const screen of screens) met.push(await measure(screen, url, runs))
    process.exitCode = met.every(Boolean) ? 0 : 1
  } finally {
    for (const end of ends) await end()
  }
}

if (import.meta.main) await main(process.argv.slice(2))
