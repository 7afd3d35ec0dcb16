// The box puts somebody between the people of a channel: a member, a device, a role or a key, in any answer
// it gives. Nobody believes it, and nothing that is sent afterwards can be read by whoever it was for.
import assert from 'node:assert/strict'
import { after } from 'node:test'
import { ProtocolError } from '../../protocol/errors.ts'
import { captive } from '../helpers/hostile.ts'
import { add, alert, answer, type Phone, remove, say, sync } from '../helpers/town.ts'
import { attack, type Facts, thwarted } from './attack.ts'
import { deceived } from './believed.ts'
import { Forgery } from './forging.ts'
import { IN_A_CHANNEL, IN_THE_DIRECTORY, type Injection, type Scene } from './injections.ts'
import { BESIDE_THE_LOGS, IN_FALSE_PLACES } from './misplaced.ts'
import { Occupied } from './occupied.ts'
import { Spy } from './spy.ts'

const occupied = await Occupied.take()
after(() => occupied.end())
const { olga, malte } = occupied.cast
const { team, all, nils } = occupied

/** Whatever the phone refuses to do is as good as done: nothing was sent. */
async function tried(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    if (error instanceof ProtocolError) return false
    throw error
  }
}

/** A day of somebody who knows nothing: under the present keys, under new ones, to everybody, in answer. */
async function writes(manager: Phone, member: Phone): Promise<number> {
  const done = [
    await tried(() => say(manager, team, 'under the present keys')),
    await tried(() => remove(manager, team, nils)),
    await tried(() => say(manager, team, 'under new keys')),
    await tried(async () => {
      const { id } = await alert(manager, all, 'Gather at gate 3')
      await sync(member)
      await answer(member, id, 'need help')
    }),
  ]
  return done.filter(Boolean).length
}

async function afterwards(inject: (scene: Scene) => void) {
  const box = occupied.honest.fork()
  const spy = new Spy()
  spy.sharers.push(olga.core.replica.pair.publicKey)
  const lie = (): void => inject({ occupied, forgery: new Forgery(box, olga), spy })
  const { phone: manager, believes } = await deceived(olga, box, lie)
  const member = await captive(malte, box)
  const acts = await writes(manager, member)
  return { believes, acts, bytes: spy.reads(box) }
}

async function nothingFor(injections: Injection[]): Promise<Facts> {
  let acts = 0
  for (const { name, inject } of injections) {
    const told = await afterwards(inject)
    thwarted(told.bytes > 0, `${told.bytes} bytes are for the attacker: ${name}`)
    thwarted(told.believes, `the phone believes it: ${name}`)
    acts += told.acts
  }
  return { variants: injections.length, bytes: 0, acts }
}

attack('P1', 'Whatever the box writes into the directory, nobody writes to whom it invented', () =>
  nothingFor(IN_THE_DIRECTORY),
)

attack('P1', 'Whatever the box writes into a channel, nobody writes to whom it let in', () =>
  nothingFor(IN_A_CHANNEL),
)

attack('P1', 'True entries in false places let nobody in', () => nothingFor(IN_FALSE_PLACES))

attack('P1', 'Keys that the box hands out are not sealed to', () => nothingFor(BESIDE_THE_LOGS))

attack('P1', 'Whom somebody really invites can read: the spy would notice', async () => {
  const { acts, bytes } = await afterwards(() => {})
  assert.deepEqual({ acts, bytes }, { acts: 4, bytes: 0 })
  const box = occupied.honest.fork()
  const { wanda } = occupied.cast
  const spy = new Spy()
  spy.devices.push(wanda.device)
  for (const secret of wanda.core.replica.prekeys.values()) spy.prekeySeeds.push(secret.seed)
  const manager = await captive(olga, box)
  await add(manager, team, wanda)
  await say(manager, team, 'welcome')
  const seen = spy.reads(box)
  assert.ok(seen > 1188 + 256, `${seen} bytes`)
  return { variants: 2, bytes: seen }
})
