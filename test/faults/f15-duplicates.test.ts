// F15: every request arrives one to five times, at once. There is one entry, and everybody hears the same.
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { pull } from '../../client/pull.ts'
import { bareItem, placed } from '../../protocol/api.ts'
import { decode } from '../../protocol/codec.ts'
import { MAX_REQUEST } from '../../protocol/limits.ts'
import { stage } from '../server/traffic.ts'
import {
  add,
  alert,
  answer,
  audience,
  channel,
  invite,
  problems,
  read,
  remove,
  rollCall,
  say,
  startTown,
  syncAll,
} from '../helpers/town.ts'
import { suiteCleaner } from '../helpers/cleanup.ts'
import { serve } from '../helpers/cli.ts'
import { call, type Reply, sealedText } from '../server/kit.ts'
import { Proof, randomFrom, SEED, sizeOf } from './form.ts'
import { edit, edited } from './mutant.ts'
import { RepeatingNetwork } from './repeating-network.ts'

type Stage = Awaited<ReturnType<typeof stage>>

/** Of each of the four devices. */
const ENTRIES = sizeOf('repeated') / 4

/** One text per device after the other, each posted one to five times at once, signed anew each time. */
async function repeat({ talkers, held, log }: Stage, box: Stage['box']): Promise<number> {
  const random = randomFrom(SEED)
  const before = held().messages.length
  let requests = 0
  const one = async ({ core }: (typeof talkers)[number], count: number): Promise<void> => {
    await pull(core)
    let seq = core.replica.channels.get(log)?.seqs.get(core.signer.device) ?? 0
    for (let i = 0; i < count; i++) {
      const items = [bareItem(sealedText(core, log, `number ${i}`, { seq: (seq += 1) }))]
      const times = 1 + Math.floor(random() * 5)
      requests += times
      const post = (): Promise<Reply> => call(box, core.signer, 'entries', { items })
      const replies = await Promise.all(Array.from({ length: times }, post))
      const said = replies.map(({ status, bytes }) => [
        status,
        status === 200 ? decode(placed, bytes, MAX_REQUEST).places[0]?.n : null,
      ])
      assert.deepEqual(
        said,
        said.map(() => [200, said[0]?.[1]]),
      )
      // Slower than the least that a device may write.
      if (requests > 200) await new Promise((resolve) => setTimeout(resolve, 40 * times))
    }
  }
  await Promise.all(talkers.map((talker) => one(talker, ENTRIES)))
  await box.end('SIGTERM')
  const { messages, places, head, integrity } = held()
  assert.equal(integrity, 'ok')
  assert.deepEqual(
    places,
    Array.from({ length: head }, (_, i) => i + 1),
  )
  assert.equal(messages.length - before, ENTRIES * talkers.length)
  assert.equal(new Set(messages.map(({ mid }) => mid)).size, messages.length)
  return requests
}

describe(`F15: requests that arrive several times (seed ${SEED})`, () => {
  const proof = new Proof('F15', 'Requests sent 1 to 5 times at once', 'f15-duplicates.test.ts', 3)

  const suite = suiteCleaner()
  let place: Stage
  before(async () => {
    place = await stage(suite)
  })

  test('one entry each, and the same place for everybody', async () => {
    const requests = await repeat(place, place.box)
    proof.held(4 * ENTRIES, { requests })
  })

  test('a box that does not look for the same entry is caught', async (t) => {
    const blind = edit(
      'server/org/accept.ts',
      'if (before !== null) return {',
      'if (false) return {',
    )
    const { data, box } = place
    const broken = await serve(t, data, { port: box.port, env: edited(blind) })
    await assert.rejects(repeat(place, broken), assert.AssertionError)
    proof.held(0, { controlCaught: true })
  })

  test('copies made on the way change nothing, from the card to the roll call', async (t) => {
    const town = await startTown(t)
    const networks: RepeatingNetwork[] = []
    const repeating = () => {
      const network = new RepeatingNetwork(randomFrom(SEED + networks.length))
      networks.push(network)
      return { network }
    }
    const olga = await town.owner(repeating())
    const anna = await town.enrol((await invite(olga, 'Anna Beispiel')).card, repeating())
    const paul = await town.enrol((await invite(olga, 'Paul Beispiel')).card, repeating())
    const team = await channel(olga, 'Crisis team', anna)
    const staff = await audience(olga, 'All staff', anna, paul)
    await add(olga, team, paul)
    await say(anna, team, 'one')
    await say(paul, team, 'two')
    await remove(olga, team, paul)
    await say(olga, team, 'three')
    const { id } = await alert(olga, staff, 'Fire in plant 2')
    await syncAll(anna, paul, olga)
    for (const phone of [anna, paul]) await answer(phone, id, 'safe')
    await syncAll(olga, anna, paul, olga)
    const texts = ['one', 'two', 'three']
    assert.deepEqual([await read(olga, team), await read(anna, team)], [texts, texts])
    assert.deepEqual(await read(paul, team), texts.slice(0, 2))
    assert.deepEqual(await read(anna, staff), ['Fire in plant 2'])
    const states = (await rollCall(olga, id)).map(({ state }) => state)
    assert.equal(states.filter((state) => state === 'answered').length, 2)
    for (const phone of [olga, anna, paul]) assert.deepEqual(await problems(phone), [])
    const [org] = [...town.box.context.orgs.values()]
    assert.equal(org?.directory.persons.size, 3)
    const arrived = networks.reduce((sum, network) => sum + network.arrived, 0)
    assert.ok(arrived > networks.reduce((sum, network) => sum + network.made, 0))
    proof.held(arrived)
  })
})
