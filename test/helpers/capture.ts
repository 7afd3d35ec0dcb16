// What goes over an interface, from tcpdump's file: who began to speak to whom.
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Cleaner } from './cleanup.ts'
import type { Machine } from './namespaces.ts'
import { until } from './town-clock.ts'

export type Packet = {
  /** Hardware address of whoever has sent it: nobody's word is taken for that. */
  from: string
  kind: string
  source: string
  target: string
  sourcePort: number
  targetPort: number
  /** Of TCP: it opens a connection. */
  opens: boolean
  /** Of ICMP. */
  type: number
}

const ETHERNET = 14
const TYPE = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const
const KINDS: Record<number, string> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmpv6' }
const HOP_BY_HOP = 0
const [SYN, ACK] = [0x02, 0x10]

/** The file as https://www.tcpdump.org/manpages/pcap-savefile.5.html describes it, of Ethernet. */
export function packetsIn(file: Buffer): Packet[] {
  assert.equal(file.readUInt32LE(0), 0xa1b2c3d4)
  assert.equal(file.readUInt32LE(20), 1, 'Ethernet')
  const packets: Packet[] = []
  for (let at = 24; at + 16 <= file.length; at += 16 + file.readUInt32LE(at + 8))
    packets.push(packetIn(file.subarray(at + 16, at + 16 + file.readUInt32LE(at + 8))))
  return packets
}

function packetIn(frame: Buffer): Packet {
  const from = frame.toString('hex', 6, 12).replaceAll(/..(?=.)/g, '$&:')
  const inside = frame.subarray(ETHERNET)
  const type = frame.readUInt16BE(12)
  if (type === TYPE.ipv4) return ipv4(from, inside)
  if (type === TYPE.ipv6) return ipv6(from, inside)
  const kind = type === TYPE.arp ? 'arp' : `type ${type}`
  return { ...NOTHING, from, kind }
}

const NOTHING = { source: '', target: '', sourcePort: 0, targetPort: 0, opens: false, type: 0 }

function ipv4(from: string, bytes: Buffer): Packet {
  const address = (at: number): string => bytes.subarray(at, at + 4).join('.')
  const rest = bytes.subarray(((bytes[0] ?? 0) & 15) * 4)
  // What follows in a later fragment has no ports: it is told as a kind of its own.
  const kind = (bytes.readUInt16BE(6) & 0x1fff) === 0 ? kindOf(bytes[9]) : 'fragment'
  return { ...inIp(kind, rest), from, source: address(12), target: address(16) }
}

function ipv6(from: string, bytes: Buffer): Packet {
  const address = (at: number): string =>
    bytes.toString('hex', at, at + 16).replaceAll(/.{4}(?=.)/g, '$&:')
  const [hops, rest] = [bytes[6] === HOP_BY_HOP, bytes.subarray(40)]
  const after = hops ? rest.subarray(8 + (rest[1] ?? 0) * 8) : rest
  const kind = kindOf(hops ? rest[0] : bytes[6])
  return { ...inIp(kind, after), from, source: address(8), target: address(24) }
}

const kindOf = (number = -1): string => KINDS[number] ?? `protocol ${number}`

function inIp(kind: string, bytes: Buffer): Omit<Packet, 'from'> {
  if (kind.startsWith('icmp')) return { ...NOTHING, kind, type: bytes[0] ?? 0 }
  if (kind !== 'tcp' && kind !== 'udp') return { ...NOTHING, kind }
  const [sourcePort, targetPort] = [bytes.readUInt16BE(0), bytes.readUInt16BE(2)]
  const opens = kind === 'tcp' && ((bytes[13] ?? 0) & (SYN | ACK)) === SYN
  return { ...NOTHING, kind, sourcePort, targetPort, opens }
}

/** How machines on one cable find each other: who has this address, and is there a router. No word leaves it. */
const NEIGHBOURS = [133, 135, 136]
/** Echo replies, and what became of a packet: only ever answers. */
const REPLIES: Record<string, number[]> = { icmp: [0, 3, 11], icmpv6: [1, 2, 3, 129] }

/** Where this machine was the first to speak, each place once: `tcp 192.0.2.1:443`. Whatever is not known counts. */
export function begunBy(hardware: string, packets: readonly Packet[]): string[] {
  const heard = new Set<string>()
  const begun = new Set<string>()
  for (const packet of packets) {
    const { kind, source, target, sourcePort, targetPort } = packet
    const [here, there] = [`${source}:${sourcePort}`, `${target}:${targetPort}`]
    if (packet.from !== hardware) heard.add(`${kind} ${here} ${there}`)
    else if (!isAnswer(packet, heard.has(`${kind} ${there} ${here}`)))
      begun.add(
        /^(?:tcp|udp)$/.test(kind) ? `${kind} ${there}` : `${kind} ${packet.type} ${target}`,
      )
  }
  return [...begun].toSorted()
}

function isAnswer({ kind, opens, type }: Packet, spokenTo: boolean): boolean {
  if (kind === 'arp') return true
  if (kind === 'tcp') return !opens
  if (kind === 'udp') return spokenTo
  if (kind === 'icmpv6' && NEIGHBOURS.includes(type)) return true
  return REPLIES[kind]?.includes(type) ?? false
}

/** Resolves when it hears everything. */
export async function capture(
  t: Cleaner,
  machine: Machine,
  device: string,
  folder: string,
): Promise<Capture> {
  const file = join(folder, `${device}.pcap`)
  const how = ['--immediate-mode', '-U', '-n', '-Z', 'root']
  const child = machine.start(t, ['tcpdump', ...how, '-i', device, '-w', file])
  const running = new Capture(child, file)
  await until(() => /listening on/.test(running.said()) || child.exitCode !== null, 'tcpdump')
  assert.equal(child.exitCode, null, running.said())
  return running
}

export class Capture {
  readonly #child: ChildProcess
  readonly #file: string
  #said = ''

  constructor(child: ChildProcess, file: string) {
    this.#child = child
    this.#file = file
    child.stderr?.on('data', (chunk: Buffer) => (this.#said += chunk.toString()))
  }

  said(): string {
    return this.#said
  }

  /** All packets up to one that `lastWord` sends, which has these words in it. */
  async end(words: string, lastWord: () => void): Promise<Packet[]> {
    lastWord()
    await until(() => readFileSync(this.#file).includes(words), `"${words}" in the capture`)
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGINT')
    await gone
    assert.match(this.#said, /\n0 packets dropped by kernel/)
    return packetsIn(readFileSync(this.#file))
  }
}
