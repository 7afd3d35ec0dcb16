// A machine that nobody has set up starts from the disk that was built for it: its screen shows the card of the first
// owner, a device joins and writes, and after a power cut everything is there.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { buildApp } from '../../scripts/build-app.ts'
import { buildImage } from '../../scripts/image.ts'
import { lookAt } from '../../provisioning/update/look.ts'
import { begunBy, packetsIn } from '../helpers/capture.ts'
import { json, type Line, one, ORG } from '../helpers/cli.ts'
import { freePorts } from '../helpers/ports.ts'
import { makeRelease, RELEASE_KEYS } from '../helpers/releases.ts'
import { canEmulate, VirtualMachine } from '../helpers/virtual-machine.ts'

const has = (program: string): boolean => spawnSync('which', [program]).status === 0
const able =
  process.getuid?.() === 0 && canEmulate() && ['mmdebstrap', 'mcopy', 'sfdisk'].every(has)
const skip = process.env['CI'] === 'true' || able ? false : 'see the packages in .ci/run; as root'

/** Of the network that qemu makes: the guest, and what hands it its address. */
const HARDWARE = '52:54:00:12:34:56'
const OWNER = 'Erika Beispiel'
const LARGER = 3 * 1024 ** 3
/** Far longer than a start takes without any help of the processor. Milliseconds. */
const PATIENCE = 300_000

let folder = ''
before(async () => {
  if (skip !== false) return
  folder = mkdtempSync(join(tmpdir(), 'holdfast-disk-'))
  await makeRelease(folder, { version: '1.0.0', app: await builtApp(folder) })
  await makeRelease(folder, { version: '1.1.0', app: join(folder, 'app') })
  spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')])
})
after(() => rmSync(folder, { recursive: true, force: true }))

async function builtApp(below: string): Promise<string> {
  const app = join(below, 'app')
  await buildApp(app, { version: '1.0.0', keys: RELEASE_KEYS })
  return app
}

/** Resolves when the box answers, on both of its doors. */
async function started(machine: VirtualMachine, https: number): Promise<void> {
  const end = Date.now() + PATIENCE
  const door = { host: '127.0.0.1', port: https, tls: { cert: '', key: '' }, operator: null }
  while ((await lookAt(door)).manifest === null) {
    machine.ensureOn()
    assert.ok(Date.now() < end, machine.screen.slice(-2000))
    await wait(1000)
  }
}

/** The certificate of the private authority, from the page that guides phones. */
async function authority(port: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/holdfast.crt`)
  const der = join(folder, 'authority.der')
  writeFileSync(der, new Uint8Array(await answer.arrayBuffer()))
  return trusted(der)
}

/** Node wants to read it as text. */
function trusted(der: string): string {
  const pem = join(folder, 'authority.pem')
  const made = spawnSync('openssl', ['x509', '-inform', 'der', '-in', der, '-out', pem])
  if (made.status !== 0) writeFileSync(pem, readFileSync(der))
  return pem
}

const CARD = /\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){6}\b/

type Ports = { https: number; http: number; ssh: number; operator: number }

function imageFor({ https }: Ports): string {
  const image = join(folder, 'box.img')
  const settings = ['--origin', `https://127.0.0.1:${https}`, '--private-ca', '127.0.0.1']
  const people = ['--org', ORG, '--owner', OWNER, '--operators', '10.0.2.0/24']
  buildImage({
    out: image,
    program: join(folder, 'release-1.0.0/holdfast'),
    suite: 'bookworm',
    kernel: 'linux-image-cloud-amd64',
    more: [],
    sshKeys: readFileSync(join(folder, 'key.pub'), 'utf8'),
    settings: [...settings, ...people, '--trust-listen', '0.0.0.0:80'],
  })
  // The disk of a machine is larger than what is written onto it.
  truncateSync(image, LARGER)
  return image
}

/** What an operator types who is logged in. */
function operator({ ssh }: Ports) {
  const how = ['-i', join(folder, 'key'), '-o', 'BatchMode=yes', '-o', 'LogLevel=ERROR']
  const unknown = ['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null']
  const options = { encoding: 'utf8', timeout: 400_000 } as const
  const run = (command: string): string => {
    const args = [...how, ...unknown, '-p', `${ssh}`, 'root@127.0.0.1', command]
    const { status, stdout, stderr } = spawnSync('ssh', args, options)
    assert.equal(status, 0, `${command}\n${stdout}${stderr}`)
    return stdout
  }
  const bring = (from: string, to: string): void => {
    const args = [...how, ...unknown, '-P', `${ssh}`, '-r', from, `root@127.0.0.1:${to}`]
    const { status, stderr } = spawnSync('scp', args, options)
    assert.equal(status, 0, stderr)
  }
  return { run, bring }
}

const linesOf = (text: string): Line[] =>
  text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []))

