// A real Chromium for tests, and pages made of our own modules on an origin that a test chooses.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { type Cleaner, cleanUp } from '../helpers/cleanup.ts'

/** Debian's; apt-get install chromium. */
export const EXECUTABLE = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
export const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
]

/** For suites: without a browser they are left out, and fail where all has to be run. */
export const skip =
  !existsSync(EXECUTABLE) && process.env['CI'] !== 'true' ? 'apt-get install chromium' : false

/**
 * A browser with a profile on disk, as on a phone: what it stores is there at the next start. `ending`: before it
 * is closed.
 */
export async function startChromium(
  t: Cleaner,
  profile = profileFolder(t),
  ending: (context: BrowserContext) => Promise<void> = () => Promise.resolve(),
  more: string[] = [],
): Promise<BrowserContext> {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: EXECUTABLE,
    args: [...ARGUMENTS, ...more],
  })
  cleanUp(t, async () => {
    try {
      await ending(context)
    } finally {
      await context.close()
    }
  })
  return context
}

export function profileFolder(t: Cleaner): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-chromium-'))
  cleanUp(t, () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

/** As a battery that falls out: all processes of that profile, at once. */
export function killChromium(profile: string): void {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  for (const pid of pids) if (commandOf(pid).includes(profile)) kill(Number(pid))
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It went with its parent.
  }
}

/** One script of everything that the module in `pages/` imports. */
export async function bundle(name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'pages', `${name}.ts`)],
    bundle: true,
    format: 'esm',
    target: 'es2024',
    write: false,
    logLevel: 'error',
  })
  return outputFiles[0]?.text ?? ''
}

/** Opens a page at `origin`, which need not know of it, with that script in it; `now`: what its clock says. */
export async function openPage(
  context: BrowserContext,
  origin: string,
  script: string,
  now: number | null = null,
): Promise<Page> {
  const page = await context.newPage()
  if (now !== null) await page.clock.setSystemTime(now)
  const path = '/page-of-a-test'
  await page.route(`${origin}${path}*`, (route) =>
    route.request().url().endsWith('.js')
      ? route.fulfill({ contentType: 'text/javascript', body: script })
      : route.fulfill({
          contentType: 'text/html',
          body: `<!doctype html><meta charset="utf-8"><script type="module" src="${path}.js"></script>`,
        }),
  )
  page.on('pageerror', (error) => process.stderr.write(`${String(error)}\n`))
  await page.goto(`${origin}${path}`)
  await page.waitForFunction(() => 'ready' in globalThis)
  return page
}
