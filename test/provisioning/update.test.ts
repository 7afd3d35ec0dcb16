// A newer release, from a stick: verified before it counts, well or taken back, whatever interrupts it. The programs
// are real ones, and so is the box that they run.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, describe, test, type TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { cleanUp } from '../helpers/cleanup.ts'
import { holdfast, json, one, ORG, OWNER, refusal } from '../helpers/cli.ts'
import { freePorts } from '../helpers/ports.ts'
import { type Made, makeRelease, MAKERS, sign, STRANGER } from '../helpers/releases.ts'
import { flipped } from '../helpers/seed.ts'

/** As a program runs it that dies where it should serve; the rest of it works. */
const DIES = (code: string): string =>
  code.replace(/\n/, `\nif(process.argv[2]==='serve')process.exit(3);\n`)
/** It never answers. */
const HANGS = (code: string): string =>
  code.replace(
    /\n/,
    `\nif(process.argv[2]==='serve'){setInterval(()=>{},1000);await new Promise(()=>{})};\n`,
  )
/** It writes the databases in a way that the release before cannot read. */
const MIGRATES = (code: string): string => {
  const changed = code.replace(
    /(MIGRATIONS=\[[\s\S]*?`)\]/,
    '$1,`CREATE TABLE later (x INTEGER) STRICT`]',
  )
  assert.notEqual(changed, code)
  return changed
}

let shelf = ''
const releases = new Map<string, string>()
before(async () => {
  shelf = mkdtempSync(join(tmpdir(), 'holdfast-shelf-'))
  const made: Made[] = [
    { version: '1.0.0' },
    { version: '1.1.0' },
    { version: '1.2.0', change: DIES },
    { version: '1.3.0', change: MIGRATES },
    { version: '1.4.0', change: (code) => DIES(MIGRATES(code)) },
    { version: '1.5.0', change: HANGS },
  ]
  for (const one_ of made) releases.set(one_.version, await makeRelease(shelf, one_))
})
after(() => rmSync(shelf, { recursive: true, force: true }))

/** A copy that a test may harm. */
function stick(t: TestContext, version: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-stick-'))
  cleanUp(t, () => rmSync(folder, { recursive: true, force: true }))
  cpSync(releases.get(version) ?? '', folder, { recursive: true })
  return folder
}

/** Stands for the service manager of a machine: it starts what the link names, and ends it again. */
const SERVICE = `#!/bin/sh
# Called with stop or start.
if [ "$1" = stop ]; then
  [ -f "$HERE/pid" ] && kill "$(cat "$HERE/pid")" 2>/dev/null
  while [ -f "$HERE/pid" ] && kill -0 "$(cat "$HERE/pid")" 2>/dev/null; do sleep 0.05; done
  rm -f "$HERE/pid"
  exit 0
fi
[ -f "$HERE/pid" ] && kill -0 "$(cat "$HERE/pid")" 2>/dev/null && exit 0
setsid "$HERE/root/current/holdfast" serve --data "$HERE/box" --listen 127.0.0.1:$PORT --log warn >"$HERE/log" 2>&1 &
echo $! >"$HERE/pid"
`

type Machine = {
  here: string
  root: string
  data: string
  /** State of the owner's device. */
  owner: string
  port: number
  env: Record<string, string>
  current(): string
  update(...args: string[]): ReturnType<typeof holdfast>
  options: string[]
  boot(): void
}

/** A machine on which 1.0.0 runs. */
async function machine(t: TestContext): Promise<Machine> {
  const here = mkdtempSync(join(tmpdir(), 'holdfast-machine-'))
  const [root, data, service] = [join(here, 'root'), join(here, 'box'), join(here, 'service')]
  const [port = 0] = await freePorts(1)
  const env = { HERE: here, PORT: String(port) }
  mkdirSync(join(root, 'releases'), { recursive: true })
  cpSync(releases.get('1.0.0') ?? '', join(root, 'releases/1.0.0'), { recursive: true })
  symlinkSync('releases/1.0.0', join(root, 'current'))
  writeFileSync(service, SERVICE)
  chmodSync(service, 0o755)
  const call = (what: string): void =>
    void spawnSync(service, [what], { env: { ...process.env, ...env }, stdio: 'ignore' })
  cleanUp(t, () => {
    call('stop')
    rmSync(here, { recursive: true, force: true })
  })
  const { card } = await one(['init', '--data', data, '--org', ORG, '--owner', OWNER])
  call('start')
  const owner = join(here, 'owner')
  await served({ port })
  await one(['join', String(card), '--box', `http://127.0.0.1:${port}`, '--state', owner])
  const boot = (): void => {
    call('stop')
    call('start')
  }
  const options = ['--root', root, '--service', service, '--data', data, '--patience', '6']
  options.push('--listen', `127.0.0.1:${port}`)
  const current = (): string => basename(readlinkSync(join(root, 'current')))
  const update = (...args: string[]): ReturnType<typeof holdfast> =>
    holdfast(['update', ...args, ...options], {
      program: [join(root, 'current/holdfast')],
      env,
      patience: 120_000,
    })
  return {
    here,
    root,
    data,
    owner,
    port,
    env,
    current,
    update,
    options,
    boot,
  }
}

/** The release that the box hands out. */
async function served({ port }: Pick<Machine, 'port'>): Promise<string> {
  for (let i = 0; i < 200; i += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/release/manifest`).catch(() => null)
    if (answer?.ok === true) return /^version (.*)$/m.exec(await answer.text())?.[1] ?? ''
    await wait(50)
  }
  return 'nothing'
}

describe('a newer release', { concurrency: false }, () => {
  test('takes over, and the one before stays on the disk', async (t) => {
    const box = await machine(t)
    assert.equal(await served(box), '1.0.0')
    const looked = await box.update(stick(t, '1.1.0'), '--check')
    assert.equal(looked.status, 0, looked.err)
    refusal(await box.update(stick(t, '1.0.0'), '--check'), 1, /not newer/)
    assert.equal(box.current(), '1.0.0')
    const done = await box.update(stick(t, '1.1.0'), '--json')
    assert.equal(done.status, 0, done.err)
    assert.deepEqual(done.lines, [{ from: '1.0.0', to: '1.1.0' }])
    assert.equal(await served(box), '1.1.0')
    assert.deepEqual(readdirSync(join(box.root, 'releases')).toSorted(), ['1.0.0', '1.1.0'])
    assert.equal((await box.update('--settle')).status, 0)
    const program = [join(box.root, 'current/holdfast')]
    const verified = await one(['verify', `http://127.0.0.1:${box.port}`], { program })
    assert.equal(verified['version'], '1.1.0')
    refusal(await box.update(stick(t, '1.1.0')), 1, /1\.1\.0 is not newer than 1\.1\.0/)
    refusal(await box.update(stick(t, '1.0.0')), 1, /never goes back/)
    assert.equal(await served(box), '1.1.0')
  })

  const BAD: [what: string, harm: (folder: string) => void, said: RegExp][] = [
    [
      'unsigned',
      (f) => rmSync(join(f, 'holdfast.signatures')),
      /not signed.*holdfast\.signatures/s,
    ],
    [
      'signed by one',
      (f) => {
        rmSync(join(f, 'holdfast.signatures'))
        sign(f, [MAKERS[0], STRANGER])
      },
      /1 of the 2/,
    ],
    [
      'another manifest under the same signatures',
      (f) => {
        const path = join(f, 'holdfast.manifest')
        writeFileSync(path, readFileSync(path, 'utf8').replace('1.1.0', '9.9.9'))
      },
      /0 of the 2/,
    ],
    ['half copied: the program', (f) => truncateSync(join(f, 'holdfast'), 50_000_000), /cut short/],
    ['half copied: a file missing', (f) => rmSync(join(f, 'app/index.html')), /not there/],
    ['without a manifest', (f) => rmSync(join(f, 'holdfast.manifest')), /no holdfast\.manifest/],
    [
      'a bit turned over in the program',
      (f) => {
        const path = join(f, 'holdfast')
        writeFileSync(path, flipped(readFileSync(path), 100_000_000))
      },
      /was changed/,
    ],
    [
      'a program that is a link',
      (f) => {
        rmSync(join(f, 'holdfast'))
        symlinkSync(releases.get('1.1.0') + '/holdfast', join(f, 'holdfast'))
      },
      /not there/,
    ],
    [
      'a pipe that never ends',
      (f) => {
        rmSync(join(f, 'app/index.html'))
        spawnSync('mkfifo', [join(f, 'app/index.html')])
      },
      /not there/,
    ],
  ]
  test('that is not what was signed changes nothing', async (t) => {
    const box = await machine(t)
    for (const [what, harm, said] of BAD) {
      const folder = stick(t, '1.1.0')
      harm(folder)
      const outcome = await box.update(folder)
      assert.equal(outcome.status, 1, what)
      refusal(outcome, 1, said)
      assert.deepEqual(readdirSync(join(box.root, 'releases')), ['1.0.0'], what)
      rmSync(folder, { recursive: true })
    }
    assert.equal(box.current(), '1.0.0')
    assert.equal(await served(box), '1.0.0')
  })

  test('that has no room changes nothing', { skip: process.getuid?.() !== 0 }, async (t) => {
    const box = await machine(t)
    const place = join(box.root, 'releases')
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=100m', 'tmpfs', place])
    assert.equal(mounted.status, 0, String(mounted.stderr))
    cleanUp(t, () => void spawnSync('umount', ['-l', place]))
    // What runs lies below the mount; its manifest is all that is asked for.
    mkdirSync(join(place, '1.0.0'))
    for (const name of ['holdfast.manifest', 'holdfast.signatures'])
      cpSync(join(releases.get('1.0.0') ?? '', name), join(place, '1.0.0', name))
    symlinkSync(join(releases.get('1.0.0') ?? '', 'holdfast'), join(place, '1.0.0/holdfast'))
    refusal(await box.update(stick(t, '1.1.0')), 1, /no room for the new release/)
    assert.deepEqual(readdirSync(place), ['1.0.0'])
    assert.equal(await served(box), '1.0.0')
  })

  test('must not vouch for itself', async (t) => {
    const box = await machine(t)
    const folder = stick(t, '1.1.0')
    const program = [join(folder, 'holdfast')]
    const outcome = await holdfast(['update', folder, ...box.options], { program, env: box.env })
    refusal(outcome, 1, /sudo holdfast update/)
    assert.equal(box.current(), '1.0.0')
    refusal(await holdfast(['update', folder, ...box.options]), 1, /sudo holdfast update/)
  })

  test('that is not well is taken back', async (t) => {
    const box = await machine(t)
    for (const version of ['1.2.0', '1.5.0']) {
      refusal(
        await box.update(stick(t, version)),
        1,
        /does not answer/,
        /the one before runs again/,
      )
      assert.equal(await served(box), '1.0.0')
      assert.deepEqual(readdirSync(join(box.root, 'releases')), ['1.0.0'])
    }
  })

  test('that cannot even be started is taken back', async (t) => {
    const box = await machine(t)
    const service = join(box.here, 'service')
    const honest = readFileSync(service, 'utf8')
    const refuses =
      '#!/bin/sh\n[ "$1" = start ] && readlink "$HERE/root/current" | grep -q 1.1.0 && exit 1\n'
    writeFileSync(service, honest.replace('#!/bin/sh\n', refuses))
    refusal(await box.update(stick(t, '1.1.0')), 1, /the one before runs again/)
    assert.equal(await served(box), '1.0.0')
  })

  test('that writes the databases in another way: kept when it is well, undone when it is not', async (t) => {
    const box = await machine(t)
    refusal(await box.update(stick(t, '1.4.0')), 1, /the one before runs again/)
    assert.equal(await served(box), '1.0.0')
    assert.equal(existsSync(join(box.root, 'databases')), false)
    await json(['sync', '--state', box.owner])
    const done = await box.update(stick(t, '1.3.0'), '--json')
    assert.equal(done.status, 0, done.err)
    assert.equal(await served(box), '1.3.0')
    assert.equal(existsSync(join(box.root, 'databases')), false)
    await json(['channel', 'create', 'Crisis team', '--state', box.owner])
  })
})

/** Ends it, with the program that it calls, at a moment of its work; the box is a session of its own. */
async function killAfter(child: ChildProcess, moment: number): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  const killing = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), moment)
  await gone
  clearTimeout(killing)
}

