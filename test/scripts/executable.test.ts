// The one file that a box runs: alone in an empty root, without Node, packages, sources or network.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test, type TestContext } from 'node:test'
import { decodeRelease } from '../../protocol/release.ts'
import { going, holdfast, json, type Line, one, ORG, OWNER, refusal } from '../helpers/cli.ts'
import { cleanUp } from '../helpers/cleanup.ts'

const BUILD = join(import.meta.dirname, '../../scripts/build.ts')
const CI = process.env['CI'] === 'true'
const has = (command: string): boolean => spawnSync('which', [command]).status === 0
const root = process.getuid?.() === 0
const NOBODY = 65534
const skip = root || CI ? false : 'chroot takes root'

let folder = ''
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-executable-'))
  build('first')
})
after(() => rmSync(folder, { recursive: true, force: true }))

/** The folder of the result. */
function build(name: string, ...more: string[]): string {
  const out = join(folder, name)
  const { status, stderr } = spawnSync(process.execPath, [BUILD, '--out', out, ...more], {
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
  return out
}

const sha256 = (path: string): string =>
  createHash('sha256').update(readFileSync(path)).digest('hex')

/** A root with the executable and the libraries that a bare Debian with libatomic1 has, and nothing else. */
function emptyRoot(t: TestContext): string {
  const empty = mkdtempSync(join(tmpdir(), 'holdfast-root-'))
  cleanUp(t, () => rmSync(empty, { recursive: true, force: true }))
  chmodSync(empty, 0o755)
  const program = join(folder, 'first/holdfast')
  const { stdout } = spawnSync('ldd', [program], { encoding: 'utf8' })
  for (const [library] of stdout.matchAll(/\/\S+/g)) {
    mkdirSync(join(empty, dirname(library)), { recursive: true })
    copyFileSync(library, join(empty, library))
  }
  mkdirSync(join(empty, 'tmp'))
  copyFileSync(program, join(empty, 'holdfast'))
  return empty
}

test('building twice gives the same bytes, and the manifest names each of them', () => {
  const again = build('second')
  const namesIn = (out: string): string[] =>
    readdirSync(out, { recursive: true, encoding: 'utf8' }).toSorted()
  const names = namesIn(again)
  assert.deepEqual(names, namesIn(join(folder, 'first')))
  const { files, version } = decodeRelease(readFileSync(join(again, 'holdfast.manifest')))
  assert.match(version, /^\d+\.\d+\.\d+$/)
  const unlisted = names.filter((name) => !files.some(({ path }) => path === name))
  assert.deepEqual(unlisted, ['app', 'holdfast.manifest'])
  for (const { path, sha256: told } of files) {
    assert.equal(sha256(join(again, path)), Buffer.from(told).toString('hex'), path)
    assert.equal(sha256(join(folder, 'first', path)), sha256(join(again, path)), path)
  }
})

describe('alone in an empty root', { skip }, () => {
  test('it founds, enrols, alerts, is killed, and goes on with everything', async (t) => {
    const empty = emptyRoot(t)
    const here = { program: ['chroot', empty, '/holdfast'] }
    assert.deepEqual(
      readdirSync(empty).filter((name) => /^(usr|etc|bin|proc|sys)$/.test(name)),
      [],
    )
    // It loads every verb there is.
    const help = await holdfast(['--help'], here)
    assert.equal(help.status, 0, help.err.slice(-500))
    const founding = ['init', '--data', '/box', '--org', ORG, '--owner', OWNER]
    const { card } = await one(founding, here)
    const serve = ['serve', '--data', '/box', '--listen', '127.0.0.1:0', '--log', 'warn']
    const box = going(t, serve, here)
    const url = await listening(box)
    const as = (name: string): string[] => ['--state', `/${name}`]
    await one(['join', String(card), '--box', url, ...as('olga')], here)
    const invited = await one(
      ['invite', '--name', 'Anna Beispiel', '--role', 'member', ...as('olga')],
      here,
    )
    await one(['join', String(invited['card']), '--box', url, ...as('anna')], here)
    await one(['channel', 'create', 'All staff', '--audience', '--all', ...as('olga')], here)
    const alert = await one(['alert', 'All staff', 'Fire in plant 2.', ...as('olga')], here)
    await json(['sync', ...as('anna')], here)
    box.child.kill('SIGKILL')
    await box.gone
    const port = new URL(url).port
    const second = going(t, ['serve', '--data', '/box', '--listen', `127.0.0.1:${port}`], here)
    await listening(second)
    await one(['answer', String(alert['id']), 'safe', ...as('anna')], here)
    const roll = await json(['rollcall', String(alert['id']), ...as('olga')], here)
    assert.equal(roll.find(({ name }) => name === 'Anna Beispiel')?.['state'], 'answered')
    const page = await fetch(url, { headers: { Accept: 'text/html' } })
    assert.match(await page.text(), /<title>Holdfast/)
  })

  test('a stolen box comes back by the commands of its page', async (t) => {
    const empty = emptyRoot(t)
    const here = { program: ['chroot', empty, '/holdfast'] }
    await one(['init', '--data', '/box', '--org', ORG, '--owner', OWNER], here)
    mkdirSync(join(empty, 'stick'))
    const page = await holdfast(
      ['backup', '--page', '--data', '/box', '--origin', 'https://crisis.musterstadt.example'],
      here,
    )
    const secret = /^ {4}([0-9A-Z-]{60,})$/m.exec(page.out)?.[1] ?? ''
    const made = await one(['backup', '--data', '/box', '--backup-to', '/stick'], here)
    const other = emptyRoot(t)
    copyFileSync(join(empty, String(made['file'])), join(other, 'holdfast-….backup'))
    const typed = page.out.matchAll(/Type: {4}\.\/holdfast (\w.*)$/gm)
    const steps = [...typed].map(([, step = '']) => step)
    assert.deepEqual(
      steps.map((step) => step.split(' ')[0]),
      ['restore', 'serve'],
    )
    const began = performance.now()
    const there = { program: ['chroot', other, '/holdfast'] }
    await json(steps[0]?.split(' ') ?? [], { ...there, input: secret })
    const box = going(t, [...(steps[1]?.split(' ') ?? []), '--listen', '127.0.0.1:0'], there)
    await listening(box)
    t.diagnostic(
      `from the backup to a serving box: ${((performance.now() - began) / 1000).toFixed(1)} s`,
    )
  })

  test('it says what it is, on which Node, and what is inside', async (t) => {
    const here = { program: ['chroot', emptyRoot(t), '/holdfast'] }
    const said = await one(['--version'], here)
    assert.match(String(said['version']), /^\d+\.\d+\.\d+$/)
    assert.equal(said['node'], process.versions.node)
    const { out } = await holdfast(['version', '--sbom'], here)
    assert.equal(out, readFileSync(join(folder, 'first/holdfast.cdx.json'), 'utf8'))
    const { components } = JSON.parse(out) as { components: { name: string }[] }
    for (const name of [
      'node',
      'sqlite',
      'hono',
      'libsodium-wrappers-sumo',
      'preact',
      'pdfjs-dist',
    ])
      assert.ok(
        components.find((one) => one.name === name),
        name,
      )
    const licences = await holdfast(['version', '--licences'], here)
    for (const { name } of components.filter((one) => one.name !== 'sqlite' && one.name !== 'node'))
      assert.ok(licences.out.includes(`${name} `), name)
  })

  test('where programs may not run in /tmp, the folder of the service will do; without one it says so', async (t) => {
    const empty = emptyRoot(t)
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'noexec,mode=1777', 'none', join(empty, 'tmp')])
    cleanUp(t, () => void spawnSync('umount', [join(empty, 'tmp')]))
    mkdirSync(join(empty, 'state'))
    chownSync(join(empty, 'state'), NOBODY, NOBODY)
    const program = ['chroot', `--userspec=${NOBODY}:${NOBODY}`, empty, '/holdfast']
    const founding = ['init', '--data', '/state/box', '--org', ORG, '--owner', OWNER]
    const refused = await holdfast(founding, { program })
    refusal(refused, 1, /database library could not be loaded/, /TMPDIR/)
    assert.ok((await one(founding, { program, env: { STATE_DIRECTORY: '/state' } }))['card'])
    assert.deepEqual(
      readdirSync(join(empty, 'state')),
      ['box'],
      'the library is gone from the folder',
    )
  })
})

