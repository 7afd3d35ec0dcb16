// A box with one foot in the network of a company that is in other hands, and the other on an uplink of its own; a phone
// on the internet and a desk in the company. Each is a machine by itself, and both cables of the box are heard.
import assert from 'node:assert/strict'
import { chmodSync, chownSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Appliance } from '../../provisioning/appliance/layout.ts'
import { capture } from './capture.ts'
import { certificateIn } from './certificate.ts'
import type { Cleaner } from './cleanup.ts'
import { going, MAIN, one, ORG, OWNER, serve, tempFolder } from './cli.ts'
import type { HostileCompany } from './hostile-company.ts'
import { NUMBERS, rules } from './installed.ts'
import { Machine } from './namespaces.ts'
import type { SmallInternet } from './small-internet.ts'
import { until } from './town-clock.ts'

const HOST = 'crisis.musterstadt.example'
export const ORIGIN = `https://${HOST}`
export const PUSH_HOST = 'updates.push.services.mozilla.com'
/** In 192.31.196.0/24 (RFC 7535), which is public and nobody's: a push goes to no reserved address. */
export const PUSH = '192.31.196.8'
export const RESOLVER = '192.31.196.53'
export const COMPANY = '10.10.0.1'
export const FEET = { inside: '10.10.0.9', uplink: '203.0.113.2' } as const
export const USER = { box: NUMBERS.holdfast, deliver: NUMBERS['holdfast-deliver'] }

/** What most programs take for an order to go through somebody else. */
export const PROXY = Object.fromEntries(
  ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy'].map(
    (name) => [name, `http://${COMPANY}:3128`],
  ),
)
const BOX: Appliance = {
  address: ORIGIN,
  port: 443,
  trustPort: null,
  acmePort: null,
  uplink: null,
  certificate: 'files',
  backupTo: null,
  resolver: null,
  timekeeper: null,
  operators: [],
}
/** Before the firewall drops it: whatever the process with the keys would begin by itself. */
const WATCH = `table inet watch {
  chain output {
    type filter hook output priority filter - 1;
    meta skuid ${USER.box} ct state new oif != lo counter
  }
}
`

export const program = (name: string): string[] => [
  process.execPath,
  join(import.meta.dirname, name),
]

export type Cables = {
  box: Machine
  company: Machine
  internet: Machine
  /** Interfaces of the box. */
  devices: Record<keyof typeof FEET, string>
}

/** `firewall`: of the box whose way out this is. */
export function cables(
  t: Cleaner,
  firewall = (uplink: string): string => rules({ ...BOX, uplink }),
): Cables {
  const [box, company, internet] = [new Machine(t), new Machine(t), new Machine(t)]
  const inside = box.connect(`${FEET.inside}/24`, company, `${COMPANY}/24`)
  const uplink = box.connect(`${FEET.uplink}/30`, internet, '203.0.113.1/30')
  const loaded = box.run(['nft', '-f', '-'], 0, firewall(uplink) + WATCH)
  assert.equal(loaded.status, 0, loaded.stderr)
  box.route('203.0.113.1')
  for (const address of [PUSH, RESOLVER]) internet.owns(address)
  box.asks(RESOLVER)
  return { box, company, internet, devices: { inside, uplink } }
}

/** Packets with which the process that has the keys wanted to begin something. */
export function tried(box: Machine): number {
  const said = box.run(['nft', 'list', 'table', 'inet', 'watch']).stdout
  return Number(/counter packets (\d+)/.exec(said)?.[1])
}

export const hardwareOf = (machine: Machine, device: string): string =>
  machine.run(['cat', `/sys/class/net/${device}/address`]).stdout.trim()

/** The router of the company says that it is the way to the internet. */
export function advertise(company: Machine): void {
  const said = company.run(['python3', join(import.meta.dirname, 'router-advertisement.py')])
  assert.equal(said.status, 0, said.stderr)
}

/** Where packets of the box go and whom it asks, as far as somebody else could move it. */
export const standing = (box: Machine): string =>
  [
    ['ip', '-brief', 'address', 'show', 'scope', 'global'],
    ['ip', 'route'],
    ['ip', '-6', 'route', 'show', 'default'],
    ['cat', '/etc/resolv.conf'],
  ]
    .map((command) => box.run(command).stdout)
    .join('')

function places(t: Cleaner, { company, internet }: Cables): { phone: Machine; office: Machine } {
  const [phone, office] = [new Machine(t), new Machine(t)]
  phone.connect('198.51.100.7/24', internet, '198.51.100.1/24')
  phone.route('198.51.100.1')
  phone.asks(RESOLVER)
  internet.set('ipv4.ip_forward', 1)
  office.connect('10.10.1.50/24', company, '10.10.1.1/24')
  office.route('10.10.1.1')
  return { phone, office }
}

