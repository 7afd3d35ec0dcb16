// F19: an upgrade that is killed, or loses its power, at any place. Afterwards the older version works or
// says that the database is newer, and the newer one finishes what was begun; nothing is lost.
// There is one released step today: three later ones stand behind it here, run by the real code.
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { orgFile } from '../../server/context.ts'
import { openWriter } from '../../server/store/database.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { suiteCleaner } from '../helpers/cleanup.ts'
import { confirmedBy, stage } from '../server/traffic.ts'
import { readJournal } from './disk/journal.ts'
import { PowerCuts } from './disk/power.ts'
import { Shim, skipWithoutCompiler } from './disk/shim.ts'
import { Proof, randomFrom, SEED, sizeOf } from './form.ts'
import { edit } from './mutant.ts'
import { later, NEWER, openIn, type Opened } from './upgrade.ts'

const KILLS = sizeOf('upgradeKills')

describe(`F19: an interrupted upgrade (seed ${SEED})`, { skip: skipWithoutCompiler }, () => {
  const proof = new Proof('F19', 'Upgrades interrupted at each step', 'f19-upgrade.test.ts', 3)
  const suite = suiteCleaner()
  let shim: Shim
  let folder: string
  let base: string
  let name: string
  let whole: Opened | undefined
  let changes: number
  let journal: string
  before(async () => {
    const { box, talkers, org, data, ...place } = await stage(suite)
    await Promise.all(talkers.map((talker) => talker.talk(box, () => confirmedBy(talkers) >= 60)))
    await box.end('SIGTERM')
    folder = place.folder
    name = orgFile(org)
    base = join(folder, 'base')
    mkdirSync(base)
    cpSync(join(data, name), join(base, name))
    shim = new Shim(suite)
    const target = anew()
    const run = shim.environment(target)
    journal = run.journal
    whole = openIn([join(target, name)], { ...run.env, ...later() })?.[0]
    changes = readJournal(journal).filter(counts).length
  })

  /** What SHIM_DIE_AT counts: everything but opening what is there. */
  const counts = (one: { kind: string; created?: boolean }): boolean =>
    one.kind !== 'open' || one.created === true

  function anew(called = 'target'): string {
    const target = join(folder, called)
    rmSync(target, { recursive: true, force: true })
    cpSync(base, target, { recursive: true })
    return target
  }

  /** The later version finishes what was begun, with everything that was there. */
  function assertFinished(targets: string[]): void {
    const paths = targets.map((target) => join(target, name))
    const opened = openIn(paths, later())
    assert.deepEqual(
      opened,
      paths.map(() => whole),
    )
  }

  /** The released version opens it, or says clearly that it may not. */
  function opensOlder(target: string): boolean {
    const copy = `${target}-older`
    rmSync(copy, { recursive: true, force: true })
    cpSync(target, copy, { recursive: true })
    try {
      const db = openWriter(join(copy, name), true)
      assert.equal(db.pragma('integrity_check', { simple: true }), 'ok')
      db.close()
      return true
    } catch (error) {
      assert.ok(error instanceof ProtocolError && error.code === 'database_newer', String(error))
      return false
    }
  }

  test('by kill -9, at each change of a file', (t) => {
    assert.equal(whole?.version, NEWER)
    const random = randomFrom(SEED)
    const all = Array.from({ length: changes }, (_, i) => i + 1)
    const places = KILLS >= changes ? all : all.filter(() => random() < KILLS / changes)
    const targets = places.map((change) => {
      const target = anew(`killed at ${change}`)
      const { env } = shim.environment(target, { change })
      assert.equal(openIn([join(target, name)], { ...env, ...later() }), null, target)
      return target
    })
    const old = targets.filter(opensOlder).length
    t.diagnostic(`${places.length} of ${changes} places; the older version still works at ${old}`)
    assertFinished(targets)
    proof.held(places.length, { seed: SEED, places: changes })
  })

  test('by a power cut, at any moment', () => {
    const random = randomFrom(SEED)
    const target = anew()
    const happenings = readJournal(journal)
    const times = Array.from({ length: KILLS }, () => {
      return happenings[Math.floor(random() * happenings.length)]?.ended ?? 0n
    }).toSorted((a, b) => (a < b ? -1 : 1))
    const cuts = new PowerCuts(base, target, happenings, random)
    const images = times.map((time, i) => {
      const image = join(folder, `cut ${i}`)
      cuts.cutAt(time, image)
      opensOlder(image)
      return image
    })
    assertFinished(images)
    proof.held(times.length)
  })

  test('a version whose steps are not atomic is caught', () => {
    const file = 'server/store/database.ts'
    const loose = later(
      edit(file, 'db.transaction(() => {\n      db.exec(', ';(() => {\n      db.exec('),
      edit(file, '}).immediate()', '})()'),
    )
    const random = randomFrom(SEED)
    const caught = (): boolean => {
      const target = join(anew(), name)
      const change = Math.ceil(random() * 60)
      openIn([target], { ...shim.environment(join(folder, 'target'), { change }).env, ...loose })
      try {
        return openIn([target], loose)?.[0]?.content !== whole?.content
      } catch {
        return true
      }
    }
    assert.ok(Array.from({ length: 20 }).some(caught), 'nothing was noticed')
    proof.held(0, { controlCaught: true })
  })
})
