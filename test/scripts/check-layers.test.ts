import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { checkLayers } from '../../scripts/check-layers.ts'
import { MAX_LINES, SEALING_FILES } from '../../scripts/layer-table.ts'
import { readImports } from '../../scripts/read-imports.ts'

type Tree = Readonly<Record<string, string>>

function inTree<Result>(tree: Tree, use: (root: string) => Result): Result {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-layers-'))
  try {
    for (const [path, source] of Object.entries(tree)) {
      mkdirSync(join(root, dirname(path)), { recursive: true })
      writeFileSync(join(root, path), source)
    }
    return use(root)
  } finally {
    rmSync(root, { recursive: true })
  }
}

function complaints(tree: Tree): string[] {
  return inTree(tree, (root) =>
    checkLayers(root).map(({ file, line, message }) => `${file}:${line}: ${message}`),
  )
}

const GOOD: Tree = {
  'protocol/sodium.ts': `import sodium from 'libsodium-wrappers-sumo'\nexport { sodium }`,
  'protocol/ids.ts': `export type Id = string\nexport const id = (text: string): Id => text`,
  'protocol/message-keys.ts': `import { sodium } from './sodium.ts'\nexport const seal = sodium`,
  'protocol/card-secret.ts': `export const secret = 1`,
  'client/send.ts': `import { seal } from '../protocol/message-keys.ts'\nexport const send = seal`,
  'client/roster-file.ts': `import { parse } from 'csv-parse/sync'\nexport const roster = parse`,
  'client/node/store.ts': `import Database from 'better-sqlite3'
import { join } from 'node:path'
import { send } from '../send.ts'
export const store = [Database, join, send]`,
  'server/limits.ts': `export const LIMIT = 1`,
  'server/context.ts': `import type { routes } from './routes/all.ts'\nexport type Context = typeof routes`,
  'server/store/entries.ts': `import Database from 'better-sqlite3'
import fs from 'node:fs'
import { id } from '../../protocol/ids.ts'
import { LIMIT } from '../limits.ts'
export const entries = [Database, fs, id, LIMIT]`,
  'server/delivery/live.ts': `import { WebSocket } from 'ws'
import { entries } from '../store/entries.ts'
export const live = [WebSocket, entries]`,
  'server/routes/all.ts': `import { Hono } from 'hono'
import type { Context } from '../context.ts'
import { live } from '../delivery/live.ts'
import { entries } from '../store/entries.ts'
export const routes = [Hono, live, entries] satisfies unknown as Context[]`,
  'server/found.ts': `import { secret } from '../protocol/card-secret.ts'\nexport const found = secret`,
  'server/main.ts': `import { serve } from '@hono/node-server'
import pino from 'pino'
import { routes } from './routes/all.ts'
export const main = [serve, pino, routes]`,
  'pwa/device/send.ts': `export { send } from '../../client/send.ts'`,
  'pwa/ui/app.tsx': `import type { send } from '../device/send.ts'\nexport const app = <b />`,
  'cli/main.ts': `import { renderUnicode } from 'uqr'
import { main } from '../server/main.ts'
import { store } from '../client/node/store.ts'
export const run = [renderUnicode, main, store, import('node:fs')]`,
  'test/send.test.ts': `import fc from 'fast-check'
import { seal } from '../protocol/message-keys.ts'
export const all = [fc, seal, import(String(seal))]`,
  'scripts/bench.ts': `import Database from 'better-sqlite3'\nexport const bench = Database`,
  'node_modules/x/index.ts': `import 'left-pad'`,
}

test('a tree that keeps the rule has no complaint', () => {
  assert.deepEqual(complaints(GOOD), [])
})

