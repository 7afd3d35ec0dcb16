// One suite for all stores, here for those of Node; test/browser has the one of the browser.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { MemoryStore } from '../../client/memory-store.ts'
import { SqliteStore } from '../../client/node/sqlite-store.ts'
import type { Store } from '../../client/store.ts'
import { STORE_CASES } from '../helpers/store-contract.ts'

type Kind = { name: string; runs: number; make: (t: TestContext) => Store }

const STORES: Kind[] = [
  { name: 'MemoryStore', runs: 100, make: () => new MemoryStore() },
  {
    name: 'SqliteStore',
    runs: 10,
    make(t) {
      const folder = mkdtempSync(join(tmpdir(), 'holdfast-store-'))
      const store = new SqliteStore(folder)
      t.after(async () => {
        await store.close()
        rmSync(folder, { recursive: true })
      })
      return store
    },
  },
]

for (const { name, runs, make } of STORES)
  for (const { name: what, run } of STORE_CASES)
    test(`${name}: ${what}`, (t) => run(() => make(t), runs))
