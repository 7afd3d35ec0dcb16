// What `holdfast doctor` looks at, whether the box runs or not. Each check says what it found and what to do.
import type { X509Certificate } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { existsSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { connect, isIP } from 'node:net'
import { join } from 'node:path'
import type { Config } from '../../server/config.ts'
import { organisationsIn } from '../../server/context.ts'
import { isBelowFloor, NODE_FLOOR } from '../../server/node-floor.ts'
import { type Finding, finding, LOW_SPACE, scrubbed } from '../../server/operate/health.ts'
import { PUSH_HOSTS } from '../../server/push/endpoint.ts'
import { ageOf, ERROR_FROM, readCertificate, WARN_FROM } from '../../server/tls.ts'
import { USERS } from '../appliance/layout.ts'
import { readState } from '../backup/state.ts'
import { RENEWAL, type Renewal } from '../certificates/keeper.ts'

const DAY = 24 * 60 * 60_000
const GIB = 1024 ** 3
const PATIENCE = 5000
const HTTPS = 443

export function node(): Finding {
  const { node: version } = process.versions
  return isBelowFloor(version)
    ? finding(
        'node',
        'warn',
        `Node ${version} is older than ${NODE_FLOOR}, which mends known weaknesses.`,
        'Get a newer Holdfast.',
      )
    : finding('node', 'ok', `Node ${version}.`)
}

export function organisation(data: string): Finding {
  const count = existsSync(data) ? organisationsIn(data).length : 0
  return count === 0
    ? finding(
        'organisation',
        'fail',
        `There is no organisation in ${data}.`,
        'Prepare one: holdfast init; or bring one back: holdfast restore.',
      )
    : finding('organisation', 'ok', `${count} in ${data}.`)
}

const SHARED = 0o077

/** Whoever may read the folder has the keys of the box. */
export function permissions(data: string): Finding {
  const keys = ['box.key', 'push.key', 'backup.pub']
  const open = [data, ...keys.map((name) => join(data, name))].filter(isShared)
  return open.length === 0
    ? finding('permissions', 'ok', 'Nobody else may read the keys of the box.')
    : finding('permissions', 'fail', `Others may read ${open.join(', ')}.`, `chmod -R go= ${data}`)
}

function isShared(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat !== undefined && (stat.mode & SHARED) !== 0
}

export function space(data: string): Finding {
  const { bavail, bsize } = statfsSync(data)
  const free = bavail * bsize
  const said = `${(free / GIB).toFixed(1)} GiB are free.`
  return free < LOW_SPACE
    ? finding('disk', 'warn', said, 'Free space; see "full disk" in RUNBOOK.md.')
    : finding('disk', 'ok', said)
}

/** `folder`: where a keeper says how its last renewal went. */
export function certificate({ tls, origin }: Config, folder: string, now: number): Finding {
  if (tls === null)
    return finding(
      'certificate',
      'warn',
      'There is none: phones cannot use this box.',
      'serve --acme, --private-ca or --tls-cert; see README.md.',
    )
  try {
    return ofLeaf(readCertificate(tls).leaf, origin, lastRenewal(folder), now)
  } catch (error) {
    const said = error instanceof Error ? error.message : 'unreadable'
    return finding('certificate', 'fail', said, RENEW)
  }
}

const RENEW = 'See "expired certificate" in RUNBOOK.md.'

/** `failed`: what stood in the way of the last renewal. */
function ofLeaf(
  leaf: X509Certificate,
  origin: string | null,
  failed: string | null,
  now: number,
): Finding {
  const name = origin === null ? null : new URL(origin).hostname
  const change = 'Get one for the name in --origin.'
  if (name !== null && !names(leaf, name))
    return finding('certificate', 'fail', `It does not name ${name}.`, change)
  const { used, daysLeft } = ageOf(leaf, now)
  const why = failed === null ? '' : ` The last renewal failed: ${failed}`
  const said = `Good for ${daysLeft} more days.${why}`
  if (used >= 1)
    return finding('certificate', 'fail', `It has ended: phones refuse the box.${why}`, RENEW)
  if (used >= ERROR_FROM) return finding('certificate', 'fail', said, RENEW)
  const worth = failed !== null || used >= WARN_FROM
  return worth ? finding('certificate', 'warn', said, RENEW) : finding('certificate', 'ok', said)
}

/** What stood in the way of it; null: nothing, or nobody has tried. */
function lastRenewal(folder: string): string | null {
  const path = join(folder, RENEWAL)
  if (!existsSync(path)) return null
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as Renewal).error
  } catch {
    return null
  }
}