/** `known`: an authority that everybody trusts. `company`: the one that looks into what goes through the company. */
function certificates(folder: string) {
  const known = certificateIn(folder, 'known', { host: 'authority.example' })
  const company = certificateIn(folder, 'company', { host: 'inspection.musterstadt.example' })
  return {
    known: known.cert,
    company: company.cert,
    box: certificateIn(folder, 'box', { host: HOST, by: known }),
    push: certificateIn(folder, 'push', { host: PUSH_HOST, by: known }),
    forged: certificateIn(folder, 'forged', { host: HOST, by: company }),
  }
}

/** Runs until the test ends; it is ready when this resolves. */
async function running(t: Cleaner, machine: Machine, name: string, settings: object) {
  const { lines, child, said } = going(t, [JSON.stringify(settings)], {
    program: machine.command(program(name)),
  })
  const ready = (): boolean => lines().some((line) => line['ready'] === true)
  await until(() => ready() || child.exitCode !== null, name)
  assert.equal(child.exitCode, null, said())
  return { lines, tell: (word: string) => child.stdin.write(`${word}\n`) }
}

/** As the units have it: the socket is the box's, and what sends the pushes starts with the first one. */
async function deliverSocket(t: Cleaner, box: Machine, folder: string, authority: string) {
  const socket = join(folder, 'deliver.sock')
  const given = Object.entries({ ...PROXY, NODE_EXTRA_CA_CERTS: authority })
  const surroundings = given.flatMap(([name, value]) => ['-E', `${name}=${value}`])
  const as = ['setpriv', `--reuid=${USER.deliver}`, `--regid=${USER.deliver}`, '--clear-groups']
  const verb = [...as, process.execPath, MAIN, 'deliver']
  box.start(t, ['systemd-socket-activate', '-l', socket, ...surroundings, ...verb])
  await until(() => existsSync(socket), 'the socket of deliver')
  chownSync(socket, USER.box, USER.box)
  chmodSync(socket, 0o600)
  return socket
}

type Tls = ReturnType<typeof certificates>

/** The processes of an installed box, each as its user, and a proxy offered to them. Returns the founding card. */
async function startBox(t: Cleaner, box: Machine, folder: string, tls: Tls): Promise<string> {
  const home = join(folder, 'home')
  mkdirSync(home)
  for (const path of [home, tls.box.key]) chownSync(path, USER.box, USER.box)
  const data = join(home, 'data')
  const founding = ['init', '--data', data, '--org', ORG, '--owner', OWNER]
  const { card } = await one(founding, { program: box.command([process.execPath, MAIN], USER.box) })
  const socket = await deliverSocket(t, box, folder, tls.known)
  // The unit gives this one process a port of the system; here anybody may have it.
  box.set('ipv4.ip_unprivileged_port_start', BOX.port)
  const files = ['--tls-cert', tls.box.cert, '--tls-key', tls.box.key]
  await serve(t, data, {
    command: box.command([], USER.box),
    listen: `0.0.0.0:${BOX.port}`,
    more: ['--origin', ORIGIN, '--deliver', socket, ...files],
    env: PROXY,
  })
  return String(card)
}

export async function companyWorld(t: Cleaner) {
  const folder = tempFolder(t)
  // The users of the box find their files in it.
  chmodSync(folder, 0o711)
  const tls = certificates(folder)
  const machines = cables(t)
  const { box, company, internet, devices } = machines
  const heard = {
    inside: await capture(t, box, devices.inside, folder),
    uplink: await capture(t, box, devices.uplink, folder),
  }
  const small: SmallInternet = {
    names: { [HOST]: FEET.uplink, [PUSH_HOST]: PUSH },
    resolver: RESOLVER,
    push: { address: PUSH, ...tls.push },
  }
  const hostile: HostileCompany = {
    address: COMPANY,
    ...tls.forged,
    victim: { broadcast: '10.10.0.255', hardware: hardwareOf(box, devices.inside) },
  }
  const around = places(t, machines)
  const pushes = await running(t, internet, 'small-internet.ts', small)
  const attacker = await running(t, company, 'hostile-company.ts', hostile)
  const card = await startBox(t, box, folder, tls)
  return { ...machines, ...around, folder, tls, heard, pushes, attacker, card }
}

export type CompanyWorld = Awaited<ReturnType<typeof companyWorld>>
