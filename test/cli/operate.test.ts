// Somebody looks after the box: what doctor finds and says to do, what monitoring reads, and how damage is found.
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import Database from 'better-sqlite3'
import { redacted } from '../../provisioning/operate/redact.ts'
import { certificateIn } from '../helpers/certificate.ts'
import { holdfast, json, type Line, one, refusal, tempFolder, town } from '../helpers/cli.ts'
import { freePort } from '../helpers/proxy.ts'

async function findings(args: string[]): Promise<Record<string, Line>> {
  const { lines } = await holdfast(['doctor', '--json', ...args])
  return Object.fromEntries(lines.map((line) => [String(line['check']), line]))
}

async function running(t: TestContext) {
  const operator = `127.0.0.1:${await freePort()}`
  const there = await town(t, { more: ['--operator', operator] })
  const ask = (path: string): Promise<Response> => fetch(`http://${operator}${path}`)
  return { ...there, operator, ask }
}

describe('doctor', () => {
  test('names what fails, with what to do, and ends with 1; a mended box ends with 0', async (t) => {
    const { folder, data, operator } = await running(t)
    const tls = certificateIn(folder)
    const files = ['--tls-cert', tls.cert, '--tls-key', tls.key, '--origin', 'https://localhost']
    const box = ['--data', data, '--operator', operator, ...files]
    const before = await findings(box)
    assert.equal(before['backup']?.['level'], 'fail')
    assert.match(String(before['backup']?.['todo']), /backup --page/)
    assert.equal(before['running']?.['level'], 'ok')
    assert.equal(before['certificate']?.['level'], 'ok')
    assert.equal(before['database']?.['level'], 'warn')
    const outcome = await holdfast(['doctor', ...box])
    assert.equal(outcome.status, 1)
    assert.match(outcome.out, /^FAIL backup/m)
    assert.match(outcome.err, /backup/)
    const stick = join(folder, 'stick')
    mkdirSync(stick)
    await holdfast([
      'backup',
      '--page',
      '--data',
      data,
      '--origin',
      'https://crisis.musterstadt.example',
    ])
    await one(['backup', '--data', data, '--backup-to', stick])
    await json(['scrub', '--data', data])
    const after = await holdfast(['doctor', ...box, '--json'])
    const levels = after.lines.filter(({ level }) => level === 'fail')
    assert.deepEqual(levels, [], 'and nothing fails any more')
    assert.equal(after.status, 0)
  })

  test('finds the certificate that is kept, and says why it could not be renewed', async (t) => {
    const { data } = await running(t)
    await one(['certificates', '--private-ca', 'localhost', '--data', data, '--once'])
    const kept = await findings(['--data', data])
    assert.equal(kept['certificate']?.['level'], 'ok')
    const figures = await json(['status', '--data', data])
    const days = figures.find(({ figure }) => figure === 'certificate')?.['value']
    assert.ok(Number(days) > 30, 'and status counts its days')
    const renewal = {
      at: Date.now(),
      failures: 3,
      error: 'The certificate authority cannot be reached.',
    }
    writeFileSync(join(data, 'tls/renewal.json'), JSON.stringify(renewal))
    const failing = await findings(['--data', data])
    assert.equal(failing['certificate']?.['level'], 'warn')
    assert.match(String(failing['certificate']?.['what']), /authority cannot be reached/)
  })

  test('sees a folder that others may read, a certificate of another name, a box that is down, no box at all', async (t) => {
    const { folder, data, operator, box } = await running(t)
    await box.end('SIGTERM')
    chmodSync(join(data, 'box.key'), 0o644)
    const tls = certificateIn(folder)
    const other = ['--tls-cert', tls.cert, '--tls-key', tls.key, '--origin', 'https://bank.example']
    const found = await findings(['--data', data, '--operator', operator, ...other])
    for (const check of ['permissions', 'certificate', 'running'])
      assert.equal(found[check]?.['level'], 'fail', check)
    assert.match(String(found['certificate']?.['what']), /bank\.example/)
    const nowhere = await findings(['--data', join(folder, 'nowhere')])
    assert.equal(nowhere['organisation']?.['level'], 'fail')
  })
})