function point(root: string, name: string, version: string): void {
  rmSync(join(root, name), { force: true })
  symlinkSync(`releases/${version}`, join(root, name))
}

describe('an update that is killed', { concurrency: false }, () => {
  /** As it stands after the links were changed, and nobody has looked yet. */
  async function interrupted(t: TestContext, to: string, more: object): Promise<Machine> {
    const box = await machine(t)
    const { root } = box
    cpSync(releases.get(to) ?? '', join(root, 'releases', to), { recursive: true })
    point(root, 'previous', '1.0.0')
    point(root, 'current', to)
    const pending = { from: '1.0.0', to, failing: [], kept: false, back: false, ...more }
    writeFileSync(join(root, 'update.json'), JSON.stringify(pending))
    box.boot()
    return box
  }
  const settle = async ({ root, options, env }: Machine): ReturnType<typeof holdfast> =>
    holdfast(['update', '--settle', ...options], {
      program: [join(root, 'previous/holdfast')],
      env,
      patience: 120_000,
    })

  test('after the links were changed: the new one stays where it is well', async (t) => {
    const box = await interrupted(t, '1.1.0', {})
    const settled = await settle(box)
    assert.equal(settled.status, 0, settled.err)
    assert.equal(await served(box), '1.1.0')
    assert.equal(existsSync(join(box.root, 'update.json')), false)
  })

  test('after the links were changed: the one before comes back where it is not', async (t) => {
    const box = await interrupted(t, '1.2.0', {})
    refusal(await settle(box), 1, /the one before runs again/)
    assert.equal(await served(box), '1.0.0')
  })

  test('while it was being taken back: that goes on', async (t) => {
    const box = await interrupted(t, '1.1.0', { back: true })
    refusal(await settle(box), 1, /the one before runs again/)
    assert.equal(await served(box), '1.0.0')
    assert.deepEqual(readdirSync(join(box.root, 'releases')), ['1.0.0'])
  })

  test('while databases were being put back: that goes on, too', async (t) => {
    const box = await machine(t)
    const { root, data, here, env } = box
    spawnSync(join(here, 'service'), ['stop'], { env: { ...process.env, ...env } })
    const aside = join(root, 'databases')
    mkdirSync(aside)
    for (const name of readdirSync(data).filter((one) => /^org-.*\.db$/.test(one)))
      cpSync(join(data, name), join(aside, name))
    cpSync(releases.get('1.3.0') ?? '', join(root, 'releases/1.3.0'), { recursive: true })
    point(root, 'current', '1.3.0')
    box.boot()
    assert.equal(await served(box), '1.3.0')
    // As it stands when the power goes after the link and before the databases.
    point(root, 'previous', '1.0.0')
    point(root, 'current', '1.0.0')
    const pending = { from: '1.0.0', to: '1.3.0', failing: [], kept: true, back: true }
    writeFileSync(join(root, 'update.json'), JSON.stringify(pending))
    box.boot()
    refusal(await settle(box), 1, /the one before runs again/)
    assert.equal(await served(box), '1.0.0')
    assert.equal(existsSync(aside), false)
    await json(['sync', '--state', box.owner])
  })

  test('at whatever moment: one whole release runs after the next start', async (t) => {
    const box = await machine(t)
    assert.equal(await served(box), '1.0.0')
    const seen = new Set<string>()
    for (const moment of [300, 600, 900, 1200, 1500, 1800, 2200, 2600, 3000, 3500]) {
      const program = join(box.root, 'current/holdfast')
      const args = ['update', releases.get('1.3.0') ?? '', ...box.options]
      const child = spawn(program, args, {
        env: { ...process.env, ...box.env },
        stdio: 'ignore',
        detached: true,
      })
      await killAfter(child, moment)
      box.boot()
      const settled = await box.update('--settle')
      assert.equal(settled.status, 0, `${moment} ms: ${settled.err}`)
      const version = box.current()
      assert.equal(await served(box), version, `${moment} ms`)
      seen.add(version)
      if (version === '1.3.0') break
      const left = readdirSync(join(box.root, 'releases')).filter((name) => !name.endsWith('.part'))
      assert.ok(left.includes('1.0.0'))
    }
    assert.ok(seen.has('1.3.0'), 'it went through in the end')
  })
})
