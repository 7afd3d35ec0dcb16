// Where a push may go: the address comes from a device, so it could lead the box anywhere. Only services of
// browser makers, and of those only addresses that are public (security.md, section 4, "Endpoint SSRF").
import { ECDH } from 'node:crypto'
import { BlockList, isIP } from 'node:net'
import { ensure, ProtocolError } from '../../protocol/errors.ts'

/** And what lies below them. */
export const PUSH_HOSTS = [
  'fcm.googleapis.com',
  'jmt17.google.com',
  'updates.push.services.mozilla.com',
  'web.push.apple.com',
  'notify.windows.com',
]

/** What a test puts into the place of the internet. */
export type PushService = { host: string; port: number; address: string; ca: string }

/** Throws `push_host` for everything but an address of a known service. */
export function readEndpoint(text: string, local: PushService | null = null): URL {
  ensure(URL.canParse(text), 'push_host', 'no address')
  const url = new URL(text)
  const plain = url.protocol === 'https:' && url.username === '' && url.password === ''
  ensure(plain && !text.includes('\\'), 'push_host', 'not plain https')
  if (local !== null && url.host === `${local.host}:${local.port}`) return url
  ensure(url.port === '', 'push_host', 'another port')
  const known = PUSH_HOSTS.some(
    (host) => url.hostname === host || url.hostname.endsWith(`.${host}`),
  )
  ensure(known, 'push_host', url.hostname)
  return url
}

/** A key that is no point of its curve cannot be sealed to. Throws `malformed`. */
export function ensurePoint(key: Uint8Array): void {
  try {
    ECDH.convertKey(Buffer.from(key), 'prime256v1')
  } catch (cause) {
    throw new ProtocolError('malformed', 'key of the subscription', { cause })
  }
}

/** What is routed on the internet to one machine: https://www.iana.org/assignments/iana-ipv4-special-registry */
const RESERVED = new BlockList()
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  RESERVED.addSubnet(net, bits, 'ipv4')
/** Of IPv6 only 2000::/3 is in use, and parts of that lead back into IPv4 or nowhere. */
const GLOBAL = new BlockList()
GLOBAL.addSubnet('2000::', 3, 'ipv6')
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  RESERVED.addSubnet(net, bits, 'ipv6')

export function isPublic(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !RESERVED.check(address, 'ipv4')
  if (family !== 6) return false
  return GLOBAL.check(address, 'ipv6') && !RESERVED.check(address, 'ipv6')
}

/** A network that knows only one kind of address says so at once, or not at all. */
const MOST_TRIED = 3

/**
 * Those that are connected to, one after the other: resolved once, so that no second answer leads elsewhere, and of
 * either kind, if there are both. Throws `push_host`.
 */
export function pick(addresses: readonly string[]): string[] {
  if (addresses.length === 0 || !addresses.every(isPublic))
    throw new ProtocolError('push_host', 'resolves to an address that is not public')
  const [first = '', ...rest] = addresses
  const other = rest.find((address) => isIP(address) !== isIP(first))
  const order = other === undefined ? addresses : [first, other, ...rest]
  return [...new Set(order)].slice(0, MOST_TRIED)
}
