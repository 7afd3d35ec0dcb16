import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'

const scripts = join(import.meta.dirname, '../../scripts')
const bootstrap = join(scripts, 'bootstrap.mjs')
const VERBS =
  'start build demo test test:faults check format vectors sizes mutation second-reader attacks fuzz bench scale proof holdfast'.split(
    ' ',
  )
const LOCK = JSON.stringify({ packages: { '': {}, 'node_modules/a': { version: '1.0.0' } } })

/** A repository in small: the real scripts, and a command line that says how it was called. */
function smallCopy(t: TestContext): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-bootstrap-')))
  t.after(() => rmSync(root, { recursive: true }))
  for (const folder of ['scripts', 'cli', 'node_modules', 'bin', 'elsewhere']) {
    mkdirSync(join(root, folder))
  }
  for (const name of ['bootstrap.mjs', 'holdfast']) {
    copyFileSync(join(scripts, name), join(root, 'scripts', name))
  }
  writeFileSync(join(root, 'package-lock.json'), LOCK)
  const main = `const [code, ...args] = process.argv.slice(2)
if (code === 'wait') {
  setInterval(() => {}, 1000)
  process.on('SIGTERM', () => process.exit(9))
}
console.log(JSON.stringify({ args, cwd: process.cwd(), path: process.env.PATH.split(':')[0] }))
if (code !== 'wait') process.exit(Number(code) || 0)
`
  writeFileSync(join(root, 'cli/main.ts'), main)
  return root
}

function stampOf(root: string): string {
  return join(root, 'node_modules/.holdfast-stamp')
}

function markInstalled(root: string): void {
  writeFileSync(stampOf(root), `${createHash('sha256').update(LOCK).digest('hex')}\n`)
}

/** Puts an `npm` first on PATH that runs `body`. */
function withNpm(root: string, body: string): NodeJS.ProcessEnv {
  writeFileSync(join(root, 'bin/npm'), `#!/bin/sh\n${body}\n`)
  chmodSync(join(root, 'bin/npm'), 0o755)
  return { ...process.env, PATH: `${join(root, 'bin')}:${process.env['PATH']}` }
}

function run(root: string, args: string[], env = process.env) {
  const script = join(root, 'scripts/bootstrap.mjs')
  const cwd = join(root, 'elsewhere')
  return spawnSync(process.execPath, [script, ...args], { cwd, env, encoding: 'utf8' })
}

test('an unknown or missing verb exits 2 and lists the verbs', () => {
  for (const args of [['dance'], ['toString'], []]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [bootstrap, ...args], {
      encoding: 'utf8',
    })
    assert.deepEqual([status, stdout], [2, ''])
    for (const verb of VERBS) assert.ok(stderr.includes(verb), verb)
  }
})

test('--help lists the verbs', () => {
  const { status, stdout } = spawnSync(process.execPath, [bootstrap, '--help'], {
    encoding: 'utf8',
  })
  assert.equal(status, 0)
  for (const verb of VERBS) assert.ok(stdout.includes(verb), verb)
})

test('a verb gets the arguments, the caller’s folder and our tools, and its exit code counts', (t) => {
  const root = smallCopy(t)
  markInstalled(root)
  const { status, stdout, stderr } = run(root, ['holdfast', '7', '--json', 'two words'])
  assert.deepEqual([status, stderr], [7, ''])
  assert.deepEqual(JSON.parse(stdout), {
    args: ['--json', 'two words'],
    cwd: join(root, 'elsewhere'),
    path: join(root, 'node_modules/.bin'),
  })
  const start = run(root, ['start', '--listen', 'x'])
  const said: unknown = JSON.parse(start.stdout)
  assert.partialDeepStrictEqual(said, { args: ['--first-run', '--listen', 'x'], cwd: root })
})

test('the command works through a symlink and keeps the caller’s folder', (t) => {
  const root = smallCopy(t)
  markInstalled(root)
  const cwd = join(root, 'elsewhere')
  symlinkSync(join(root, 'scripts/holdfast'), join(cwd, 'hf'))
  const { status, stdout } = spawnSync('./hf', ['5', 'a b'], { cwd, encoding: 'utf8' })
  assert.equal(status, 5)
  assert.deepEqual(JSON.parse(stdout), {
    args: ['a b'],
    cwd,
    path: join(root, 'node_modules/.bin'),
  })
})

test('SIGTERM reaches the verb, and its own exit code comes back', async (t) => {
  const root = smallCopy(t)
  markInstalled(root)
  const calls: [string, string[]][] = [
    [process.execPath, [join(root, 'scripts/bootstrap.mjs'), 'holdfast', 'wait']],
    [join(root, 'scripts/holdfast'), ['wait']],
  ]
  for (const [command, args] of calls) {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const exited = once(child, 'exit')
    await once(child.stdout, 'data')
    child.kill('SIGTERM')
    assert.deepEqual(await exited, [9, null])
  }
})

