// A real Firefox for tests, whose push service is one of this machine.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import puppeteer, { type Browser } from 'puppeteer-core'
import { cleanUp } from '../helpers/cleanup.ts'

/** Debian's; apt-get install firefox-esr. */
const EXECUTABLE = process.env['FIREFOX'] ?? '/usr/bin/firefox-esr'

export const skip =
  !existsSync(EXECUTABLE) && process.env['CI'] !== 'true' ? 'apt-get install firefox-esr' : false

/** All other traffic ends at a port where nobody listens. */
const preferences = (pushPort: number) => ({
  'dom.push.enabled': true,
  'dom.push.connection.enabled': true,
  'dom.push.serverURL': `ws://127.0.0.1:${pushPort}/`,
  'dom.push.testing.allowInsecureServerURL': true,
  'dom.push.alwaysConnect': true,
  'permissions.default.desktop-notification': 1,
  'dom.webnotifications.requireuserinteraction': false,
  // Without it a headless Firefox drops the notification at once.
  'alerts.useSystemBackend': false,
  'network.proxy.type': 1,
  'network.proxy.http': '127.0.0.1',
  'network.proxy.http_port': 9,
  'network.proxy.ssl': '127.0.0.1',
  'network.proxy.ssl_port': 9,
  'network.proxy.no_proxies_on': 'localhost, 127.0.0.1',
})

export async function startFirefox(t: TestContext, pushPort: number): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'holdfast-firefox-'))
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: EXECUTABLE,
    headless: true,
    userDataDir: profile,
    extraPrefsFirefox: preferences(pushPort),
  })
  cleanUp(t, async () => {
    await browser.close()
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  })
  return browser
}
