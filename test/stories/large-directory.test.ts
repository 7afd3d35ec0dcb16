// Joining an organisation with a long history: the new phone begins with a state that its card's maker has
// signed, works at once, and reads the years before it later.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { auditPage, openAudit } from '../../client/audit.ts'
import { join } from '../../client/enrol.ts'
import { MemoryStore } from '../../client/memory-store.ts'
import { inviteAll } from '../../client/people.ts'
import { type Output, ROUTES } from '../../protocol/api.ts'
import { fromPaper } from '../../protocol/card-text.ts'
import { equal } from '../../protocol/bytes.ts'
import { stateHash } from '../../protocol/directory-snapshot.ts'
import { decodeEntry, signEntry } from '../../protocol/entry.ts'
import { KIND, ROLE } from '../../protocol/kinds.ts'
import { CHECKPOINT_EVERY } from '../../protocol/limits.ts'
import { signPairFromSeed } from '../../protocol/sodium.ts'
import { EMPTY_PROFILE } from '../../protocol/profile.ts'
import { HostileNetwork } from '../helpers/hostile-network.ts'
import { flipped } from '../helpers/seed.ts'
import {
  channel,
  invite,
  Phone,
  problems,
  read,
  refused,
  reopen,
  revoke,
  say,
  startTown,
  sync,
  syncAll,
  type Town,
  TownNetwork,
  welcome,
} from '../helpers/town.ts'

const AT_ONCE = 100
/** Entries in a page of the years before. */
const PAGE = 150

type Early = { olga: Phone; anna: Phone }

/** So many people that the owner's device has signed a checkpoint; `midway` happens when half of them are there. */
async function longHistory(
  t: TestContext,
  midway: (early: Early) => Promise<unknown> = async () => {},
) {
  const town = await startTown(t)
  const olga = await town.owner()
  const anna = await welcome(town, olga, 'Anna Beispiel', 'admin')
  const team = await channel(olga, 'Crisis team', anna)
  const emil = await welcome(town, anna, 'Emil Early')
  const early = anna.core.replica.directory.head.n
  for (let made = 0; made * 2 < CHECKPOINT_EVERY; made += AT_ONCE) {
    const people = Array.from({ length: AT_ONCE }, (_, i) => {
      return { profile: { ...EMPTY_PROFILE, name: `Employee ${made + i}` }, role: ROLE.member }
    })
    await olga.act((core) => inviteAll(core, people))
    if (made === AT_ONCE * 2) await midway({ olga, anna })
  }
  await sync(olga)
  const { checkpoints } = olga.core.replica.directory
  assert.ok(checkpoints.some(({ by }) => equal(by, olga.device)))
  await sync(olga)
  return { town, olga, anna, team, emil, early }
}

/** How many directory entries a phone has on disk. */
const heldBy = async (phone: Phone): Promise<number> =>
  (await phone.store.list('entries', phone.core.replica.directory.log)).length

async function audited(phone: Phone): Promise<void> {
  while (!(await phone.core.run(() => auditPage(phone.core))));
}

async function joinedWith(town: Town, card: string, network: HostileNetwork): Promise<Phone> {
  const store = new MemoryStore()
  const { core } = await join({ store, network, clock: town.clock }, card, town.url)
  return new Phone(core, store)
}

test('A newcomer works at once with what the card’s maker has signed, and verifies the rest later', async (t) => {
  const { town, olga, anna, team } = await longHistory(t)
  const { card } = await invite(olga, 'Nina Neu')
  const nina = await town.enrol(card, { folder: 'nina' })
  const long = olga.core.replica.directory.head.n
  assert.ok((await heldBy(nina)) < 20, 'only what came after the checkpoint')
  await sync(olga)
  assert.deepEqual(nina.core.replica.directory.snapshot(), olga.core.replica.directory.snapshot())
  await sync(olga)
  const pair = await channel(olga, 'Welcome', nina, anna)
  await say(olga, pair, 'hello Nina')
  await sync(nina)
  assert.deepEqual(await read(nina, pair), ['hello Nina'])
  assert.notEqual(await openAudit(nina.core), null)

  await nina.close()
  const again = await reopen(town, { folder: 'nina' })
  assert.deepEqual(again.core.replica.directory.head, nina.core.replica.directory.head)
  await audited(again)
  assert.equal(await openAudit(again.core), null)
  assert.ok((await heldBy(again)) > long - 20, 'now it holds everything')
  assert.deepEqual(await problems(again), [])
  await say(again, pair, 'read it all')
  await sync(olga)
  assert.deepEqual(await read(olga, pair), ['hello Nina', 'read it all'])
  assert.deepEqual(await read(olga, team), [])
})

