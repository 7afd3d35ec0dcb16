// What a DHCP server says (RFC 2131), and a device that asks one: run as a program it prints what it is offered.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

export const DHCP = { discover: 1, offer: 2, ack: 5 } as const
const FIXED = 236
const MAGIC = Buffer.from([0x63, 0x82, 0x53, 0x63])
const OPTION = { mask: 1, router: 3, resolver: 6, kind: 53, server: 54, proxy: 252 } as const
const BROADCAST = 0x80

export type Lease = { address: string; router: string; proxy: string }
export type Offer = { kind: number; router: string; resolver: string; proxy: string }

const ip = (address: string): Buffer => Buffer.from(address.split('.').map(Number))
const option = (code: number, value: Buffer): Buffer =>
  Buffer.concat([Buffer.from([code, value.length]), value])

/** `to`: hardware address; `transaction`: what the device has chosen. */
export function dhcpMessage(
  kind: number,
  to: Buffer,
  transaction: Buffer,
  lease: Lease | null,
): Buffer {
  const fixed = Buffer.alloc(FIXED)
  fixed.set([lease === null ? 1 : 2, 1, 6, 0])
  fixed.set(transaction, 4)
  fixed[10] = BROADCAST
  if (lease !== null) fixed.set(ip(lease.address), 16)
  fixed.set(to, 28)
  const given =
    lease === null
      ? []
      : [
          option(OPTION.mask, ip('255.255.255.0')),
          option(OPTION.router, ip(lease.router)),
          option(OPTION.resolver, ip(lease.router)),
          option(OPTION.server, ip(lease.router)),
          option(OPTION.proxy, Buffer.from(lease.proxy)),
        ]
  const options = [option(OPTION.kind, Buffer.from([kind])), ...given, Buffer.from([255])]
  return Buffer.concat([fixed, MAGIC, ...options])
}

export const hardwareIn = (message: Buffer): Buffer => message.subarray(28, 34)
export const transactionIn = (message: Buffer): Buffer => message.subarray(4, 8)

export function readOffer(message: Buffer): Offer {
  const found = new Map<number, Buffer>()
  for (let at = FIXED + MAGIC.length; at + 1 < message.length; at += 2 + (message[at + 1] ?? 0))
    found.set(message[at] ?? 0, message.subarray(at + 2, at + 2 + (message[at + 1] ?? 0)))
  const address = (code: number): string => [...(found.get(code) ?? [])].join('.')
  return {
    kind: found.get(OPTION.kind)?.[0] ?? 0,
    router: address(OPTION.router),
    resolver: address(OPTION.resolver),
    proxy: found.get(OPTION.proxy)?.toString() ?? '',
  }
}

async function ask(broadcast: string): Promise<void> {
  const socket = createSocket('udp4')
  socket.bind(68)
  await once(socket, 'listening')
  socket.setBroadcast(true)
  const own = Buffer.from([2, 0, 0, 0, 0, 7])
  socket.send(dhcpMessage(DHCP.discover, own, own.subarray(2), null), 67, broadcast)
  const [message] = (await once(socket, 'message')) as [Buffer]
  process.stdout.write(`${JSON.stringify(readOffer(message))}\n`)
  socket.close()
}

if (import.meta.main) await ask(process.argv[2] ?? '')
