// A browser that trusts an authority because its user does, as on a phone where somebody has installed it. One that
// is told to overlook certificates runs no service worker, and shows nothing of what a certificate does.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type BrowserContext, chromium } from 'playwright-core'
import { cleanUp } from '../helpers/cleanup.ts'
import { ARGUMENTS, EXECUTABLE, profileFolder } from './chromium.ts'

/** A browser of somebody whose own store of certificates lies in `home`. */
export async function browserOf(
  t: TestContext,
  home: string,
  profile = profileFolder(t),
): Promise<BrowserContext> {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: EXECUTABLE,
    args: ARGUMENTS,
    env: { ...process.env, HOME: home },
    viewport: { width: 390, height: 844 },
  })
  cleanUp(t, () => context.close())
  return context
}

/** What adding a certificate to the trusted ones of a user does on Linux. */
export function trust(home: string, certificate: string): void {
  const store = join(home, '.pki/nssdb')
  mkdirSync(store, { recursive: true })
  for (const args of [
    ['-N', '--empty-password'],
    ['-A', '-t', 'C,,', '-n', 'holdfast', '-i', certificate],
  ]) {
    const { status, stderr } = spawnSync('certutil', ['-d', `sql:${store}`, ...args], {
      encoding: 'utf8',
    })
    assert.equal(status, 0, stderr)
  }
}
