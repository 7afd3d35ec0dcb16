// The system of a box on a disk of its own: a small Debian, the box installed into it, and what it needs to start by
// itself on a machine that nobody has set up.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export type System = {
  /** Empty folder for its root. */
  root: string
  /** Of Debian. */
  suite: string
  /** linux-image-amd64 has the drivers of real machines, linux-image-cloud-amd64 those of virtual ones. */
  kernel: string
  /** More packages, such as firmware of a network card. */
  more: readonly string[]
  /** Public keys that may log in as root over ssh, from the networks of the operators; empty: nobody logs in. */
  sshKeys: string
  /** The built executable, and what holdfast install is told. */
  program: string
  settings: readonly string[]
}

const PACKAGES = [
  'systemd',
  'systemd-sysv',
  'systemd-resolved',
  'systemd-timesyncd',
  'udev',
  'dbus',
  'libatomic1',
  'nftables',
  'iproute2',
  'ca-certificates',
  'e2fsprogs',
]
/** As partitions are called in disk.ts. */
export const LABEL = { boot: 'holdfast-boot', root: 'holdfast-root' } as const

const NETWORK = `[Match]
Name=en* eth*

[Network]
DHCP=yes
IPv6AcceptRA=yes

[DHCPv4]
UseDomains=no
`
const FSTAB = `PARTLABEL=${LABEL.root} / ext4 defaults,errors=remount-ro,x-systemd.growfs 0 1
PARTLABEL=${LABEL.boot} /boot/efi vfat umask=0077,nofail 0 2
`
/** The disk is larger than the image: the system takes what there is (repart.d(5)). */
const GROW = '[Partition]\nType=root\nLabel=holdfast-root\n'
const FILES: Readonly<Record<string, string>> = {
  'etc/hostname': 'holdfast\n',
  'etc/hosts': '127.0.0.1 localhost holdfast\n::1 localhost\n',
  'etc/fstab': FSTAB,
  'etc/systemd/network/50-uplink.network': NETWORK,
  'etc/repart.d/50-root.conf': GROW,
}
/** There is no password to guess. */
const SSH = 'PasswordAuthentication no\nPermitRootLogin prohibit-password\n'
const HOST_KEYS = `[Unit]
Before=ssh.service
ConditionPathExists=!/etc/ssh/ssh_host_ed25519_key

[Service]
Type=oneshot
ExecStart=/usr/bin/ssh-keygen -A

[Install]
WantedBy=multi-user.target
`
const ENABLED = [
  'systemd-networkd.service',
  'systemd-resolved.service',
  'systemd-timesyncd.service',
]

/** Takes root, mmdebstrap and a mirror of Debian. Throws with what failed. */
export function buildSystem({
  root,
  suite,
  kernel,
  more,
  sshKeys,
  program,
  settings,
}: System): void {
  const ssh = sshKeys === '' ? [] : ['openssh-server']
  const packages = [...PACKAGES, kernel, ...ssh, ...more].join(',')
  const how = ['--variant=minbase', '--components=main,non-free-firmware', `--include=${packages}`]
  run('mmdebstrap', ['--quiet', ...how, suite, root])
  const files = sshKeys === '' ? FILES : { ...FILES, 'etc/ssh/sshd_config.d/holdfast.conf': SSH }
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  if (sshKeys !== '') letIn(root, sshKeys)
  mkdirSync(join(root, 'boot/efi'), { recursive: true })
  rmSync(join(root, 'etc/resolv.conf'), { force: true })
  symlinkSync('../run/systemd/resolve/stub-resolv.conf', join(root, 'etc/resolv.conf'))
  // Each machine makes its own at the first start.
  writeFileSync(join(root, 'etc/machine-id'), 'uninitialized\n')
  // The card of the first owner stays on the screen.
  symlinkSync('/dev/null', join(root, 'etc/systemd/system/getty@tty1.service'))
  run('systemctl', [`--root=${root}`, '--quiet', 'enable', ...ENABLED])
  run(program, ['install', '--root', root, ...settings])
  rmSync(join(root, 'var/cache/apt'), { recursive: true, force: true })
  rmSync(join(root, 'var/lib/apt/lists'), { recursive: true, force: true })
}

/** Each machine makes its own host keys at the first start. */
function letIn(root: string, keys: string): void {
  mkdirSync(join(root, 'root/.ssh'), { recursive: true, mode: 0o700 })
  writeFileSync(join(root, 'root/.ssh/authorized_keys'), keys, { mode: 0o600 })
  for (const name of readdirSync(join(root, 'etc/ssh')))
    if (name.startsWith('ssh_host_')) rmSync(join(root, 'etc/ssh', name))
  writeFileSync(join(root, 'etc/systemd/system/ssh-host-keys.service'), HOST_KEYS)
  run('systemctl', [`--root=${root}`, '--quiet', 'enable', 'ssh-host-keys.service'])
}

export function run(program: string, args: readonly string[]): void {
  const { status, error } = spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0)
    throw new Error(`${program} ${args.slice(0, 2).join(' ')} failed`, { cause: error })
}
