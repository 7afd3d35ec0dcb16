// Builds a disk from which a machine starts as a box. Usage: npm run image -- --help
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { writeDisk } from '../provisioning/image/disk.ts'
import { buildSystem } from '../provisioning/image/system.ts'

const ROOT = resolve(import.meta.dirname, '..')

const HELP = `npm run image -- [OPTIONS] -- SETTINGS
  --out FILE      the image (default: dist/holdfast.img)
  --program FILE  the built executable (default: dist/holdfast)
  --suite NAME    of Debian (default: bookworm)
  --kernel NAME   package (default: linux-image-amd64; for virtual machines linux-image-cloud-amd64)
  --with NAME[,NAME]  more packages, such as the firmware of a network card
  --ssh-key FILE  public keys that may log in as root over ssh; needs --operators among the settings
                  (default: nobody logs in)
  --help          this text

SETTINGS are what holdfast install takes, for example
  npm run image -- -- --origin https://crisis.musterstadt.example --acme crisis.musterstadt.example \\
    --org "Stadtwerke Musterstadt" --owner "Erika Beispiel"

As root, on a Debian for x64 with mmdebstrap, e2fsprogs, dosfstools, mtools, fdisk and systemd-boot-efi. Write the
image onto the disk of the machine: the system takes all of the disk at its first start, makes its keys there and
shows the card of the first owner on its screen, once.
`

type Wanted = {
  out: string
  program: string
  suite: string
  kernel: string
  more: string[]
  sshKeys: string
  settings: string[]
}

/** Throws with what failed; nothing is left but the image. */
export function buildImage({ out, ...system }: Wanted): void {
  const work = mkdtempSync(join(tmpdir(), 'holdfast-image-'))
  try {
    const root = join(work, 'root')
    buildSystem({ root, ...system })
    writeDisk(root, out)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function wanted(argv: string[]): Wanted | null {
  const cut = argv.indexOf('--')
  const [own, settings] = cut < 0 ? [argv, []] : [argv.slice(0, cut), argv.slice(cut + 1)]
  const { values } = parseArgs({
    args: own,
    options: {
      out: { type: 'string' },
      program: { type: 'string' },
      suite: { type: 'string' },
      kernel: { type: 'string' },
      with: { type: 'string' },
      'ssh-key': { type: 'string' },
      help: { type: 'boolean' },
    },
  })
  if (values.help === true || settings.length === 0) return null
  return {
    out: resolve(values.out ?? join(ROOT, 'dist/holdfast.img')),
    program: resolve(values.program ?? join(ROOT, 'dist/holdfast')),
    suite: values.suite ?? 'bookworm',
    kernel: values.kernel ?? 'linux-image-amd64',
    more: (values.with ?? '').split(',').filter((name) => name !== ''),
    sshKeys: values['ssh-key'] === undefined ? '' : readFileSync(values['ssh-key'], 'utf8'),
    settings,
  }
}

function main(argv: string[]): number {
  const asked = wanted(argv)
  if (asked === null) {
    process.stdout.write(HELP)
    return argv.includes('--help') ? 0 : 2
  }
  if (!existsSync(asked.program)) throw new Error(`${asked.program} is not there: npm run build`)
  if (process.getuid?.() !== 0) throw new Error('only root can build an image')
  buildImage(asked)
  process.stdout.write(`${asked.out}\n`)
  return 0
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2))