function names(leaf: X509Certificate, name: string): boolean {
  const found = isIP(name) === 0 ? leaf.checkHost(name) : leaf.checkIP(name)
  return found !== undefined
}

/** `every`: how often there should be one, milliseconds; null: nobody has said where to. */
export function backup(data: string, every: number | null, now: number): Finding {
  const how = 'holdfast backup --page --origin URL, then serve --backup-to DIR; see README.md.'
  if (!existsSync(join(data, 'backup.pub')))
    return finding(
      'backup',
      'fail',
      'There is no backup page: a lost box cannot be brought back.',
      how,
    )
  const state = readState(data)
  if (state === null || state.good === null)
    return finding('backup', 'fail', state?.error ?? 'There has never been a backup.', how)
  const age = now - state.good.at
  const said = `The last one was made and read back ${Math.floor(age / DAY)} days ago.`
  if (state.error !== null)
    return finding(
      'backup',
      'warn',
      `${said} Since then: ${state.error}`,
      'Plug the stick in, or mend the folder.',
    )
  return age > 2 * (every ?? DAY)
    ? finding(
        'backup',
        'warn',
        said,
        'Run holdfast backup, and look why it does not come by itself.',
      )
    : finding('backup', 'ok', said)
}

/** systemd-timesyncd makes this file when the clock was set from the network. */
const SYNCHRONISED = '/run/systemd/timesync/synchronized'

export function time(): Finding {
  if (!existsSync('/run/systemd/system'))
    return finding('time', 'ok', 'Nobody here says whether the clock is set.')
  return existsSync(SYNCHRONISED)
    ? finding('time', 'ok', 'The clock was set from the network.')
    : finding(
        'time',
        'warn',
        'The clock has not been set from the network since the start.',
        'timedatectl status; see "wrong time" in RUNBOOK.md.',
      )
}

export const database = (data: string, now: number): Finding => scrubbed(data, now)

type Outside = { hosts: readonly string[]; user: string | number }

/**
 * Whether pushes can go out from here at all: names, then a connection. Nothing is sent. Root looks as `user`, where this
 * machine has that one.
 */
export function pushHosts(
  { hosts, user }: Outside = { hosts: PUSH_HOSTS, user: USERS.deliver },
): Promise<Finding[]> {
  return actingAs(user, () => Promise.all(hosts.map(pushHost)))
}

/** The firewall of an installed box lets nobody out but whoever delivers (appliance/firewall.ts). */
async function actingAs<T>(user: string | number, work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return work()
  try {
    process.seteuid?.(user)
  } catch {
    return work()
  }
  try {
    return await work()
  } finally {
    process.seteuid?.(0)
  }
}

async function pushHost(host: string): Promise<Finding> {
  const name = `push ${host}`
  const todo = 'Check uplink, DNS and firewall. Open apps are reached all the same.'
  try {
    const { address } = await lookup(host)
    await reach(address)
    return finding(name, 'ok', 'It can be reached.')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer'
    return finding(name, 'warn', `It cannot be reached (${code}).`, todo)
  }
}

function reach(host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: HTTPS, timeout: PATIENCE })
    const end = (work: () => void) => () => {
      socket.destroy()
      work()
    }
    socket.once('connect', end(resolve))
    socket.once(
      'timeout',
      end(() => reject(new Error('timeout'))),
    )
    socket.once('error', (error) => {
      socket.destroy()
      reject(error)
    })
  })
}

type Health = { findings: Finding[] }

/** What the running box says of itself, over the operator's address. */
export async function running({ operator }: Config): Promise<Finding[]> {
  if (operator === null)
    return [finding('running', 'ok', 'Not asked: the box has no operator address (--operator).')]
  const host = operator.host.includes(':') ? `[${operator.host}]` : operator.host
  try {
    const signal = AbortSignal.timeout(PATIENCE)
    const answer = await fetch(`http://${host}:${operator.port}/health`, { signal })
    const { findings } = (await answer.json()) as Health
    return [
      finding('running', 'ok', 'The box answers.'),
      ...findings.map((one) => ({ ...one, check: `box: ${one.check}` })),
    ]
  } catch {
    return [
      finding(
        'running',
        'fail',
        'The box does not answer.',
        'systemctl status holdfast; journalctl -u holdfast -n 50',
      ),
    ]
  }
}