const BROKEN: readonly (readonly [file: string, source: string, message: string])[] = [
  ['protocol/a.ts', `import 'libsodium-wrappers-sumo'`, 'package libsodium-wrappers-sumo'],
  ['protocol/a.ts', `import type { Hash } from 'node:crypto'`, 'protocol must not import node:'],
  ['protocol/a.ts', `import { a } from '../client/a.ts'`, 'protocol must not import client/a.ts'],
  ['protocol/a.ts', `export * from '../server/a.ts'`, 'protocol must not import server/a.ts'],
  ['client/a.ts', `import { join } from 'node:path'`, 'client must not import node:path'],
  ['client/a.ts', `import { parse } from 'csv-parse/sync'`, 'package csv-parse (allowed: client'],
  ['client/a.ts', `import { a } from '../server/a.ts'`, 'client must not import server/a.ts'],
  ['client/a.ts', `const a = import('./node/a.ts')`, 'client must not import client/node/a.ts'],
  ['client/a.ts', `const a = import(name)`, 'import() needs a literal name'],
  ['client/node/a.ts', `import { a } from '../../server/a.ts'`, 'client/node must not import'],
  ['client/node/a.ts', `import ws from 'ws'`, 'must not import the package ws'],
  ['server/store/a.ts', `import { a } from '../delivery/a.ts'`, 'server/store must not import'],
  ['server/store/a.ts', `import { a } from '../main.ts'`, 'must not import server/main.ts'],
  ['server/store/a.ts', `import { Hono } from 'hono'`, 'must not import the package hono'],
  ['server/delivery/a.ts', `import { a } from '../routes/a.ts'`, 'server/delivery must not'],
  ['server/delivery/a.ts', `import D from 'better-sqlite3'`, 'the package better-sqlite3'],
  ['server/routes/a.ts', `import { c } from '../context.ts'`, 'server/context.ts only as types'],
  ['server/routes/a.ts', `import { c } from '../main.ts'`, 'must not import server/main.ts'],
  ['server/routes/a.ts', `import { s } from '@hono/node-server'`, 'package @hono/node-server'],
  ['server/a.ts', `import { a } from '../client/a.ts'`, 'server must not import client/a.ts'],
  ['server/a.ts', `import D from 'better-sqlite3'`, 'the package better-sqlite3'],
  [
    'server/found.ts',
    `import { s } from '../protocol/message-keys.ts'`,
    'must not import protocol/message-keys',
  ],
  ['pwa/ui/a.tsx', `import { a } from '../../server/a.ts'`, 'pwa/ui must not import server/a.ts'],
  ['pwa/ui/a.tsx', `import { a } from '../sw.ts'`, 'pwa/ui must not import pwa/sw.ts'],
  ['pwa/ui/a.tsx', `import { a } from '../../client/a.ts'`, 'pwa/ui must not import client/a.ts'],
  [
    'pwa/ui/a.tsx',
    `import { a } from '../device/a.ts'`,
    'pwa/ui may import pwa/device/a.ts only as types',
  ],
  ['cli/a.ts', `import pino from 'pino'`, 'must not import the package pino'],
  ['cli/a.ts', `import { a } from '../../elsewhere.ts'`, 'cli must not import ../elsewhere.ts'],
  ['test/a.ts', `import x from 'left-pad'`, 'package left-pad is not listed'],
  ['test/a.ts', `import fs from 'fs'`, 'package fs is not listed'],
  ['a.ts', '', 'belongs to no layer'],
]

for (const [file, source, message] of BROKEN) {
  test(`${file} may not say ${source || 'anything'}`, () => {
    const found = complaints({ [file]: source })
    assert.equal(found.length, 1)
    assert.ok(found[0]?.startsWith(`${file}:1: `) && found[0].includes(message), found.join())
  })
}

for (const folder of ['server', 'server/store', 'server/delivery', 'server/routes']) {
  for (const sealing of SEALING_FILES) {
    test(`${folder} may not import ${sealing}, not even as a type`, () => {
      const up = folder.replaceAll(/[^/]+/g, '..')
      const found = complaints({ [`${folder}/a.ts`]: `import type { a } from '${up}/${sealing}'` })
      assert.deepEqual(found, [`${folder}/a.ts:1: ${folder} must not import ${sealing}`])
    })
  }
}

