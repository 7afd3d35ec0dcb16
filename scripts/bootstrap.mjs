// Plain JavaScript on purpose: this file alone has to run on whatever Node a machine already has
// (18 or later). It installs what is missing and hands over to the pinned Node.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { constants as system } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(fileURLToPath(import.meta.url), '../..')
const modules = join(root, 'node_modules')
const stamp = join(modules, '.holdfast-stamp')
const builtStamp = join(modules, '.holdfast-built')
const LOWEST_NODE = 26
/** What the built box is made of. */
const SOURCES = [
  'cli',
  'client',
  'protocol',
  'pwa',
  'server',
  'scripts/build-box.ts',
  'scripts/build-app.ts',
  'scripts/app-plugins.ts',
  'package-lock.json',
]

const BUILD_BOX = 'scripts/build-box.ts'

/** What each verb runs under the pinned Node, relative to the repository. */
const VERBS = {
  start: ['cli/main.ts', 'serve', '--first-run'],
  build: ['scripts/build.ts'],
  'build:app': ['scripts/build-app.ts'],
  image: ['scripts/image.ts'],
  demo: ['scripts/demo.ts'],
  test: ['scripts/check.ts', '--test'],
  'test:faults': ['scripts/faults.ts'],
  check: ['scripts/check.ts'],
  format: ['node_modules/oxfmt/bin/oxfmt'],
  vectors: ['scripts/make-vectors.ts'],
  screens: ['scripts/screens.ts'],
  sizes: ['scripts/sizes.ts'],
  mutation: ['scripts/mutation.ts'],
  'second-reader': ['scripts/second-reader.ts'],
  coverage: ['scripts/coverage.ts'],
  bench: ['scripts/bench.ts'],
  'bench:app': ['scripts/bench-app.ts'],
  lighthouse: ['scripts/lighthouse.ts'],
  scale: ['scripts/scale.ts'],
  fuzz: ['scripts/fuzz.ts'],
  attacks: ['scripts/attacks.ts'],
  proof: ['scripts/proof.ts'],
  holdfast: ['cli/main.ts'],
}

const usage = `Usage: node scripts/bootstrap.mjs VERB [arguments]
Verbs: ${Object.keys(VERBS).join(', ')}
       --which-node prints the Node that Holdfast runs on
`

function fail(sentence) {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

function isForThisMachine({ os = [process.platform], cpu = [process.arch], libc = ['glibc'] }) {
  return os.includes(process.platform) && cpu.includes(process.arch) && libc.includes('glibc')
}

/** Whether npm's own record of node_modules agrees with the lock file (a plain `npm ci` did it). */
function matchesLock() {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages ?? {}
  const have = readJson(join(modules, '.package-lock.json'))?.packages
  if (have === undefined) return false
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true
    const there = have[path]
    if (there === undefined) return entry.optional === true && !isForThisMachine(entry)
    return there.version === entry.version && there.integrity === entry.integrity
  })
}

function checkWritable() {
  try {
    accessSync(root, constants.W_OK)
    if (existsSync(modules)) accessSync(modules, constants.W_OK)
  } catch {
    fail(`Holdfast cannot write to ${root}, so it cannot install what it needs there.
Run it as the user who owns that folder, or make the folder writable, and try again.`)
  }
}

function npm(args, env) {
  // Standard output belongs to the verb: scripts read JSON from it. Only errors, because an older
  // Node makes npm warn about every package although none of them will run on it.
  // The pinned Node is an optional package and the checks are development packages: a machine that
  // leaves either out by default would get half an installation.
  const options = { cwd: root, env, stdio: ['ignore', 2, 2] }
  const all = [...args, '--include=optional', '--include=dev', '--no-audit', '--no-fund']
  all.push('--loglevel=error')
  const { error, status } = spawnSync('npm', all, options)
  if (error) fail('Holdfast needs npm to install its packages, and none is on PATH. Install npm.')
  if (status === 0) return
  fail(`Installing failed; npm's message is above. Nothing has been started.
- Without a network: connect this machine once and run the same command again, or copy the folder
  node_modules from a machine of the same kind that has it.
- No space or no permission: make room in ${root}, or make it yours, and run the command again.`)
}

function install() {
  checkWritable()
  process.stderr.write('Installing what Holdfast needs (once)…\n')
  npm(['ci'], process.env)
  // npm silently skips optional packages that want a newer Node than the one it runs on, so what is
  // still missing is fetched by npm on the pinned Node.
  if (!matchesLock()) npm(['install', '--no-save'], withTools(findNode()))
}