/** Makes something that says what the sources said. */
const BUILD = `import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
mkdirSync('dist/box', { recursive: true })
const said = readdirSync('server/org').map((name) => readFileSync('server/org/' + name, 'utf8'))
if (said.includes('broken')) process.exit(1)
writeFileSync('dist/box/main.js', 'console.log(' + JSON.stringify('built: ' + said.join()) + ')')
`

describe('start runs what was built', () => {
  /** `put` changes a source, null takes it away; what a start says then. */
  function buildable(t: TestContext) {
    const root = smallCopy(t)
    markInstalled(root)
    mkdirSync(join(root, 'server/org'), { recursive: true })
    writeFileSync(join(root, 'scripts/build-box.ts'), BUILD)
    const put = (name: string, text: string | null): string => {
      const path = join(root, 'server/org', name)
      if (text === null) rmSync(path)
      else writeFileSync(path, text)
      return start()
    }
    const start = (): string => run(root, ['start']).stdout.trim()
    return { root, put, start }
  }

  test('from the sources as they are: changed, taken away, or older than what was built', (t) => {
    const { root, put, start } = buildable(t)
    assert.equal(put('a.ts', 'one'), 'built: one')
    assert.equal(put('a.ts', 'two'), 'built: two')
    assert.equal(put('b.ts', 'more'), 'built: two,more')
    assert.equal(put('b.ts', null), 'built: two')
    const path = join(root, 'server/org/a.ts')
    writeFileSync(path, 'one')
    utimesSync(path, 0, 0)
    assert.equal(start(), 'built: one')
  })

  test('once for the same sources', (t) => {
    const { root, put, start } = buildable(t)
    put('a.ts', 'one')
    const built = statSync(join(root, 'dist/box/main.js')).mtimeMs
    assert.equal(start(), 'built: one')
    assert.equal(statSync(join(root, 'dist/box/main.js')).mtimeMs, built)
  })

  test('and not what is damaged, nor what was built before when it cannot be built now', (t) => {
    const { root, put, start } = buildable(t)
    put('a.ts', 'one')
    writeFileSync(join(root, 'dist/box/main.js'), '')
    assert.equal(start(), 'built: one')
    assert.match(put('a.ts', 'broken'), /first-run/)
    assert.equal(put('a.ts', 'one'), 'built: one')
  })

  test('whatever links an editor leaves', (t) => {
    const { root, put } = buildable(t)
    symlinkSync('nowhere', join(root, 'server/.#a.ts'))
    assert.equal(put('a.ts', 'one'), 'built: one')
  })
})

const INSTALLS = 'cp package-lock.json node_modules/.package-lock.json'

test('without packages it installs once, and nothing of that is on standard output', (t) => {
  const root = smallCopy(t)
  const env = withNpm(root, `echo "npm $1"; ${INSTALLS}`)
  const first = run(root, ['holdfast', '0'], env)
  assert.equal(first.status, 0)
  assert.equal(first.stderr, 'Installing what Holdfast needs (once)…\nnpm ci\n')
  assert.equal(first.stdout.split('\n').length, 2)
  assert.ok(existsSync(stampOf(root)))
  assert.equal(run(root, ['holdfast', '0'], env).stderr, '')
})

test('what npm skipped because of an old Node is fetched on the pinned one', (t) => {
  const root = smallCopy(t)
  const env = withNpm(root, `echo "npm $1"; test $1 = ci || ${INSTALLS}`)
  const { status, stderr } = run(root, ['holdfast', '0'], env)
  assert.equal(status, 0)
  assert.equal(stderr, 'Installing what Holdfast needs (once)…\nnpm ci\nnpm install\n')
})

test('packages that npm installed from this lock file are taken as they are', (t) => {
  const root = smallCopy(t)
  const env = withNpm(root, 'exit 1')
  writeFileSync(join(root, 'node_modules/.package-lock.json'), LOCK)
  assert.equal(run(root, ['holdfast', '0'], env).stderr, '')
  assert.match(readFileSync(stampOf(root), 'utf8'), /^[0-9a-f]{64}\n$/)
  writeFileSync(join(root, 'package-lock.json'), LOCK.replace('1.0.0', '1.0.1'))
  assert.match(run(root, ['holdfast', '0'], env).stderr, /Installing/)
})

test('a failed installation says what to do, and starts nothing', (t) => {
  const root = smallCopy(t)
  const { status, stdout, stderr } = run(root, ['holdfast', '0'], withNpm(root, 'exit 1'))
  assert.deepEqual([status, stdout], [1, ''])
  assert.match(stderr, /Without a network/)
  assert.ok(!existsSync(stampOf(root)))
})
