// The yardstick: a server with nothing of a product in it. What is posted goes to every open socket; `durable`
// also puts it into SQLite first, with synchronous=FULL and one commit for what arrives in one turn; `signed` does,
// on top of that, what no box with signed requests can be without: it loads a router and libsodium, checks two
// signatures a message (the request's and the author's) and makes one (the head's).
// Run as: node bare.ts memory|durable|signed FILE [CERT KEY]. Prints the address it listens on.
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import Database from 'better-sqlite3'
import { type WebSocket, WebSocketServer } from 'ws'

const [mode = 'memory', file = ':memory:', cert, key] = process.argv.slice(2)
const GREETING = Uint8Array.of(0)

const signatures = mode === 'signed' ? await loadSignatures() : null

type Waiting = { body: Buffer; group: number; response: ServerResponse }
const db = mode === 'memory' ? null : openDatabase(file)
const insert = db?.prepare('INSERT INTO entries (grp, body) VALUES (?, ?)')
const since = db?.prepare('SELECT body FROM entries WHERE grp = ? AND n > ? ORDER BY n')
const groups: Set<WebSocket>[] = []
let waiting: Waiting[] = []

async function loadSignatures(): Promise<{ check(): void; make(): void }> {
  await Promise.all([import('hono'), import('@hono/node-server')])
  const { default: sodium } = await import('libsodium-wrappers-sumo')
  await sodium.ready
  const { publicKey, privateKey } = sodium.crypto_sign_keypair()
  const message = new Uint8Array(638)
  const signature = sodium.crypto_sign_detached(message, privateKey)
  return {
    check: () => void sodium.crypto_sign_verify_detached(signature, message, publicKey),
    make: () => void sodium.crypto_sign_detached(message, privateKey),
  }
}

function openDatabase(path: string): Database.Database {
  const opened = new Database(path)
  opened.pragma('journal_mode = WAL')
  opened.pragma('synchronous = FULL')
  opened.exec('CREATE TABLE IF NOT EXISTS entries (n INTEGER PRIMARY KEY, grp INTEGER, body BLOB)')
  opened.exec('CREATE INDEX IF NOT EXISTS by_group ON entries (grp, n)')
  return opened
}

const commit = db?.transaction((all: Waiting[]) => {
  for (const { group, body } of all) insert?.run(group, body)
})

function flush(): void {
  const all = waiting
  waiting = []
  commit?.(all)
  for (const { body, group, response } of all) {
    signatures?.make()
    response.end('ok')
    for (const socket of groups[group] ?? []) socket.send(body, { binary: true })
  }
}

/** POST /GROUP stores and sends on; GET /GROUP?N answers with what came after N. */
function handle(request: IncomingMessage, response: ServerResponse): void {
  const [path = '/0', after = '0'] = (request.url ?? '/0').split('?')
  const group = Number(path.slice(1))
  if (request.method === 'GET') {
    const rows = (since?.all(group, Number(after)) ?? []) as { body: Buffer }[]
    response.end(Buffer.concat(rows.map(({ body }) => body)))
    return
  }
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    if (waiting.length === 0) setImmediate(flush)
    signatures?.check()
    signatures?.check()
    waiting.push({ body: Buffer.concat(chunks), group, response })
  })
}

const server =
  cert === undefined || key === undefined
    ? createServer({ keepAliveTimeout: 75_000 }, handle)
    : createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }, handle)
const door = new WebSocketServer({ server, perMessageDeflate: false })
door.on('connection', (socket, request) => {
  const group = Number((request.url ?? '/0').slice(1))
  const members = (groups[group] ??= new Set())
  socket.once('message', () => {
    members.add(socket)
    socket.send(GREETING)
  })
  socket.on('close', () => members.delete(socket))
  socket.on('error', () => socket.terminate())
})
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`${JSON.stringify({ listening: `http://127.0.0.1:${port}` })}\n`)
})
process.once('SIGTERM', () => process.exit(0))
