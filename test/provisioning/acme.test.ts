// Certificates from a real ACME server: ordered, renewed, refused, and a week without it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { dnsSolver } from '../../provisioning/certificates/acme/dns-challenge.ts'
import { httpSolver } from '../../provisioning/certificates/acme/http-challenge.ts'
import type { Solver } from '../../provisioning/certificates/acme/order.ts'
import { Keeper } from '../../provisioning/certificates/keeper.ts'
import { type Pebble, startPebble } from '../helpers/pebble.ts'
import { tempFolder } from '../server/kit.ts'

const CI = process.env['CI'] === 'true'
const skip = CI || spawnSync('which', ['pebble']).status === 0 ? false : 'apt-get install pebble'
const DAY = 24 * 60 * 60_000
const HOUR = 60 * 60_000
const NAMES = ['crisis.musterstadt.example', 'holdfast.musterstadt.example']

function keeping(t: TestContext, pebble: Pebble, solver: Solver, names = NAMES) {
  const folder = join(tempFolder(t), 'tls')
  const time = { now: Date.now() }
  const renewed: X509Certificate[] = []
  const failed: { code: string; until: Date | null }[] = []
  const { directory, ca } = pebble
  const source = { type: 'acme', directory, ca, email: 'it@musterstadt.example', solver } as const
  const on = {
    now: () => time.now,
    renewed: (leaf: X509Certificate) => void renewed.push(leaf),
    failed: (error: unknown, until: Date | null) =>
      void failed.push({ code: (error as { code: string }).code, until }),
  }
  const keeper = new Keeper({ folder, names, source }, on)
  const state = () => JSON.parse(readFileSync(join(folder, 'renewal.json'), 'utf8')) as object
  return { folder, time, renewed, failed, keeper, state }
}

/** A program of the operator's that sets records on the test server. */
function hookIn(t: TestContext, { dnsManagement }: Pebble, script?: string): string {
  const path = join(tempFolder(t), 'hook')
  const post = `const [act, name, value] = process.argv.slice(2)
const [path, body] = act === 'add' ? ['/set-txt', { host: name + '.', value }] : ['/clear-txt', { host: name + '.' }]
const answer = await fetch('${dnsManagement}' + path, { method: 'POST', body: JSON.stringify(body) })
process.exit(answer.ok ? 0 : 1)`
  writeFileSync(`${path}.mjs`, post)
  writeFileSync(path, script ?? `#!/bin/sh\nexec '${process.execPath}' '${path}.mjs' "$@"\n`)
  chmodSync(path, 0o755)
  return path
}
const dns = (hook: string, patience = 30_000): Solver => dnsSolver({ hook, wait: 0, patience })

describe('a certificate from an authority that speaks ACME', { skip }, () => {
  test('is ordered over HTTP, for all names, in one file that nobody else may read', async (t) => {
    const pebble = await startPebble(t, tempFolder(t))
    const { keeper, renewed, folder } = keeping(t, pebble, httpSolver('127.0.0.1', pebble.httpPort))
    await keeper.begin()
    const leaf = new X509Certificate(readFileSync(keeper.file))
    assert.equal(leaf.subjectAltName, NAMES.map((name) => `DNS:${name}`).join(', '))
    assert.equal(renewed.length, 1)
    assert.equal(statSync(keeper.file).mode & 0o777, 0o640)
    assert.equal(statSync(folder).mode & 0o777, 0o700)
    assert.equal(statSync(join(folder, 'account.key')).mode & 0o777, 0o600)
    await assert.rejects(fetch(`http://127.0.0.1:${pebble.httpPort}/`), 'the door is closed again')
    await keeper.look()
    assert.equal(renewed.length, 1, 'and nothing is due')
  })

  test('is ordered through DNS with a program of the operator', async (t) => {
    const pebble = await startPebble(t, tempFolder(t))
    const { keeper, renewed } = keeping(t, pebble, dns(hookIn(t, pebble)))
    await keeper.begin()
    assert.equal(renewed.length, 1)
  })

  test('is renewed when half of its life is over; a week without the authority is told hour by hour and harms nothing', async (t) => {
    const pebble = await startPebble(t, tempFolder(t))
    const solver = httpSolver('127.0.0.1', pebble.httpPort)
    const { keeper, renewed, failed, time, state } = keeping(t, pebble, solver)
    await keeper.begin()
    const first = readFileSync(keeper.file, 'utf8')
    time.now += 44 * DAY
    await keeper.look()
    assert.equal(renewed.length, 1)
    await pebble.stop()
    for (const end = time.now + 7 * DAY; time.now < end; time.now += HOUR) await keeper.look()
    assert.equal(readFileSync(keeper.file, 'utf8'), first)
    assert.ok(failed.length >= 24 && failed.length <= 30, `${failed.length} attempts in six days`)
    assert.ok(failed.every(({ code, until }) => code === 'acme_unreachable' && until !== null))
    assert.deepEqual(Object.keys(state()), ['at', 'failures', 'error'])
    await pebble.start()
    time.now += 6 * HOUR
    await keeper.look()
    assert.equal(renewed.length, 2)
    assert.notEqual(readFileSync(keeper.file, 'utf8'), first)
    assert.deepEqual(state(), { at: time.now, failures: 0, error: null })
  })

  test('is ordered anew when the box gets a further name', async (t) => {
    const pebble = await startPebble(t, tempFolder(t))
    const solver = httpSolver('127.0.0.1', pebble.httpPort)
    const { keeper, folder } = keeping(t, pebble, solver, NAMES.slice(0, 1))
    await keeper.begin()
    const source = {
      type: 'acme',
      directory: pebble.directory,
      ca: pebble.ca,
      email: null,
      solver,
    } as const
    const on = { now: Date.now, renewed() {}, failed: assert.fail }
    await new Keeper({ folder, names: NAMES, source }, on).begin()
    assert.match(new X509Certificate(readFileSync(keeper.file)).subjectAltName ?? '', /holdfast\./)
  })
})

