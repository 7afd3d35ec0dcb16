// A real certificate authority that speaks ACME, on loopback: Let's Encrypt's test server, with a tenth of all nonces
// refused as the real one may.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { exchange } from '../../provisioning/certificates/acme/transport.ts'
import { certificateIn } from './certificate.ts'
import { type Cleaner, cleanUp } from './cleanup.ts'
import { freePort } from './proxy.ts'

export type Pebble = {
  directory: string
  /** PEM of the authority that vouches for the server itself. */
  ca: string
  /** Where it looks for HTTP challenges of every name. */
  httpPort: number
  /** Of the server that answers for DNS: POST /set-txt, /clear-txt. */
  dnsManagement: string
  stop(): Promise<void>
  start(): Promise<void>
}

/** `days`: how long what it gives is good for. */
export async function startPebble(t: Cleaner, folder: string, days = 90): Promise<Pebble> {
  const { cert, key } = certificateIn(folder, 'pebble')
  const [port, management, httpPort, tlsPort, dns, dnsManagement] = await Promise.all(
    Array.from({ length: 6 }, freePort),
  )
  const config = join(folder, 'pebble.json')
  const settings = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${management}`,
    certificate: cert,
    privateKey: key,
    httpPort,
    tlsPort,
    certificateValidityPeriod: days * 24 * 3600,
  }
  writeFileSync(config, JSON.stringify({ pebble: settings }))
  const running = new Set<ChildProcess>()
  cleanUp(t, () => running.forEach((child) => child.kill('SIGKILL')))
  const run = (program: string, args: string[]): ChildProcess => {
    const env = { ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '10' }
    const child = spawn(program, args, { env, stdio: 'ignore' })
    running.add(child)
    return child
  }
  const none = ['-http01', '', '-https01', '', '-tlsalpn01', '', '-defaultIPv6', '']
  const names = ['-dns01', `127.0.0.1:${dns}`, '-management', `127.0.0.1:${dnsManagement}`]
  run('pebble-challtestsrv', ['-defaultIPv4', '127.0.0.1', ...none, ...names])
  const directory = `https://localhost:${port}/dir`
  const ca = readFileSync(cert, 'utf8')
  let server: ChildProcess | null = null
  const start = async (): Promise<void> => {
    server = run('pebble', ['-config', config, '-dnsserver', `127.0.0.1:${dns}`])
    for (let tries = 0; tries < 200; tries++) {
      if (await exchange('GET', directory, ca).catch(() => null)) return
      await pause(50)
    }
    throw new Error('pebble does not answer')
  }
  const stop = async (): Promise<void> => {
    if (server === null) return
    const gone = once(server, 'exit')
    server.kill('SIGKILL')
    await gone
  }
  await start()
  const at = `http://127.0.0.1:${dnsManagement}`
  return { directory, ca, httpPort: Number(httpPort), dnsManagement: at, start, stop }
}
