// The internet of a test, as a program on a machine of its own: a resolver that knows a few names, and a push service.
// Prints a line for each push.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { answerTo, nameIn } from './dns.ts'

export type SmallInternet = {
  names: Record<string, string>
  resolver: string
  push: { address: string; cert: string; key: string }
}

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`)

async function resolver({ names, resolver }: SmallInternet): Promise<void> {
  const socket = createSocket('udp4', (question, { address, port }) => {
    const known = names[nameIn(question) ?? ''] ?? null
    socket.send(answerTo(question, known), port, address)
  })
  socket.bind(53, resolver)
  await once(socket, 'listening')
}

async function pushService({ push }: SmallInternet): Promise<void> {
  const files = { cert: readFileSync(push.cert), key: readFileSync(push.key) }
  const server = createServer(files, (asked, answer) => {
    const { host, ttl, urgency } = asked.headers
    asked.resume().on('end', () => {
      say({ pushed: asked.url, host, ttl, urgency })
      answer.writeHead(201).end()
    })
  })
  server.listen(443, push.address)
  await once(server, 'listening')
}

if (import.meta.main) {
  const internet = JSON.parse(process.argv[2] ?? '') as SmallInternet
  await Promise.all([resolver(internet), pushService(internet)])
  say({ ready: true })
}
