// F2: the power goes. SIGKILL proves nothing about fsync, since the kernel still holds what the process
// wrote; here everything that was not synced may be gone, torn or out of order. On the second start of the
// database, because SQLite as we have it falls back to synchronous=NORMAL then unless it is told otherwise.
import assert from 'node:assert/strict'
import { cpSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, type TestContext, test } from 'node:test'
import type { Removal } from '../../scripts/mutation/run-without.ts'
import { suiteCleaner } from '../helpers/cleanup.ts'
import { one, serve, tempFolder } from '../helpers/cli.ts'
import { assertSound, confirmedBy, heldBy, stage, type Talker } from '../server/traffic.ts'
import { type Happening, readJournal } from './disk/journal.ts'
import { PowerCuts } from './disk/power.ts'
import { Shim, skipWithoutCompiler } from './disk/shim.ts'
import { Proof, randomFrom, SEED, sizeOf } from './form.ts'
import { edit, edited } from './mutant.ts'
import { openHeld } from './open-held.ts'

type Cleaner = Parameters<typeof stage>[0]

const CUTS = sizeOf('cuts')
const ROUNDS = sizeOf('cutRestarts')
const ENTRIES = sizeOf('cutEntries')

/** Four devices in one channel, and the folder of their box as its first run has left it. */
async function secondStart(t: Cleaner) {
  const { folder, data, org, log, talkers, box } = await stage(t)
  assert.equal(await box.end('SIGTERM'), 0)
  const base = join(folder, 'base')
  cpSync(data, base, { recursive: true })
  // Some large ones, so that the database is brought up to date in between.
  for (const [i, talker] of talkers.entries()) talker.bytes = i % 2 === 0 ? 30_000 : 200
  return { folder, data, base, org, log, talkers, port: box.port, shim: new Shim(t) }
}

/** The box as its first run has left it; what was said since never happened. */
function startAnew({ data, base, talkers }: Place): void {
  rmSync(data, { recursive: true })
  cpSync(base, data, { recursive: true })
  for (const talker of talkers) talker.forget()
}

/** Traffic on the box, with all that it does to its disk written down. */
async function recorded(t: TestContext, place: Place, entries: number, edits: Removal[] = []) {
  const { data, talkers, port, shim } = place
  startAnew(place)
  const { env, journal } = shim.environment(data)
  const box = await serve(t, data, { port, env: { ...env, ...edited(...edits) } })
  const enough = (): boolean => confirmedBy(talkers) >= entries
  await Promise.all(talkers.map((talker) => talker.talk(box, enough)))
  await box.end('SIGKILL')
  return { ...place, happenings: readJournal(journal) }
}

type Place = Awaited<ReturnType<typeof secondStart>>
type Recorded = Awaited<ReturnType<typeof recorded>>

/** Right behind a confirmation, and for a quarter at any moment of the traffic. */
function momentsOf({ talkers, happenings }: Recorded, count: number, random: () => number) {
  const answers = talkers.flatMap(({ confirmedAt }) => [...confirmedAt.values()])
  const [first, last] = [happenings[0]?.began ?? 0n, happenings.at(-1)?.ended ?? 0n]
  const moments = Array.from({ length: count }, (_, i) => {
    if (i % 4 === 0) return first + BigInt(Math.floor(random() * Number(last - first)))
    return answers[Math.floor(random() * answers.length)] as bigint
  })
  return moments.toSorted((a, b) => (a < b ? -1 : 1))
}

function syncsOf(happenings: Happening[], name: RegExp): number {
  const opened = happenings.flatMap((one) =>
    one.kind === 'open' && name.test(one.path) ? [one.inode] : [],
  )
  return happenings.filter((one) => one.kind === 'sync' && opened.includes(one.inode)).length
}

/** What the devices knew to be on disk at that moment. */
function knownAt(talkers: Talker[], time: bigint) {
  return talkers.map(({ confirmed, confirmedAt, said, refused }) => ({
    said,
    refused,
    confirmed: new Map([...confirmed].filter(([mid]) => (confirmedAt.get(mid) ?? time) <= time)),
  }))
}

/** Opens the disk as of each moment with the box's own code. Returns how many cuts lost something. */
async function losses(run: Recorded, count: number, random: () => number, stopAt = Infinity) {
  const { folder, data, base, org, log, talkers } = run
  const cuts = new PowerCuts(base, data, run.happenings, random)
  const lucks: Record<string, number> = {}
  const lost: unknown[] = []
  for (const [i, time] of momentsOf(run, count, random).entries()) {
    const image = join(folder, `cut-${i}`)
    const luck = cuts.cutAt(time, image)
    lucks[luck] = (lucks[luck] ?? 0) + 1
    try {
      await openHeld(image)
      assert.deepEqual(readFileSync(join(image, 'box.key')), readFileSync(join(base, 'box.key')))
      assertSound(heldBy(image, `${image}-copy`, org, log), knownAt(talkers, time))
    } catch (error) {
      lost.push(error)
    }
    for (const place of [image, `${image}-copy`]) rmSync(place, { recursive: true, force: true })
    if (lost.length >= stopAt) break
  }
  return { lost, lucks }
}