test('A newer checkpoint that comes while one is fetched is fetched from its beginning', async (t) => {
  const { town, olga } = await longHistory(t)
  const older: Record<string, (told: Output<'checkpoint'>) => Partial<Output<'checkpoint'>>> = {
    'a longer one': ({ total }) => ({ total: total + 1 }),
    'one of the same length': ({ n }) => ({ n: n - 1 }),
  }
  for (const [what, change] of Object.entries(older)) {
    const { card } = await invite(olga, `Nina behind ${what}`)
    // The first page is that of an older one; every later answer is true.
    const network = new HostileNetwork().answering(
      'checkpoint',
      (told) => ({ ...told, bytes: told.bytes.subarray(0, 50_000), ...change(told) }),
      1,
    )
    const nina = await joinedWith(town, card, network)
    assert.deepEqual(await problems(nina), [], what)
    assert.ok((await heldBy(nina)) < 20, 'only what came after the checkpoint')
  }
})

test('A revocation that takes back old entries is understood by who began late', async (t) => {
  const { town, olga, anna, emil, early } = await longHistory(t)
  const { card } = await invite(olga, 'Nina Neu')
  const nina = await town.enrol(card, { folder: 'late' })
  assert.ok(nina.core.replica.directory.missing > early && olga.rootPaper !== null)
  // Anna's device was stolen before the checkpoint: whatever it has signed since then goes.
  const stolen = { what: 'device', subject: anna.device, reason: 'misuse' } as const
  const root = signPairFromSeed(fromPaper(olga.rootPaper, 32))
  await revoke(olga, { ...stolen, voidFrom: 5 }, { root })
  await syncAll(olga, nina)
  for (const { core } of [olga, nina])
    assert.equal(core.replica.directory.roleNow(emil.person), null, 'invited by the stolen device')
  assert.equal(await openAudit(nina.core), null, 'it had to read everything for that')
  assert.deepEqual(nina.core.replica.directory.snapshot(), olga.core.replica.directory.snapshot())
  assert.deepEqual(await problems(nina), [])
  await assert.rejects(sync(emil), refused('device_revoked'))

  await town.restart()
  await nina.close()
  const again = await reopen(town, { folder: 'late' })
  await say(olga, await channel(olga, 'After the theft', again), 'and on we go')
  await sync(again)
  assert.deepEqual(again.core.replica.directory.snapshot(), olga.core.replica.directory.snapshot())
})

test('A box that shows another state than the signed one is found out, and the phone reads the whole log instead', async (t) => {
  const { town, olga } = await longHistory(t)
  const lies: Record<string, (network: HostileNetwork) => unknown> = {
    'one byte changed': (network) =>
      network.answering('checkpoint', (told) => ({ ...told, bytes: flipped(told.bytes, 5000) })),
    'cut short': (network) =>
      network.answering('checkpoint', (told) => ({
        ...told,
        total: told.bytes.length - 1,
        bytes: told.bytes.subarray(0, -1),
      })),
    'signed by nobody': (network) =>
      network.answering('checkpoint', (told) => {
        return { ...told, entry: flipped(told.entry, told.entry.length - 1) }
      }),
    'another place': (network) =>
      network.answering('checkpoint', (told) => ({ ...told, n: told.n + 1 })),
    'larger than any': (network) =>
      network.answering('checkpoint', (told) => ({ ...told, total: 0xffff_ffff })),
    'in pieces of nothing': (network) =>
      network.answering('checkpoint', (told) => ({ ...told, bytes: new Uint8Array(0) })),
    'more than it says': (network) =>
      network.answering('checkpoint', (told) => ({ ...told, total: told.bytes.length - 1 })),
    'another one each time it is asked': (network) => {
      let asked = 0
      network.answering('checkpoint', (told) => {
        const bytes = told.bytes.subarray(0, 50_000)
        return { ...told, total: told.total + 1 + asked++, bytes }
      })
    },
  }
  for (const [what, lie] of Object.entries(lies)) {
    const network = new HostileNetwork()
    lie(network)
    const phone = await joinedWith(town, (await invite(olga, `Victim of ${what}`)).card, network)
    const found = await problems(phone)
    assert.ok(
      found.some((text) =>
        /^(checkpoint_false|malformed|bad_signature|withheld: checkpoint)/.test(text),
      ),
      `${what}: ${found.join()}`,
    )
    assert.ok((await heldBy(phone)) > CHECKPOINT_EVERY, what)
    assert.equal(await openAudit(phone.core), null, what)
    if (/^(larger|in pieces|more)/.test(what))
      assert.ok(network.requests('checkpoint').length <= 2, `${what}: given up at once`)
    await sync(olga)
    assert.deepEqual(phone.core.replica.directory.head, olga.core.replica.directory.head, what)
  }
})

test('A checkpoint of somebody the card does not vouch for is not asked for', async (t) => {
  const { town, anna } = await longHistory(t)
  const network = new HostileNetwork()
  const phone = await joinedWith(town, (await invite(anna, 'Nina Neu')).card, network)
  const asked = network.requests('checkpoint').map(({ by }) => by)
  assert.ok(asked.length > 0 && asked.every((by) => equal(by, anna.device)))
  assert.deepEqual(await problems(phone), [])
})