test('--help says what is made', () => {
  const { stdout } = spawnSync(process.execPath, [BUILD, '--help'], { encoding: 'utf8' })
  assert.match(stdout, /--arch ARCH[^]*holdfast\.manifest/)
})

const machine = has('qemu-aarch64-static') && has('mmdebstrap') && root
test('the same sources make one for arm64, which runs', { skip: !machine && !CI }, async (t) => {
  const out = build('arm', '--arch', 'arm64')
  const system = join(folder, 'arm-system')
  const debian = ['--variant=extract', '--architectures=arm64', '--include=libatomic1,libstdc++6']
  const made = spawnSync('mmdebstrap', [...debian, 'bookworm', system], { encoding: 'utf8' })
  assert.equal(made.status, 0, made.stderr)
  const here = { program: ['qemu-aarch64-static', '-L', system, join(out, 'holdfast')] }
  assert.equal((await one(['--version'], here))['arch'], 'arm64')
  const data = join(folder, 'arm-data')
  const { card } = await one(['init', '--data', data, '--org', ORG, '--owner', OWNER], here)
  const box = going(t, ['serve', '--data', data, '--listen', '127.0.0.1:0'], here)
  const joined = await one([
    'join',
    String(card),
    '--box',
    await listening(box),
    '--state',
    join(folder, 'arm-olga'),
  ])
  assert.match(String(joined['person']), /^[0-9a-z]+$/)
})

async function listening(box: ReturnType<typeof going>): Promise<string> {
  const first = new Promise((resolve) => box.child.stdout.once('data', resolve))
  await Promise.race([first, box.gone])
  const [line = {}]: Line[] = box.lines()
  const url = line['listening']
  assert.ok(typeof url === 'string', box.said())
  return url
}
