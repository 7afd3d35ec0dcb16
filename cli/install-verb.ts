// Holdfast onto this machine, with one command.
import { existsSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { isSea } from 'node:sea'
import { ensure, ProtocolError } from '../protocol/errors.ts'
import { filesOf } from '../provisioning/appliance/files.ts'
import { type Appliance, LAYOUT } from '../provisioning/appliance/layout.ts'
import { forPeople } from '../provisioning/install/extras.ts'
import { install } from '../provisioning/install/install.ts'
import { uplinkHere, usersIn, visitor } from '../provisioning/install/surroundings.ts'
import { waitUntilWell } from '../provisioning/update/look.ts'
import { builtIn } from '../server/built-in.ts'
import { OPTIONS, parseListen, parseOrigin } from '../server/config.ts'
import { VERSION } from '../server/version.ts'
import { type BoxOption, given, optionsOf } from './box-options.ts'
import { CERTIFICATE_OPTIONS } from './box-settings.ts'
import { cardText } from './paper.ts'
import { carriedKeys } from './release-keys.ts'
import type { Arguments, Verb } from './verb.ts'

const HTTPS = 443
const HTTP = 80
const OPERATOR = '127.0.0.1:8471'
const SSHD = 'usr/sbin/sshd'
/** For the first certificate as well. Milliseconds. */
const PATIENCE = 180_000
/** What of the box's options an installed one takes; the rest follows from its layout. */
const SAID: readonly BoxOption[] = [
  ...CERTIFICATE_OPTIONS.filter((name) => name !== 'tlsDir'),
  'also',
  'tlsCert',
  'tlsKey',
  'operator',
  'backupTo',
  'backupKeep',
  'logLevel',
]

export const installBox: Verb = {
  usage:
    'install --origin URL --org NAME --owner NAME (--acme NAME | --private-ca NAME | --tls-cert FILE --tls-key FILE)',
  summary:
    'Makes a box of this machine: users, services, firewall, certificate and the first card.',
  help: `
On a Debian with systemd, nftables and libatomic1, as root:
  sudo ./holdfast install --origin https://crisis.musterstadt.example --acme crisis.musterstadt.example \\
    --org "Stadtwerke Musterstadt" --owner "Erika Beispiel" --backup-to /media/stick
Running it again with other settings changes them; the organisation, its data and the certificate stay.
Who may reach ssh says --operators; whoever is logged in over it as root keeps their way in. The firewall lets
root itself begin nothing but asking for an address: fetch packages before. /health and /metrics answer
on 127.0.0.1:8471. With --dry-run it prints every file and changes nothing. A newer release is a matter of holdfast update.`,
  options: {
    ...optionsOf(...SAID),
    origin: { type: 'string', value: 'URL', help: 'address under which devices find the box' },
    org: { type: 'string', value: 'NAME', help: 'name of the organisation' },
    owner: { type: 'string', value: 'NAME', help: 'name of the first owner' },
    port: { type: 'string', value: 'PORT', help: `where the box listens (default: ${HTTPS})` },
    operators: { type: 'string', value: 'NET[,NET]', help: 'networks that may reach ssh, or none' },
    uplink: {
      type: 'string',
      value: 'NAME',
      help: 'interface of the way out (default: found out)',
    },
    root: {
      type: 'string',
      value: 'DIR',
      help: 'a system that does not run, such as an image (default: /)',
    },
    'dry-run': { type: 'boolean', help: 'print the files, and change nothing' },
  },
  positionals: [0, 0],
  async run(args) {
    const root = args.text('root') ?? '/'
    const box = applianceOf(args, root)
    const settings = settingsOf(args, box)
    const runbook = Buffer.from(builtIn('RUNBOOK.md').get('') ?? []).toString()
    if (args.flag('dry-run')) {
      const people = forPeople(runbook)
      for (const { path, content, mode } of [...filesOf(box, settings), ...people])
        args.out.result({ path, mode, content }, `# ${path}\n${content}`)
      return
    }
    ensure(process.getuid?.() === 0, 'install_root')
    ensure(isSea(), 'not_carried', 'install is a matter of the built program: npm run build')
    const owner = args.need('owner', 'the first owner')
    let shown = false
    install({
      root,
      box,
      settings,
      program: process.execPath,
      version: VERSION,
      keys: carriedKeys(),
      runbook,
      org: args.need('org', 'the organisation'),
      owner,
      step: (what) => args.out.note(what),
      founded(card) {
        shown = true
        args.out.result({ card }, cardText(card, box.address, owner))
      },
    })
    if (root === '/') await untilWell(args, box)
    args.out.result({ address: box.address, founded: shown }, `Installed: ${box.address}`)
    args.out.say(NEXT)
  },
}

const NEXT = `  What to do next:

    holdfast backup --page | lp        the page that brings the box back; keep it apart
    holdfast doctor                    what is missing, and what to do
    less ${LAYOUT.runbook}
`

function applianceOf(args: Arguments, root: string): Appliance {
  const origin = parseOrigin(args.need('origin', 'the address under which devices find the box'))
  const { acme, privateCa, tlsCert, trustListen, acmeHttp, acmeDns, backupTo } = given(args)
  const ways = [acme, privateCa, tlsCert].filter((way) => way !== undefined)
  ensure(ways.length === 1, 'usage', 'one of --acme, --private-ca, and --tls-cert with --tls-key')
  const certificate = acme !== undefined ? 'acme' : privateCa !== undefined ? 'private' : 'files'
  const asked = certificate === 'acme' && acmeDns === undefined
  return {
    address: origin,
    port: portOf(args.text('port') ?? String(HTTPS)),
    trustPort: trustListen === undefined ? null : parseListen(trustListen, '--trust-listen').port,
    acmePort: asked
      ? acmeHttp === undefined
        ? HTTP
        : parseListen(acmeHttp, '--acme-http').port
      : null,
    certificate,
    backupTo: backupTo === undefined ? null : placeOf(backupTo),
    uplink: uplinkOf(args.text('uplink'), root),
    operators: operatorsOf(args.text('operators'), root),
    ...usersIn(root),
  }
}

function portOf(text: string): number {
  ensure(
    /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535,
    'usage',
    `--port ${text}`,
  )
  return Number(text)
}

/** It goes into a unit, where spaces, percent signs and quotes mean something. */
function placeOf(path: string): string {
  ensure(
    /^\/[\w./@+-]+$/.test(path),
    'usage',
    `--backup-to wants a plain whole path, not "${path}"`,
  )
  return path
}

/** It goes into the rules of the firewall: what no interface can be called ends here. */
function uplinkOf(said: string | undefined, root: string): string | null {
  if (said === undefined) return root === '/' ? uplinkHere() : null
  ensure(/^[\w.@-]{1,15}$/.test(said), 'usage', `--uplink ${said}`)
  return said
}

/** Throws `usage` where ssh runs and nobody has said who may reach it: the firewall would lock them out. */
function operatorsOf(said: string | undefined, root: string): string[] {
  const named = (said ?? '').split(',').filter((net) => net !== '' && net !== 'none')
  for (const net of named) {
    const [address = '', bits = ''] = net.split('/')
    const most = isIP(address) === 6 ? 128 : 32
    const good = isIP(address) !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= most
    ensure(good, 'usage', `--operators wants networks such as 192.0.2.0/24, or none, not "${net}"`)
  }
  const here = root === '/' ? visitor(process.env) : null
  const everybody = here === null ? named : [...new Set([...named, here])]
  const asked = said !== undefined || everybody.length > 0 || !existsSync(join(root, SSHD))
  ensure(asked, 'usage', 'who may reach ssh once the firewall is up? --operators NET, or none')
  return everybody
}

/** As the services and the command of operators read them. */
function settingsOf(args: Arguments, box: Appliance): Record<string, string> {
  const flags = given(args)
  const said = SAID.flatMap((name) => {
    const value = flags[name]
    return value === undefined ? [] : [[OPTIONS[name][0], value] as const]
  })
  return {
    HOLDFAST_DATA: LAYOUT.data,
    HOLDFAST_LISTEN: `0.0.0.0:${box.port}`,
    HOLDFAST_ORIGIN: box.address,
    HOLDFAST_TLS_DIR: LAYOUT.tls,
    HOLDFAST_DELIVER: LAYOUT.socket,
    HOLDFAST_OPERATOR: OPERATOR,
    ...Object.fromEntries(said),
  }
}

async function untilWell(args: Arguments, box: Appliance): Promise<void> {
  args.out.note('Waiting until the box answers')
  const door = { host: '127.0.0.1', port: box.port, tls: { cert: '', key: '' }, operator: null }
  const wrong = await waitUntilWell(door, null, [], PATIENCE)
  if (wrong !== null)
    throw new ProtocolError('install_failed', `${wrong}: journalctl -u 'holdfast*' -n 50`)
}