function ensureInstalled() {
  const lock = join(root, 'package-lock.json')
  if (!existsSync(lock)) fail(`${lock} is missing. Get a complete copy of Holdfast.`)
  const hash = createHash('sha256').update(readFileSync(lock)).digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8').trim() === hash) return
  if (!matchesLock()) install()
  try {
    writeFileSync(stamp, `${hash}\n`)
  } catch {
    // The stamp only saves time, and a read-only installation is a good one.
  }
}

function findNode() {
  const pinned = join(modules, `node-linux-${process.arch}`, 'bin', 'node')
  const probe = spawnSync(pinned, ['--version'], { encoding: 'utf8' })
  if (probe.status === 0) return pinned
  if (Number.parseInt(process.versions.node, 10) >= LOWEST_NODE) return process.execPath
  if (/libatomic\.so\.1/.test(probe.stderr ?? '')) {
    return fail(`Node ${LOWEST_NODE} cannot start here because the library libatomic.so.1 is missing.
Install it and try again: apt-get install libatomic1`)
  }
  return fail(`Holdfast runs on Node ${LOWEST_NODE}; this is Node ${process.versions.node}, and the \
copy that comes with Holdfast
is missing or cannot start on this machine (${process.platform} ${process.arch}). \
Install Node ${LOWEST_NODE} or later, or run
npm ci --include=optional in ${root}, and try again.`)
}

/** The environment in which `node` is ours and the tools in node_modules come first. */
function withTools(node) {
  const path = [join(modules, '.bin'), dirname(node), process.env.PATH]
  // Compiled once, started in half the time and with a quarter less memory.
  const cache = process.env.NODE_COMPILE_CACHE ?? join(modules, '.cache', 'compiled')
  return { ...process.env, PATH: path.join(delimiter), NODE_COMPILE_CACHE: cache }
}

/** Links do not count: editors leave some that lead nowhere. */
function filesBelow(path) {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found?.isFile()) return [path]
  if (!found?.isDirectory()) return []
  return readdirSync(path).flatMap((name) => filesBelow(join(path, name)))
}

/** Names and contents: times say nothing, since archives and copies keep those of an older release. */
function digestOf(paths) {
  const files = paths.flatMap((path) => filesBelow(join(root, path)))
  files.sort()
  const hash = createHash('sha256')
  for (const file of files) {
    hash
      .update(`${file.slice(root.length)}\0`)
      .update(readFileSync(file))
      .update('\0')
  }
  return hash.digest('hex')
}

/**
 * Built, a box starts faster and takes less memory. What was built counts only with the very sources it was made
 * of, and as it was made; where nothing can be built, the sources run as they are.
 */
function builtMain(node, source) {
  const folder = join('dist', 'box')
  const built = join(root, folder, 'main.js')
  try {
    const sources = digestOf(SOURCES)
    const stampNow = () => `${sources} ${digestOf([folder])}\n`
    if (existsSync(builtStamp) && readFileSync(builtStamp, 'utf8') === stampNow()) return built
    accessSync(root, constants.W_OK)
    const options = { cwd: root, env: withTools(node), stdio: ['ignore', 'ignore', 'inherit'] }
    const { status } = spawnSync(node, [join(root, BUILD_BOX)], options)
    if (status !== 0) return source
    writeFileSync(builtStamp, stampNow())
    return built
  } catch {
    return source
  }
}

function run(verb, extra) {
  const [script, ...fixed] = VERBS[verb]
  const node = findNode()
  const source = join(root, script)
  const main = verb === 'start' ? builtMain(node, source) : source
  const child = spawn(node, [main, ...fixed, ...extra], {
    // A person's own paths are relative to where that person stands.
    ...(verb === 'holdfast' ? {} : { cwd: root }),
    env: withTools(node),
    stdio: 'inherit',
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal's Ctrl-C has already reached the child; a second one would cut its orderly end.
      if (signal === 'SIGINT' && process.stdin.isTTY) return
      child.kill(signal)
    })
  }
  child.on('error', (error) => fail(`Could not start ${script}: ${error.message}`))
  child.on('exit', (code, signal) => process.exit(code ?? 128 + system.signals[signal]))
}

const [verb, ...extra] = process.argv.slice(2)
if (verb === '--help' || verb === '-h') {
  process.stdout.write(usage)
} else if (verb === '--which-node') {
  ensureInstalled()
  process.stdout.write(`${findNode()}\n`)
} else if (verb === undefined || !Object.hasOwn(VERBS, verb)) {
  process.stderr.write(`${verb === undefined ? 'A verb is missing' : `Unknown verb: ${verb}`}\n`)
  process.stderr.write(usage)
  process.exit(2)
} else {
  ensureInstalled()
  run(verb, extra)
}