describe('what stands in the way is said, and nothing is left behind', { skip }, () => {
  test('an authority that refuses: the name does not lead here', async (t) => {
    const pebble = await startPebble(t, tempFolder(t))
    const { keeper } = keeping(t, pebble, httpSolver('127.0.0.1', pebble.httpPort + 1))
    await assert.rejects(keeper.begin(), { code: 'acme_refused', message: /refused|connect/i })
    assert.equal(existsSync(keeper.file), false)
  })

  test('an address that is no directory', async (t) => {
    const pebble = await startPebble(t, tempFolder(t))
    const directory = pebble.directory.replace('/dir', '/nonce-plz')
    const { keeper } = keeping(
      t,
      { ...pebble, directory },
      httpSolver('127.0.0.1', pebble.httpPort),
    )
    await assert.rejects(keeper.begin(), { code: 'acme_refused', message: /directory/ })
  })

  test('an authority that nobody trusts', async (t) => {
    const pebble = await startPebble(t, tempFolder(t))
    const ca = null as unknown as string
    const { keeper } = keeping(t, { ...pebble, ca }, httpSolver('127.0.0.1', pebble.httpPort))
    await assert.rejects(keeper.begin(), { code: 'acme_unreachable' })
  })

  test('a program for DNS that fails, is missing, or hangs with what it has started', async (t) => {
    const pebble = await startPebble(t, tempFolder(t))
    const scripts = {
      fails: ['#!/bin/sh\necho "no such zone" >&2\nexit 3\n', /exit code 3: no such zone/],
      hangs: ['#!/bin/sh\nsleep 1000 &\nwait\n', /no end after 0\.5 s/],
    } as const
    for (const [script, message] of Object.values(scripts)) {
      const { keeper } = keeping(t, pebble, dns(hookIn(t, pebble, script), 500))
      await assert.rejects(keeper.begin(), { code: 'dns_hook_failed', message })
    }
    const { keeper } = keeping(t, pebble, dns('/nowhere/hook'))
    await assert.rejects(keeper.begin(), { code: 'dns_hook_failed', message: /ENOENT/ })
  })
})

test('lexicon is called as it wants to be', async (t) => {
  const folder = tempFolder(t)
  const said = join(folder, 'said')
  writeFileSync(join(folder, 'lexicon'), `#!/bin/sh\necho "$@" >> '${said}'\n`, { mode: 0o755 })
  const path = process.env['PATH']
  process.env['PATH'] = `${folder}:${path}`
  t.after(() => (process.env['PATH'] = path))
  const solver = dns('lexicon:cloudflare')
  await solver.show('crisis.musterstadt.example', 'token', 'proof')
  await solver.hide('crisis.musterstadt.example', 'token', 'proof')
  const record = 'crisis.musterstadt.example TXT --name _acme-challenge.crisis.musterstadt.example'
  assert.deepEqual(readFileSync(said, 'utf8').trim().split('\n'), [
    `cloudflare create ${record} --content proof`,
    `cloudflare delete ${record} --content proof`,
  ])
})