describe('monitoring', () => {
  test('reads health and figures on the address of the operator, and devices never do', async (t) => {
    const { ask, box, owner } = await running(t)
    await one(['channel', 'create', 'Crisis team', '--state', owner])
    const health = await ask('/health')
    assert.equal(health.status, 200)
    const { level, findings: list } = (await health.json()) as { level: string; findings: Line[] }
    assert.equal(level, 'warn', 'nobody has looked over the database yet')
    assert.deepEqual(
      list.map(({ check }) => check),
      ['disk', 'certificate', 'clock', 'database', 'restored'],
    )
    const text = await (await ask('/metrics')).text()
    const value = (name: string): number =>
      Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
    assert.ok(value('holdfast_entries_total') >= 2)
    assert.equal(value('holdfast_organisations'), 1)
    assert.ok(value('holdfast_resident_bytes') > 20e6)
    assert.match(text, /holdfast_requests_total\{path="\/v1\/entries",status="200"\} \d+/)
    assert.match(text, /holdfast_devices\{org="[0-9a-f]{32}"\} 1/)
    for (const line of text.trim().split('\n'))
      assert.match(line, /^(# (HELP|TYPE) holdfast_\w+ .+|holdfast_\w+(\{[^}]*\})? -?[\d.e+-]+)$/)
    for (const path of ['/health', '/metrics'])
      assert.equal((await fetch(box.url + path)).status, 404, path)
    assert.equal((await ask('/v1/live')).status, 404)
    assert.equal((await fetch(`${box.url}/x`.repeat(1))).status, 404)
  })

  test('hears of a damaged database', async (t) => {
    const { ask, data } = await running(t)
    const name = readdirSync(data).find((one) => /^org-.*\.db$/.test(one)) ?? ''
    const db = new Database(join(data, name))
    db.prepare('UPDATE entries SET subject = randomblob(16) WHERE n = 2').run()
    db.close()
    refusal(await holdfast(['scrub', '--data', data]), 1, /damaged/, /entry 2/)
    const health = await ask('/health')
    assert.equal(health.status, 503)
    assert.match(await health.text(), /entry 2/)
  })

  test('an operator address that is taken stops the start', async (t) => {
    const { folder, operator } = await running(t)
    const data = join(folder, 'other')
    await one(['init', '--data', data, '--org', 'A', '--owner', 'B'])
    const listen = ['serve', '--data', data, '--listen']
    const taken = [...listen, '127.0.0.1:0', '--operator', operator]
    refusal(await holdfast(taken), 1, /already listens/)
    const free = ['--operator', `127.0.0.1:${await freePort()}`]
    refusal(await holdfast([...listen, operator, ...free]), 1, /already listens/)
  })
})

test('status counts what the box holds, also while it is down', async (t) => {
  const { data, owner, box } = await town(t)
  await one(['channel', 'create', 'Crisis team', '--state', owner])
  await box.end('SIGTERM')
  const figures = Object.fromEntries(
    (await json(['status', '--data', data])).map(({ figure, value }) => [figure, value]),
  )
  assert.equal(figures['channels'], 1)
  assert.ok(Number(figures['entries']) >= 5)
  assert.equal(figures['last backup'], 'none')
  refusal(
    await holdfast(['status', '--data', join(tempFolder(t), 'x')]),
    1,
    /no organisation|holds no/i,
  )
  rmSync(data, { recursive: true })
})

test('the dashboard asks for nothing that the box does not say', async (t) => {
  const { ask } = await running(t)
  const said = new Set(
    [...(await (await ask('/metrics')).text()).matchAll(/^# TYPE (holdfast_\w+)/gm)].map(
      ([, name = '']) => name,
    ),
  )
  const file = join(import.meta.dirname, '../../provisioning/grafana/holdfast.json')
  const asked = [...readFileSync(file, 'utf8').matchAll(/holdfast_\w+/g)].map(([name]) => name)
  assert.ok(asked.length >= 12)
  for (const name of asked) assert.ok(said.has(name), name)
})

test('a bundle for support says how the box is, and not whose it is', async (t) => {
  const { folder, data, operator, card, box } = await running(t)
  const out = join(folder, 'support.json')
  const origin = ['--origin', 'https://crisis.musterstadt.example', '--operator', operator]
  const env = { HOLDFAST_ACME_EMAIL: 'it@musterstadt.example', HOLDFAST_LOG: 'warn' }
  await one(['support', '--data', data, '--out', out, ...origin], { env })
  const text = readFileSync(out, 'utf8')
  const bundle = JSON.parse(text) as { findings: Line[]; files: Line[]; settings: Line }
  assert.ok(bundle.findings.some(({ check }) => check === 'backup'))
  assert.ok(bundle.files.length >= 3)
  assert.deepEqual(bundle.settings, { HOLDFAST_ACME_EMAIL: 'set', HOLDFAST_LOG: 'warn' })
  const name = readdirSync(data).find((one) => /^org-.*\.db$/.test(one)) ?? ''
  const key = readFileSync(join(data, 'box.key'), 'utf8').trim()
  for (const telling of ['musterstadt', name.slice(4, 36), key, card, box.host, '127.0.0.1'])
    assert.equal(text.includes(telling), false, telling)
  refusal(await holdfast(['support', '--data', data, '--out', out]), 2, /exists already/)
})

test('whatever says whose box it is becomes a mark, the same one each time', () => {
  const telling = [
    '6b29e18e8ab6dcf48cb540db9507895e',
    'ABCD-EFGH-JKMN-PQRS-TVWX-YZ01-2345',
    'anna@musterstadt.example',
    '192.0.2.7',
    '2001:db8:1:2::7',
    'crisis.musterstadt.example',
    '-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----',
  ]
  for (const one of telling) {
    const text = redacted(`before ${one} after ${one}`)
    assert.equal(text.includes(one), false, one)
    const [, first, second] = /^before (.*) after (.*)$/s.exec(text) ?? []
    assert.equal(first, second, one)
  }
  assert.equal(
    redacted('holdfast-deliver.service: code=exited'),
    'holdfast-deliver.service: code=exited',
  )
  assert.equal(redacted('intern is down', ['intern']).includes('intern'), false)
})