describe(`F2: power cuts (seed ${SEED})`, { skip: skipWithoutCompiler }, () => {
  const proof = new Proof(
    'F2',
    'Power cuts that drop what was not synced',
    'f02-power-cut.test.ts',
    5,
  )
  const suite = suiteCleaner()
  let place: Place
  before(async () => {
    place = await secondStart(suite)
  })

  test(`${CUTS} cuts at the second start lose nothing confirmed`, async (t) => {
    const run = await recorded(t, place, ENTRIES)
    const syncs = syncsOf(run.happenings, /-wal$/)
    const checkpoints = syncsOf(run.happenings, /\.db$/)
    assert.ok(syncs > 0 && checkpoints > 0, 'the shim sees commits and checkpoints')
    const { lost, lucks } = await losses(run, CUTS, randomFrom(SEED))
    assert.deepEqual(lost, [])
    t.diagnostic(`what had reached the disk: ${JSON.stringify(lucks)}`)
    proof.held(CUTS, { seed: SEED, entries: confirmedBy(run.talkers), syncs, checkpoints })
  })

  test('a card that init has printed is on disk', async (t) => {
    const folder = tempFolder(t)
    const data = join(folder, 'box')
    const { env, journal } = place.shim.environment(folder)
    const names = ['--org', 'Stadtwerke Musterstadt', '--owner', 'Olga Owner']
    const made = await one(['init', '--data', data, ...names], { env })
    const printed = process.hrtime.bigint()
    const { boxPk } = await openHeld(data)
    const cuts = new PowerCuts(tempFolder(t), folder, readJournal(journal), randomFrom(SEED))
    for (let i = 0; i < CUTS; i++) {
      const image = join(tempFolder(t), 'image')
      const luck = cuts.cutAt(printed, image)
      const held = await openHeld(join(image, 'box'))
      assert.deepEqual([held.foundingCards, held.boxPk], [[String(made['org'])], boxPk], luck)
    }
    proof.held(CUTS)
  })

  // What a killed box has written and not synced is still read by the next one, from memory.
  test('what a killed box left unsynced is on disk before it is confirmed', async (t) => {
    const { data, base, org, log, port, shim, folder } = place
    const [talker] = place.talkers
    assert.ok(talker !== undefined)
    for (let round = 1; round <= ROUNDS; round++) {
      startAnew(place)
      const dying = shim.environment(data, { logSync: 5 + round })
      const box = await serve(t, data, { port, env: dying.env })
      await talker.talk(box, () => false)
      await box.gone
      const before = talker.confirmed.size
      const living = shim.environment(data)
      const next = await serve(t, data, { port, env: living.env })
      // The same message once more: the box finds it, and has nothing to write.
      await talker.talk(next, () => talker.confirmed.size > before)
      await next.end('SIGKILL')
      const time = [...talker.confirmedAt.values()].at(-1) ?? 0n
      const happenings = [dying, living].flatMap(({ journal }) => readJournal(journal))
      for (let i = 0; i < CUTS; i++) {
        const image = join(folder, 'image')
        new PowerCuts(base, data, happenings, randomFrom(SEED + i)).cutAt(time, image)
        await openHeld(image)
        const held = heldBy(image, `${image}-copy`, org, log)
        for (const one of [image, `${image}-copy`]) rmSync(one, { recursive: true })
        assertSound(held, [talker])
      }
    }
    proof.held(ROUNDS * CUTS)
  })

  const file = 'server/store/group-commit.ts'
  const controls: [string, Removal[]][] = [
    [
      'a box that answers before its commit is caught',
      [
        edit(file, 'setImmediate(() => this.#commit())', 'setTimeout(() => this.#commit(), 30)'),
        edit(file, 'this.#group.push({ done', 'resolve(result); this.#group.push({ done'),
      ],
    ],
    [
      'a box that leaves the second start at synchronous=NORMAL is caught',
      [edit('server/store/database.ts', "['synchronous', 'FULL', 2],", '')],
    ],
  ]
  for (const [title, edits] of controls) {
    test(title, async (t) => {
      const run = await recorded(t, place, 60, edits)
      const { lost } = await losses(run, 40, randomFrom(SEED), 1)
      assert.equal(lost.length, 1, 'nothing was noticed')
      assert.ok(lost[0] instanceof assert.AssertionError, String(lost[0]))
      proof.held(0, { controlsCaught: true })
    })
  }
})
