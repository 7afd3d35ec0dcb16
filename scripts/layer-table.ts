/** The layer rule as data: who may import what. `check-layers.ts` reads nothing else. */

export type Layer = {
  readonly name: string
  /** Path prefixes or files of the tree that this layer may import. '' is the whole tree. */
  readonly may: readonly string[]
  /** Exceptions to `may`. */
  readonly mayNot: readonly string[]
  /** Like `may`, but only by `import type` or `export type`. */
  readonly mayType: readonly string[]
  /** Whether `node:` modules are allowed. */
  readonly node: boolean
  /** Whether every package in PACKAGES and computed import() names are allowed: it never ships. */
  readonly tooling: boolean
}

/** Files that open or seal. The box carries sealed bytes and must not be able to do either. */
export const SEALING_FILES: readonly string[] = [
  'protocol/epoch-keys.ts',
  'protocol/message-keys.ts',
  'protocol/history-keys.ts',
  'protocol/answer-keys.ts',
  'protocol/card-secret.ts',
  'protocol/profile.ts',
  'protocol/content.ts',
  'protocol/file.ts',
]

/** The one place of the box that makes a secret, for the founding card it prints. */
export const SEALING_EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {
  'server/found.ts': ['protocol/card-secret.ts'],
}

/** Root files of the box that its inner layers share, although they sit above them. */
const SHARED_SERVER = ['server/config.ts', 'server/limits.ts', 'server/errors.ts']
const SHARED_SERVER_TYPES = ['server/context.ts']

const inner = { mayNot: [], mayType: [], node: false, tooling: false }
const box = { ...inner, mayNot: SEALING_FILES, mayType: SHARED_SERVER_TYPES }
const outer = { ...inner, may: [''], node: true }

/** A file belongs to the first layer whose folder holds it, so inner folders come first. */
export const LAYERS: readonly Layer[] = [
  { ...inner, name: 'protocol', may: ['protocol/'] },
  { ...inner, name: 'client/node', may: ['client/', 'protocol/'], node: true },
  { ...inner, name: 'client/web', may: ['client/', 'protocol/'], mayNot: ['client/node/'] },
  {
    ...inner,
    name: 'client',
    may: ['client/', 'protocol/'],
    mayNot: ['client/node/', 'client/web/'],
  },
  {
    ...box,
    name: 'server/store',
    may: ['server/store/', 'protocol/', ...SHARED_SERVER],
    node: true,
  },
  {
    ...box,
    name: 'server/org',
    may: ['server/org/', 'server/store/', 'protocol/', ...SHARED_SERVER],
  },
  {
    ...box,
    name: 'server/delivery',
    may: ['server/delivery/', 'server/org/', 'server/store/', 'protocol/', ...SHARED_SERVER],
  },
  {
    ...box,
    name: 'server/push',
    may: [
      'server/push/',
      'server/delivery/',
      'server/org/',
      'server/store/',
      'protocol/',
      ...SHARED_SERVER,
    ],
    node: true,
  },
  {
    ...box,
    name: 'server/routes',
    may: [
      'server/routes/',
      'server/push/',
      'server/org/',
      'server/store/',
      'server/delivery/',
      'protocol/',
      ...SHARED_SERVER,
    ],
  },
  { ...box, name: 'server', may: ['server/', 'protocol/', 'package.json'], node: true },
  {
    ...inner,
    name: 'pwa/ui',
    // What a page knows of the device are shapes and limits: keys and engine stay in the worker.
    may: [
      'pwa/ui/',
      'pwa/languages/',
      'pwa/sw/signals.ts',
      'pwa/sw/signed.ts',
      'pwa/sw/kept-release.ts',
      'protocol/limits.ts',
      'protocol/release.ts',
    ],
    mayType: ['pwa/device/', 'pwa/pdf/wire.ts'],
  },
  { ...inner, name: 'pwa/pdf', may: ['pwa/pdf/'] },
  { ...inner, name: 'pwa', may: ['pwa/', 'client/', 'protocol/'], mayNot: ['client/node/'] },
  { ...inner, name: 'provisioning', may: ['provisioning/', 'server/', 'protocol/'], node: true },
  { ...outer, name: 'cli' },
  { ...outer, name: 'scripts', tooling: true },
  { ...outer, name: 'test', tooling: true },
]

/** Every npm package in use, with the layers or single files that may import it. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'libsodium-wrappers-sumo': ['protocol/sodium.ts'],
  'csv-parse': ['client/roster-file.ts'],
  'better-sqlite3': ['client/node', 'server/store'],
  idb: ['client/web'],
  ws: ['server/delivery', 'server'],
  hono: ['server/routes', 'server', 'cli'],
  '@hono/node-server': ['server', 'cli'],
  pino: ['server'],
  'web-push': ['server/push'],
  uqr: ['cli', 'pwa/ui'],
  qr: ['pwa/ui'],
  preact: ['pwa/ui'],
  '@preact/signals': ['pwa/ui'],
  'preact-iso': ['pwa/ui'],
  'lucide-static': ['pwa/ui'],
  'pdfjs-dist': ['pwa/pdf'],
  '@messageformat/core': [],
  'puppeteer-core': [],
  'axe-core': [],
  lighthouse: [],
  'fast-check': [],
  esbuild: [],
  'playwright-core': [],
}

/** A source file longer than this wants to be two. Tests are not counted. */
export const MAX_LINES = 350
