// What people write is nowhere on the box: not in its files, not in its log, in no form.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { test, type TestContext } from 'node:test'
import { type Logger, pino } from 'pino'
import { setAbsence } from '../../client/absence.ts'
import { changePerson } from '../../client/people.ts'
import { ROLE } from '../../protocol/kinds.ts'
import { EMPTY_PROFILE } from '../../protocol/profile.ts'
import { type Form, hitsIn, hitsUnder } from '../helpers/town-search.ts'
import {
  add,
  alert,
  answer,
  approve,
  audience,
  channel,
  direct,
  invite,
  read,
  remove,
  revoke,
  rollCall,
  say,
  startTown,
  sync,
  syncAll,
  type Town,
} from '../helpers/town.ts'

const COUNT = 40

/** At most 40 bytes, as the narrowest field allows; some with letters beyond ASCII. */
class Canaries {
  readonly all: string[] = Array.from({ length: COUNT }, (_, i) =>
    [i % 3 === 0 ? 'Kanarienvögel' : 'canary', i, randomBytes(8).toString('hex')].join('-'),
  )
  #used = 0

  next = (): string => {
    const canary = this.all[this.#used++]
    assert.ok(canary !== undefined, 'more canaries')
    return canary
  }

  get spent(): boolean {
    return this.#used === COUNT
  }

  profile = () => ({
    name: this.next(),
    mail: this.next(),
    mobile: this.next(),
    department: this.next(),
    site: this.next(),
    title: this.next(),
  })
}

function captured(): { log: Logger; text: () => Buffer } {
  const lines: Buffer[] = []
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      lines.push(Buffer.from(chunk))
      done()
    },
  })
  return { log: pino({ level: 'debug' }, stream), text: () => Buffer.concat(lines) }
}

/** Everything that carries words, some of it refused, some of it deleted again. */
async function busyDay(town: Town, { next, profile }: Canaries): Promise<void> {
  const olga = await town.owner()
  const anna = await town.enrol((await invite(olga, profile(), 'coordinator')).card)
  const bruno = await town.enrol((await invite(olga, profile())).card)
  await invite(olga, next())
  await olga.act((core) =>
    changePerson(core, bruno.person, ROLE.member, { ...EMPTY_PROFILE, name: next() }),
  )
  const team = await channel(olga, next(), anna)
  const said = [next(), next(), next(), next(), next(), next(), next()]
  for (const text of said.slice(0, 4)) await say(olga, team, text)
  await add(olga, team, bruno)
  for (const text of said.slice(4)) await say(bruno, team, text)
  await anna.act((core) => setAbsence(core, { until: core.clock.now() + 1e9, note: next() }))
  await sync(anna)
  assert.deepEqual(await read(anna, team), said)
  await remove(olga, team, bruno)
  await assert.rejects(say(bruno, team, next()))
  await say(anna, await direct(anna, bruno), next())

  const all = await audience(olga, next(), anna, bruno)
  const answers = [next(), next(), next()]
  const live = await alert(olga, all, next(), { answers })
  const exercise = await alert(anna, all, next(), { exercise: true })
  await answer(bruno, live.id, answers[1] ?? '')
  await answer(anna, live.id, next(), 30)
  await answer(bruno, exercise.id, next())
  const rows = await rollCall(olga, live.id)
  assert.equal(rows.filter(({ state }) => state === 'answered').length, 2)

  const tablet = await town.enrol((await invite(anna, anna.person)).card)
  await approve(anna, tablet.device)
  await syncAll(tablet, anna)
  await say(tablet, team, next())
  await revoke(olga, { what: 'person', subject: bruno.person })
  await say(olga, team, next())
  await assert.rejects(town.enrol(town.card))
  await assert.rejects(sync(bruno))
}

test('After a busy day no word of anybody is on the box, in no file and no log', async (t) => {
  const canaries = new Canaries()
  const { log, text } = captured()
  const town = await startTown(t, { orgs: [[canaries.next(), canaries.next()]], log })
  await busyDay(town, canaries)
  while (!canaries.spent)
    await say(town.phones[0] ?? assert.fail(), await anyChannel(town), canaries.next())

  log.debug('the log is being captured')
  assert.deepEqual(hitsUnder(town.data, canaries.all), [])
  await town.restart()
  await town.stop()
  assert.deepEqual(hitsUnder(town.data, canaries.all), [])
  assert.deepEqual(hitsIn('log', text(), canaries.all), [])
  assert.ok(text().includes('the log is being captured'))
})

async function anyChannel(town: Town) {
  const [known] = [...(town.phones[0]?.core.replica.channels.values() ?? [])]
  return (known ?? assert.fail()).id
}

/** Written with other means than the search uses, between other bytes. */
const PLANTED: Record<Form, (text: string) => Buffer[]> = {
  'UTF-8': (text) => [Buffer.from(new TextEncoder().encode(text))],
  'UTF-16LE': (text) => [Buffer.from(Uint16Array.from(text, (c) => c.charCodeAt(0)).buffer)],
  'UTF-16BE': (text) => [
    Buffer.from(Array.from(text, (c) => [c.charCodeAt(0) >> 8, c.charCodeAt(0) & 0xff]).flat()),
  ],
  hex: (text) => [Buffer.from(new TextEncoder().encode(`<${text}>`).toHex())],
  HEX: (text) => [Buffer.from(new TextEncoder().encode(`<${text}>`).toHex().toUpperCase())],
  base64: (text) => wrapped(text, 'base64'),
  base64url: (text) => wrapped(text, 'base64url'),
}

/** No zero bytes: with one before it, UTF-16LE reads as UTF-16BE as well. */
const FILLER = Buffer.alloc(1000, 0xff)

const wrapped = (text: string, alphabet: 'base64' | 'base64url'): Buffer[] =>
  ['', '?', '??'].map((before) =>
    Buffer.from(new TextEncoder().encode(`${before}${text}???`).toBase64({ alphabet })),
  )

test('The search finds a canary in every form it looks for, and only that one', async (t: TestContext) => {
  const canaries = new Canaries()
  const town = await startTown(t)
  const folder = join(town.folder, 'control')
  mkdirSync(folder)
  for (const canary of canaries.all.slice(0, 4)) {
    for (const [form, forms] of Object.entries(PLANTED) as [Form, (typeof PLANTED)[Form]][]) {
      for (const planted of forms(canary)) {
        const around = [FILLER, planted, FILLER]
        writeFileSync(join(folder, 'scratch'), Buffer.concat(around))
        const hits = hitsUnder(folder, canaries.all)
        const found = hits.map((hit) => [hit.text, hit.form])
        const same = form === 'base64' || form === 'base64url'
        assert.ok(
          found.some(([text, as]) => text === canary && as === form),
          `${form} ${canary}`,
        )
        assert.ok(found.every(([text, as]) => text === canary && (same || as === form)))
      }
    }
  }
})
