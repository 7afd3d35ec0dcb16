// The firewall of an installed box, loaded into the kernel: a phone, the internet, the network of the company, and each
// process of the box as the user that it runs as.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, test, type TestContext } from 'node:test'
import type { Appliance } from '../../provisioning/appliance/layout.ts'
import { NUMBERS, rules } from '../helpers/installed.ts'
import { canMakeNamespaces, Machine } from '../helpers/namespaces.ts'

const CHECKS = new URL('../../provisioning/operate/checks.ts', import.meta.url)
const CI = process.env['CI'] === 'true'
const skip = CI || canMakeNamespaces() ? false : 'network namespaces take root'

const BOX: Appliance = {
  address: 'https://crisis.musterstadt.example',
  port: 443,
  trustPort: 80,
  acmePort: null,
  uplink: null,
  certificate: 'acme',
  backupTo: null,
  resolver: 'systemd-resolve',
  timekeeper: 'systemd-timesync',
  operators: ['10.77.0.0/24'],
}
/** Listens on every port that is asked for, as whatever may be there. */
const LISTEN = `const { createServer } = require('node:net')
let left = process.argv.slice(1)
for (const port of left) createServer((s) => s.on('error', () => {}).end()).listen(Number(port), '0.0.0.0', () => {
  left = left.filter((one) => one !== port)
  if (left.length === 0) console.log('ready')
})`
const CONNECT = `const socket = require('node:net').connect(Number(process.argv[2]), process.argv[1])
socket.on('connect', () => { console.log('open'); process.exit() })
socket.on('error', (error) => { console.log(error.code); process.exit() })
setTimeout(() => { console.log('nothing'); process.exit() }, 1000)`

async function listening(t: TestContext, machine: Machine, ...ports: number[]): Promise<void> {
  const child = machine.start(t, [process.execPath, '-e', LISTEN, ...ports.map(String)])
  assert.ok(child.stdout)
  await once(child.stdout, 'data')
}

const reach = (from: Machine, address: string, port: number, user = 0): string =>
  from.run([process.execPath, '-e', CONNECT, address, `${port}`], user).stdout.trim()

async function world(t: TestContext, box: Appliance = BOX) {
  const [appliance, phone, internet, company] = [0, 1, 2, 3].map(() => new Machine(t)) as [
    Machine,
    Machine,
    Machine,
    Machine,
  ]
  appliance.connect('203.0.113.2/30', internet, '203.0.113.1/30')
  appliance.connect('10.77.0.1/24', phone, '10.77.0.50/24')
  appliance.connect('10.10.0.9/24', company, '10.10.0.1/24')
  appliance.route('203.0.113.1')
  internet.route('203.0.113.2')
  await listening(t, appliance, 443, 80, 22, 8470)
  await listening(t, internet, 443, 80, 25)
  await listening(t, company, 443, 389)
  const loaded = appliance.run(['nft', '-f', '-'], 0, rules(box))
  assert.equal(loaded.status, 0, loaded.stderr)
  return { appliance, phone, internet, company }
}

describe('the firewall of an installed box', { skip }, () => {
  test('lets phones in to the box and to the page that guides them, and nobody to anything else', async (t) => {
    const { phone, internet, company } = await world(t)
    for (const [from, to] of [
      [phone, '10.77.0.1'],
      [internet, '203.0.113.2'],
    ] as const) {
      assert.equal(reach(from, to, 443), 'open')
      assert.equal(reach(from, to, 80), 'open')
      assert.equal(reach(from, to, 8470), 'nothing')
    }
    assert.equal(reach(internet, '203.0.113.2', 22), 'nothing')
    assert.equal(reach(company, '10.10.0.9', 22), 'nothing')
    assert.equal(reach(phone, '10.77.0.1', 22), 'open', 'the network of the operators')
  })

  test('lets the box itself open no connection at all, nor anybody who is not named', async (t) => {
    const { appliance } = await world(t)
    for (const user of [NUMBERS.holdfast, 0, 65_534])
      for (const [to, port] of [
        ['203.0.113.1', 443],
        ['10.10.0.1', 443],
        ['10.77.0.50', 9],
      ] as const)
        assert.equal(reach(appliance, to, port, user), 'nothing', `${user} to ${to}:${port}`)
    assert.equal(reach(appliance, '127.0.0.1', 8470, NUMBERS.holdfast), 'open')
  })

  test('lets pushes out to the internet, by https alone, and never into the network of the company', async (t) => {
    const { appliance } = await world(t)
    for (const user of [NUMBERS['holdfast-deliver'], NUMBERS['holdfast-tls']]) {
      assert.equal(reach(appliance, '203.0.113.1', 443, user), 'open')
      assert.equal(reach(appliance, '203.0.113.1', 25, user), 'nothing')
      assert.equal(reach(appliance, '10.10.0.1', 443, user), 'nothing')
      assert.equal(reach(appliance, '10.10.0.1', 389, user), 'nothing')
    }
  })

  test('lets doctor see as root what whoever delivers can reach', async (t) => {
    const { appliance } = await world(t)
    const levels = (user: number): string => {
      const outside = JSON.stringify({ hosts: ['203.0.113.1', '10.10.0.1'], user })
      const look = `import { pushHosts } from '${CHECKS}'
const found = await pushHosts(${outside})
console.log(found.map(({ level }) => level).join(' '), process.geteuid())`
      const node = [process.execPath, '--input-type=module', '-e', look]
      return appliance.run(node).stdout.trim()
    }
    assert.equal(levels(NUMBERS['holdfast-deliver']), 'ok warn 0')
    assert.equal(levels(NUMBERS.holdfast), 'warn warn 0')
  })

  test('where the operator brings the certificate, nobody asks for one; ports follow the settings', async (t) => {
    const other = {
      ...BOX,
      port: 8470,
      trustPort: null,
      certificate: 'files' as const,
      operators: [],
    }
    const { appliance, phone } = await world(t, other)
    assert.equal(reach(appliance, '203.0.113.1', 443, NUMBERS['holdfast-tls']), 'nothing')
    assert.equal(reach(phone, '10.77.0.1', 8470), 'open')
    for (const port of [443, 80, 22]) assert.equal(reach(phone, '10.77.0.1', port), 'nothing')
  })

  test('is replaced as a whole, and leaves the rules of others alone', async (t) => {
    const { appliance } = await world(t)
    appliance.run(['nft', 'add', 'table', 'inet', 'others'])
    assert.equal(appliance.run(['nft', '-f', '-'], 0, rules(BOX)).status, 0)
    const tables = appliance.run(['nft', 'list', 'tables']).stdout.trim().split('\n').toSorted()
    assert.deepEqual(tables, ['table inet holdfast', 'table inet others'])
  })
})