test('a cycle is reported once, with its path; a cycle of types is none', () => {
  const cycle = {
    'cli/a.ts': `import { b } from './b.ts'\nexport const a = b`,
    'cli/b.ts': `import { c } from './c.ts'\nexport const b = c`,
  }
  assert.deepEqual(complaints({ ...cycle, 'cli/c.ts': `\nexport { a as c } from './a.ts'` }), [
    'cli/c.ts:2: import cycle: cli/a.ts -> cli/b.ts -> cli/c.ts -> cli/a.ts',
  ])
  assert.deepEqual(complaints({ ...cycle, 'cli/c.ts': `import type { a } from './a.ts'` }), [])
})

test('a file that imports itself is a cycle', () => {
  const found = complaints({ 'cli/a.ts': `import { a } from './a.ts'` })
  assert.deepEqual(found, ['cli/a.ts:1: import cycle: cli/a.ts -> cli/a.ts'])
})

test('long sources are reported, long tests are not', () => {
  const long = 'export {}\n'.repeat(MAX_LINES + 1)
  assert.deepEqual(complaints({ 'cli/a.ts': long, 'test/a.test.ts': long }), [
    `cli/a.ts:${MAX_LINES + 1}: ${MAX_LINES + 1} lines, more than ${MAX_LINES}`,
  ])
  assert.deepEqual(complaints({ 'cli/a.ts': 'export {}\n'.repeat(MAX_LINES) }), [])
})

test('every form of import is read, with its line and whether it is only a type', () => {
  const source = `import a from 'a'
import * as b from "b"
import c, { c1, type c2 as c3 } from 'c'
import {
  d, // it's 'd'
} from 'd' with { type: 'json' }
import type { e } from 'e'
import type f from 'f'
import type from 'g'
import'h'
export * from 'i'
export * as j from 'j'
export type { k } from 'k'
export { l, default as m } from 'l'
const n = await import('n')
const o = import(
  /* why */ 'o', {})
const p: import('p').P = import(q)
import{r}from'r'
export type * from 's'
`
  const seen = readImports(source).map(
    ({ line, specifier, typeOnly }) => `${line} ${specifier ?? '?'}${typeOnly ? ' type' : ''}`,
  )
  assert.deepEqual(seen, [
    '1 a',
    '2 b',
    '3 c',
    '4 d',
    '7 e type',
    '8 f type',
    '9 g',
    '10 h',
    '11 i',
    '12 j',
    '13 k type',
    '14 l',
    '15 n',
    '16 o',
    '18 p',
    '18 ?',
    '19 r',
    '20 s type',
  ])
})

test('text that only looks like an import is not read', () => {
  const source = `// import a from 'a'
/* import b from 'b' */
const c = "import c from 'c'"
const d = \`
import d from 'd'
\`
const e = /['"\`]/.test(c) // import e from 'e'
const f = import.meta.dirname
const g = x.import('g')
export const from = 'h'
export type I = 'i'
const j = 'https://j' // '
import k from 'k'
`
  assert.deepEqual(
    readImports(source).map(({ line, specifier }) => [line, specifier]),
    [[13, 'k']],
  )
})

test('the command prints one line per violation and exits 1, or nothing and 0', () => {
  const script = join(import.meta.dirname, '../../scripts/check-layers.ts')
  const run = (tree: Tree) =>
    inTree(tree, (root) => spawnSync(process.execPath, [script, root], { encoding: 'utf8' }))
  const bad = run({ 'client/a.ts': `import 'ws'\nimport 'hono'` })
  assert.equal(bad.status, 1)
  assert.match(bad.stderr, /^client\/a\.ts:1: [^\n]+\nclient\/a\.ts:2: [^\n]+\n$/)
  const good = run(GOOD)
  assert.deepEqual([good.status, good.stderr], [0, ''])
})