/** Everything runs as its own user, and nothing complains but what an operator has to do. */
function isWell(run: (command: string) => string, expected = ['backup']): void {
  assert.equal(run('systemctl --failed --plain --no-legend').trim(), '')
  const users = run('ps -eo user:20,args').split('\n')
  const processes = users.filter((line) =>
    /current\/holdfast|releases\/[\d.]+\/holdfast/.test(line),
  )
  const found = processes.map((line) => line.replaceAll(/ +/g, ' ').trim().split(' '))
  assert.deepEqual(found.map(([user, , verb]) => `${user} ${verb}`).toSorted(), [
    'holdfast serve',
    'holdfast-tls certificates',
  ])
  const findings = linesOf(run('holdfast doctor --json || true'))
  const failing = findings.filter(({ level }) => level === 'fail').map(({ check }) => check)
  assert.deepEqual(failing, expected, JSON.stringify(findings))
}

function looksAfter(ports: Ports): void {
  const { run, bring } = operator(ports)
  isWell(run)
  assert.match(run('df --output=size -BM / | tail -1'), /2\d{3}M/, 'the root has grown')
  // Once more, with a place for backups: by the service that nobody has started yet.
  const again = `--origin https://127.0.0.1:${ports.https} --private-ca 127.0.0.1 --trust-listen 0.0.0.0:80`
  const people = `--org x --owner y --operators 10.0.2.0/24 --backup-to /var/backups/holdfast`
  run('install -d -o holdfast /var/backups/holdfast')
  assert.match(run(`holdfast install ${again} ${people}`), /Installed/)
  run('holdfast backup --page && systemctl start holdfast-backup && ls /var/backups/holdfast')
  assert.deepEqual(
    linesOf(run('holdfast doctor --json')).filter(({ level }) => level === 'fail'),
    [],
  )
  // And without: what is not wanted any more is gone.
  run(`holdfast install ${again} --org x --owner y --operators 10.0.2.0/24`)
  run('! systemctl cat holdfast-backup.timer')
  bring(join(folder, 'release-1.1.0'), '/root/release')
  assert.match(run('holdfast update /root/release'), /1\.1\.0 runs/)
  assert.match(run('holdfast version'), /Holdfast 1\.1\.0/)
  run('holdfast doctor')
  // As it stands when the power goes while a release is being taken back: the next start ends it.
  const pending = { from: '1.0.0', to: '1.1.0', failing: [], kept: false, back: true }
  run(`echo '${JSON.stringify(pending)}' > /usr/local/lib/holdfast/update.json`)
  run('! systemctl start holdfast-settle && systemctl reset-failed')
  assert.match(run('holdfast version'), /Holdfast 1\.0\.0/)
  isWell(run, [])
}

describe('a disk', { skip }, () => {
  test('makes a box of a machine, from the power switch to the first message, after a power cut, and with an update', async (t) => {
    const [https = 0, http = 0, ssh = 0, health = 0] = await freePorts(4)
    const ports = { https, http, ssh, operator: health }
    const origin = `https://127.0.0.1:${https}`
    const heard = join(folder, 'cable.pcap')
    const image = imageFor(ports)
    const forwards = { 443: https, 80: http, 22: ssh, 8471: health }
    const machine = new VirtualMachine(t, { folder, image, ports: forwards, heard })
    const on = async (): Promise<void> => {
      const began = performance.now()
      machine.switchOn()
      await started(machine, https)
      t.diagnostic(`it answers ${((performance.now() - began) / 1000).toFixed(0)} s after power-on`)
    }
    await on()
    const env = { NODE_EXTRA_CA_CERTS: await authority(http) }
    const card = CARD.exec(machine.screen)?.[0]
    assert.ok(card !== undefined, machine.screen.slice(-2000))
    const state = join(folder, 'erika')
    const verb = (...args: string[]): Promise<Line[]> => json([...args, '--state', state], { env })
    await one(['join', card, '--box', origin, '--state', state], { env })
    await verb('channel', 'create', 'Crisis team')
    await verb('send', 'Crisis team', 'We meet at seven.')
    await assert.rejects(fetch(`http://127.0.0.1:${health}/health`), 'the operator alone')

    await machine.switchOff()
    await on()
    assert.doesNotMatch(machine.screen, CARD, 'a card is shown once')
    const [made] = await verb('invite', '--name', 'Anna Beispiel')
    const anna = join(folder, 'anna')
    await one(['join', String(made?.['card']), '--box', origin, '--state', anna], { env })
    await verb('channel', 'add', 'Crisis team', 'Anna Beispiel')
    looksAfter(ports)
    await verb('send', 'Crisis team', 'After the power cut and an update.')
    const news = await json(['sync', '--state', anna], { env })
    assert.ok(news.some(({ text }) => text === 'After the power cut and an update.'))
    await machine.switchOff()

    const begun = begunBy(HARDWARE, packetsIn(readFileSync(heard)))
    const known =
      /^(?:udp 255\.255\.255\.255:67|udp 10\.0\.2\.\d+:(?:53|67|123)|icmpv6 (?:131|143) .*)$/
    assert.deepEqual(
      begun.filter((place) => !known.test(place)),
      [],
      'it asks for an address and for names, and goes nowhere else',
    )
  })
})
