// What a machine tells about itself before Holdfast is installed on it: who asks for names there, who sets the clock,
// which way is out, and from where somebody is looking at it right now.
import { existsSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import type { Appliance } from '../appliance/layout.ts'

/** Users of the programs that Debian has for it. */
const RESOLVERS = ['systemd-resolve', 'unbound', 'dnsmasq']
const TIMEKEEPERS = ['systemd-timesync', '_chrony', 'ntpsec', 'openntpd']

type Users = Pick<Appliance, 'resolver' | 'timekeeper'>

/** `root`: of the system that is looked at. Null: the box's own processes ask for names; nobody sets the clock. */
export function usersIn(root: string): Users {
  const passwd = join(root, 'etc/passwd')
  const text = existsSync(passwd) ? readFileSync(passwd, 'utf8') : ''
  const names = text.split('\n').map((line) => line.split(':')[0] ?? '')
  const first = (wanted: readonly string[]): string | null =>
    wanted.find((name) => names.includes(name)) ?? null
  return { resolver: first(RESOLVERS), timekeeper: first(TIMEKEEPERS) }
}

const ROUTES = '/proc/net/route'

/** Where the default route leads, if the machine has other networks too; null: there is one network alone. */
export function uplinkHere(): string | null {
  const outside = Object.entries(networkInterfaces()).filter(([, all]) =>
    all?.some(({ internal }) => !internal),
  )
  if (outside.length < 2 || !existsSync(ROUTES)) return null
  const rows = readFileSync(ROUTES, 'utf8').split('\n').slice(1)
  const way = rows
    .map((row) => row.split('\t'))
    .find(([, destination]) => destination === '00000000')
  return way?.[0] ?? null
}

/** The machine from which somebody is logged in: the firewall must not lock them out. */
export function visitor(env: NodeJS.ProcessEnv): string | null {
  const [address] = (env['SSH_CONNECTION'] ?? '').split(' ')
  // Of one on the same cable (fe80::…%eth0) nobody can say more than which cable.
  if (address === undefined || isIP(address) === 0 || address.includes('%')) return null
  return address.includes(':') ? `${address}/128` : `${address}/32`
}

/** Commands that have to be there, and the packages of Debian that bring them. */
const NEEDED = [
  ['usr/bin/systemctl', 'systemd'],
  ['usr/bin/systemd-sysusers', 'systemd'],
  ['usr/sbin/nft', 'nftables'],
] as const

export const missingIn = (root: string): string[] => [
  ...new Set(NEEDED.filter(([path]) => !existsSync(join(root, path))).map(([, debian]) => debian)),
]