test('An administrator and a box that sign a false state together are found out by reading on', async (t) => {
  const { town, olga } = await longHistory(t)
  const { directory, pair, identity } = olga.core.replica
  // The accomplice: the state without the last person, and a checkpoint over it that the card vouches for.
  const mark = directory.journal.mark()
  const stranger = [...directory.persons.values()].at(-1)
  assert.ok(stranger !== undefined)
  const truth = directory.snapshot()
  directory.journal.assign(stranger, 'roles', [{ n: 1, role: ROLE.owner }])
  directory.skip(
    decodeEntry(signEntry(KIND.tick, olga.core.context(directory.log), {}, pair.secretKey)),
  )
  directory.journal.rollback(directory.journal.mark() - 3)
  const lie = directory.snapshot()
  const { n, h } = directory.head
  const context = { org: identity.org, log: directory.log, signer: identity.device }
  const place = { refN: n, refH: h, t: town.clock.now() }
  const fields = { stateHash: stateHash(lie) }
  const entry = signEntry(KIND.checkpoint, { ...context, ...place }, fields, pair.secretKey)
  directory.journal.rollback(mark)
  assert.notDeepEqual(lie, truth)
  const network = new HostileNetwork()
  network.answering('checkpoint', (_told) => ({
    n: n + 1,
    entry,
    total: lie.length,
    bytes: lie,
  }))
  const nina = await joinedWith(town, (await invite(olga, 'Nina Neu')).card, network)
  assert.equal(nina.core.replica.directory.roleNow(stranger.id), ROLE.owner, 'believed so far')
  await audited(nina)
  assert.ok((await problems(nina)).some((text) => text.startsWith('forked: the state that')))
  assert.equal((await openAudit(nina.core))?.failed, 1)
})

test('The years before are read in pages, across restarts, also when they take others back', async (t) => {
  const { town, olga, anna, emil } = await longHistory(t, ({ olga: owner, anna: stolen }) => {
    assert.ok(owner.rootPaper !== null)
    const root = signPairFromSeed(fromPaper(owner.rootPaper, 32))
    const target = { what: 'device', subject: stolen.device, reason: 'misuse' } as const
    return revoke(owner, { ...target, voidFrom: 5 }, { root })
  })
  assert.equal(olga.core.replica.directory.roleNow(emil.person), null, 'invited by the stolen one')
  const network = new HostileNetwork().inPagesOf(PAGE)
  const { card } = await invite(olga, 'Nina Neu')
  const nina = await town.enrol(card, { folder: 'pages', network })
  assert.equal(
    nina.core.replica.directory.deviceAt(anna.device, nina.core.replica.directory.head.n),
    null,
  )
  let pages = 1
  while (!(await nina.core.run(() => auditPage(nina.core)))) {
    pages++
    await nina.core.run(() => nina.core.reload())
  }
  assert.ok(pages >= CHECKPOINT_EVERY / PAGE, `${pages} pages`)
  assert.deepEqual(await problems(nina), [])
  assert.equal(await openAudit(nina.core), null)
  assert.equal(network.requests('directory').length, pages)
  await nina.close()
  await sync(olga)
  const again = await reopen(town, { folder: 'pages' })
  assert.deepEqual(again.core.replica.directory.snapshot(), olga.core.replica.directory.snapshot())
})

test('A box that keeps the old entries back is named; one that is slow is asked again', async (t) => {
  const { town, olga } = await longHistory(t)
  const network = new HostileNetwork()
  const nina = await joinedWith(town, (await invite(olga, 'Nina Neu')).card, network)
  network.lie('directory', () => Promise.reject(new TypeError('cut')), 1)
  await audited(nina)
  assert.deepEqual(await problems(nina), [])
  network.lie(
    'directory',
    () =>
      Promise.resolve(
        new Response(new Uint8Array(0), {
          headers: { 'holdfast-window': 'AAAAAAAAAAAAAAAAAAAAAA' },
        }),
      ),
    1,
  )
  await audited(nina)
  assert.ok((await problems(nina)).some((text) => text.startsWith('withheld')))
})

test('What a newcomer fetches before it can work is bounded, however long the log', async (t) => {
  const { town, olga } = await longHistory(t)
  const network = new TownNetwork()
  await town.enrol((await invite(olga, 'Nina Neu')).card, { network })
  assert.equal(network.count(ROUTES.directory.path), 0, 'the old entries come behind the rest')
  assert.ok(network.count(ROUTES.sync.path) <= 2)
})

test('A line that breaks while the checkpoint comes breaks the joining off, which goes on later', async (t) => {
  const { town, olga } = await longHistory(t)
  const { card } = await invite(olga, 'Nina Neu')
  const network = new HostileNetwork().lie('checkpoint', () => Promise.reject(new TypeError('cut')))
  const store = new MemoryStore()
  const joining = () => join({ store, network, clock: town.clock }, card, town.url)
  await assert.rejects(joining(), refused('box_unreachable'))
  network.honest()
  const { core } = await joining()
  const nina = new Phone(core, store)
  assert.deepEqual(await problems(nina), [])
  assert.ok((await heldBy(nina)) < 20, 'only what came after the checkpoint')
})
