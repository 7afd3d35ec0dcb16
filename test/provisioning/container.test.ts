// The image, built without a registry, and run as nobody on a root that takes nothing.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { test, type TestContext } from 'node:test'
import { build } from '../../scripts/build.ts'
import { pinnedNode } from '../../scripts/release/node-for.ts'
import { cleanUp } from '../helpers/cleanup.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const NOBODY = 65_534
const CI = process.env['CI'] === 'true'
const able = process.getuid?.() === 0 && spawnSync('which', ['buildah']).status === 0
const skip = CI || able ? false : 'apt-get install buildah, as root'

type Config = { User: string; Entrypoint: string[]; Volumes: object }

/** What the image says of itself, and its root as it is mounted. */
async function image(t: TestContext, folder: string): Promise<{ config: Config; root: string }> {
  const out = join(folder, 'out')
  const arch = process.arch === 'arm64' ? 'arm64' : 'x64'
  await build({ out, arch, node: pinnedNode(arch), container: true })
  const store = `--root ${folder}/store --runroot ${folder}/run --storage-driver vfs`.split(' ')
  const buildah = (...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync('buildah', [...store, ...args], {
      encoding: 'utf8',
    })
    assert.equal(status, 0, `buildah ${args.join(' ')}\n${stderr}`)
    return stdout.trim()
  }
  const how = ['--isolation', 'chroot', '--format', 'oci', '-f', join(ROOT, 'Containerfile')]
  buildah('bud', ...how, '-t', 'holdfast:test', join(out, 'container'))
  const { OCIv1 } = JSON.parse(buildah('inspect', '--type', 'image', 'holdfast:test')) as {
    OCIv1: { config: Config }
  }
  const container = buildah('from', 'holdfast:test')
  cleanUp(t, () => void buildah('rm', container))
  const root = buildah('mount', container)
  cleanUp(t, () => void buildah('umount', container))
  return { config: OCIv1.config, root }
}

/** As an engine runs it: nobody, no new privileges, and nothing to write to but the volume. */
function running(folder: string, root: string): (...args: string[]) => string[] {
  const volume = join(folder, 'volume')
  mkdirSync(volume, { mode: 0o700 })
  chownSync(volume, NOBODY, NOBODY)
  const mounts = [
    `mount --bind ${root} ${root}`,
    `mount -o remount,bind,ro ${root}`,
    `mount --bind ${volume} ${root}/data`,
    `cd ${root}`,
  ]
  const user = `setpriv --no-new-privs chroot --userspec=${NOBODY}:${NOBODY}`
  const script = [...mounts, `exec ${user} ${root} /holdfast "$@"`].join(' && ')
  return (...args) => ['--mount', 'sh', '-c', script, 'holdfast', ...args]
}

test(
  'an image from scratch founds and serves: nobody, no shell, and a root that is read-only',
  { skip },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-container-'))
    cleanUp(t, () => rmSync(folder, { recursive: true, force: true }))
    const { config, root } = await image(t, folder)
    assert.equal(config.User, `${NOBODY}:${NOBODY}`)
    assert.deepEqual(config.Entrypoint, ['/holdfast'])
    assert.deepEqual(Object.keys(config.Volumes), ['/data'])
    const inside = running(folder, root)
    const env = { HOLDFAST_DATA: '/data/box', TMPDIR: '/data', PATH: process.env['PATH'] ?? '' }
    const found = (...args: string[]) =>
      spawnSync('unshare', inside('init', '--org', 'A', '--owner', 'B', '--json', ...args), {
        encoding: 'utf8',
        env,
      })
    const made = found()
    assert.equal(made.status, 0, made.stderr)
    const own = ['--private-ca', 'localhost', '--listen', '127.0.0.1:0', '--json']
    const stdio = ['ignore', 'pipe', 'pipe'] as const
    const box = spawn('unshare', inside('serve', ...own), { env, stdio: [...stdio] })
    cleanUp(t, () => void box.kill('SIGKILL'))
    assert.ok(box.stdout)
    const [line] = (await once(createInterface({ input: box.stdout }), 'line')) as [string]
    assert.match(line, /"listening":"https:/)
    const refused = found('--data', '/elsewhere')
    assert.equal(refused.status, 1, 'nothing is written elsewhere')
    assert.match(refused.stderr, /\/elsewhere/)
  },
)

test('compose asks for the same limits', () => {
  const text = readFileSync(join(ROOT, 'compose.yaml'), 'utf8')
  for (const limit of [
    /read_only: true/,
    /cap_drop: \[ALL\]/,
    /no-new-privileges:true/,
    /user: 65534:65534/,
    /pids_limit: \d+/,
    /mem_limit: \w+/,
    /core: 0/,
  ])
    assert.match(text, limit)
})
