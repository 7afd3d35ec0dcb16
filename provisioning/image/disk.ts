// A disk from which firmware starts: a partition with the boot loader, the kernel and its first files, and the root.
// Everything is written into plain files, without mounting anything (UEFI 2.10, 13.3; discoverable partitions).
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { LABEL, run } from './system.ts'

const MIB = 1024 * 1024
const BOOT = 256 * MIB
/** What the partition table takes at each end. */
const EDGE = MIB
/** Room for the first start, before the root has grown to the size of its disk. */
const FREE = 512 * MIB
/** The boot loader of Debian's systemd-boot-efi, under the name that firmware looks for. */
const LOADER = '/usr/lib/systemd/boot/efi/systemd-bootx64.efi'
const TYPES = {
  boot: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
  root: '4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709',
} as const

const ENTRY = `title Holdfast
linux /vmlinuz
initrd /initrd.img
options root=PARTLABEL=${LABEL.root} rw quiet console=ttyS0 console=tty0 panic=10
`

/** `root`: folder of the system; `out`: the image. Takes e2fsprogs, dosfstools, mtools and fdisk. */
export function writeDisk(root: string, out: string): void {
  const work = `${out}.work`
  mkdirSync(work, { recursive: true })
  try {
    const boot = bootPartition(root, work)
    const system = rootPartition(root, work)
    const size = statSync(system).size
    rmSync(out, { force: true })
    reserve(out, EDGE + BOOT + size + EDGE)
    partition(out, size)
    // Holes stay holes: the image is as large as what is in it.
    copyInto(boot, out, EDGE)
    copyInto(system, out, EDGE + BOOT)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function bootPartition(root: string, work: string): string {
  const file = join(work, 'boot.img')
  reserve(file, BOOT)
  run('mkfs.vfat', ['-F', '32', '-n', 'HOLDFAST', file])
  const entry = join(work, 'holdfast.conf')
  const loader = join(work, 'loader.conf')
  writeFileSync(entry, ENTRY)
  writeFileSync(loader, 'default holdfast.conf\ntimeout 0\neditor no\n')
  for (const folder of ['EFI', 'EFI/BOOT', 'loader', 'loader/entries'])
    run('mmd', ['-i', file, `::${folder}`])
  for (const [from, to] of [
    [LOADER, 'EFI/BOOT/BOOTX64.EFI'],
    [newest(root, 'vmlinuz-'), 'vmlinuz'],
    [newest(root, 'initrd.img-'), 'initrd.img'],
    [loader, 'loader/loader.conf'],
    [entry, 'loader/entries/holdfast.conf'],
  ] as const)
    run('mcopy', ['-i', file, from, `::${to}`])
  return file
}

function newest(root: string, prefix: string): string {
  const found = readdirSync(join(root, 'boot')).filter((name) => name.startsWith(prefix))
  const last = found.toSorted().at(-1)
  if (last === undefined) throw new Error(`there is no ${prefix} in ${root}/boot`)
  return join(root, 'boot', last)
}

function rootPartition(root: string, work: string): string {
  const file = join(work, 'root.img')
  const { stdout } = spawnSync('du', ['--summarize', '--bytes', root], { encoding: 'utf8' })
  const used = Number(stdout.split('\t')[0])
  const size = Math.ceil((used * 1.2 + FREE) / MIB) * MIB
  reserve(file, size)
  run('mke2fs', ['-q', '-t', 'ext4', '-d', root, '-L', LABEL.root, file])
  return file
}

function reserve(path: string, size: number): void {
  const file = openSync(path, 'w')
  ftruncateSync(file, size)
  closeSync(file)
}

function partition(disk: string, size: number): void {
  const table = [
    'label: gpt',
    `start=${EDGE / 512}, size=${BOOT / 512}, type=${TYPES.boot}, name=${LABEL.boot}`,
    `start=${(EDGE + BOOT) / 512}, size=${size / 512}, type=${TYPES.root}, name=${LABEL.root}`,
  ]
  const { status, stderr } = spawnSync('sfdisk', ['--quiet', disk], {
    input: `${table.join('\n')}\n`,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`sfdisk: ${stderr}`)
}

function copyInto(part: string, disk: string, at: number): void {
  const options = [`seek=${at / MIB}`, 'bs=1M', 'conv=notrunc,sparse', 'status=none']
  run('dd', [`if=${part}`, `of=${disk}`, ...options])
  truncateSync(part, 0)
}
