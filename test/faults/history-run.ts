// A random history: eight devices act, everything breaks, and in the end nothing may be lost, doubled, out of
// order or different anywhere. `node history-run.ts --seed S --seconds N --settling N [--faults kill,cut,…]`
import { setTimeout as sleep } from 'node:timers/promises'
import { addPeople, createChannel, removePeople } from '../../client/channels.ts'
import { waiting } from '../../client/outbox.ts'
import { invite, revoke } from '../../client/people.ts'
import { equal } from '../../protocol/bytes.ts'
import type { LogId } from '../../protocol/ids.ts'
import { CHANNEL_TYPE, ROLE, type RoleName } from '../../protocol/kinds.ts'
import { EMPTY_PROFILE } from '../../protocol/profile.ts'
import { randomFrom } from './form.ts'
import { Checker } from './history/check.ts'
import { FAULTS, torment } from './history/nemesis.ts'
import { Place } from './history/place.ts'
import { Player } from './history/player.ts'
import { openHeld } from './open-held.ts'
import { flag } from './run.ts'

const DEVICES = 8
/** Devices with a live line all the time; the others look now and then. */
const LIVE = 4
/** For the beginning and for what is under way at the end; bounds a failure. */
const PATIENCE = 120_000
/** At most so many devices are lost in one history. */
const LOSSES = 3
/** In milliseconds of peace: by then the slowest attempt has had many turns. */
const CALM = 20_000

const seed = flag('seed')
const seconds = flag('seconds')
/** How long everything may take to arrive when all is well again, in milliseconds. */
const SETTLING = 1000 * flag('settling')
const at = process.argv.indexOf('--faults')
const names = at === -1 ? Object.keys(FAULTS) : (process.argv[at + 1] ?? '').split(',')

const place = new Place(randomFrom(seed))
process.once('exit', () => place.abandon())
const players = Array.from(
  { length: DEVICES },
  (_, i) => new Player(place, `p${i}`, randomFrom(seed + 1 + i)),
)
const owner = players[0] as Player
const channels: LogId[] = []
const over = new AbortController()
/** Since when nothing breaks any more: the box may still be on its way up when the storm is over. */
let healed = Infinity
let acts = 0
let losses = 0

async function inviteInto(player: Player, role: RoleName): Promise<void> {
  const { phone } = owner
  if (phone === null) throw new TypeError('no owner')
  const { card } = await phone.act((core) =>
    invite(core, { profile: { ...EMPTY_PROFILE, name: player.name }, role: ROLE[role] }),
  )
  await player.join(card)
}

/** In peace: everybody joins, three channels open, live lines stand. */
async function prepare(): Promise<void> {
  await owner.join(await place.open())
  for (const [i, player] of players.entries())
    if (i > 0) await inviteInto(player, i === 1 ? 'coordinator' : 'member')
  const everybody = players.slice(1).map(({ person }) => person)
  const plans: [string, 1 | 3, typeof everybody][] = [
    ['Crisis team', CHANNEL_TYPE.group, everybody],
    ['Second team', CHANNEL_TYPE.group, everybody.slice(0, 4)],
    ['All staff', CHANNEL_TYPE.audience, everybody],
  ]
  for (const [title, type, people] of plans) {
    await owner.online(async (core) => {
      channels.push(await createChannel(core, title, type, people))
    })
  }
  for (let round = 0; round < 2; round++) for (const player of players) await player.flush()
  for (const player of players.slice(0, LIVE)) player.goLive()
}

/** Somebody is taken out of a group, or comes back into it. */
function changeMembers(): Promise<void> {
  const log = owner.pick(channels.slice(0, 2))
  const { person } = owner.pick(players.slice(2))
  return owner.online(async (core) => {
    const inside = core.replica.channels.get(log)?.members.has(person) === true
    await (inside ? removePeople(core, log, [person]) : addPeople(core, log, [person]))
  })
}

/** Again and again; what still fails long after everything works again always will, and says so. */
async function insist(
  what: string,
  done: () => boolean,
  attempt: () => Promise<void>,
): Promise<boolean> {
  while (!done()) {
    if (performance.now() - healed > CALM) {
      place.anomalies.push(`${what} never worked`)
      return false
    }
    await attempt()
    await sleep(50)
  }
  return true
}

/** A device is lost and revoked; its person gets a card for another one and uses it until it works. */
async function replaceDevice(): Promise<void> {
  const player = owner.pick(players.slice(2))
  const { phone } = player
  if (phone === null || losses >= LOSSES) return
  losses += 1
  const { device } = phone
  const gone = (): boolean =>
    owner.phone?.core.replica.directory.devices.get(device)?.until !== null
  const takeAway = (): Promise<void> =>
    owner.online(async (core) => {
      if (!gone()) await revoke(core, { what: 'device', subject: device })
    })
  if (!(await insist(`${player.device}: its revocation`, gone, takeAway))) return
  await player.lose()
  let card: string | null = null
  const join = (): Promise<void> =>
    card === null
      ? owner.online(async (core) => {
          card = (await invite(core, { person: player.person })).card
        })
      : player.join(card).catch((error: unknown) => player.expect(error))
  await insist(`${player.name}: a new device`, () => player.phone !== null, join)
}

/** What each device does at the moment, to be told when one never comes back. */
const doing = new Map<string, string>()

function actOf(player: Player): Promise<void> {
  acts += 1
  const [what, act] = chooseFor(player)
  doing.set(player.name, what)
  return act()
}

function chooseFor(player: Player): [string, () => Promise<void>] {
  const mine = channels.filter((log) =>
    player.phone?.core.replica.channels.get(log)?.members.has(player.person),
  )
  const groups = mine.filter((log) => log !== channels[2])
  const staff = channels[2]
  if (player.chance(0.05) && player.phone !== null) return ['restart', () => player.restart()]
  if (player.chance(0.2) || groups.length === 0) return ['flush', () => player.flush()]
  if (player === owner && player.chance(0.2)) return ['members', changeMembers]
  if (player === owner && player.chance(0.05)) return ['replace', replaceDevice]
  if (player === owner && player.chance(0.2) && staff !== undefined)
    return ['alert', () => player.say(staff, true)]
  return ['say', () => player.say(player.pick(groups))]
}

async function live(player: Player): Promise<void> {
  while (!over.signal.aborted) {
    await actOf(player)
    await sleep(20 + (player.chance(0.5) ? 100 : 0))
  }
  doing.delete(player.name)
}

const settled = async (): Promise<boolean> => {
  for (const player of players) await player.flush()
  const states = players.map(async ({ phone, person, original }) => {
    if (phone === null) return false
    const { core } = phone
    const open = (await waiting(core)).filter(({ row }) => row.failure === '').length
    const same = channels.every((log) => {
      const [here, there] = [core, owner.phone?.core].map((one) => one?.replica.channels.get(log))
      if (there === undefined || !there.members.has(person)) return true
      return here !== undefined && here.head.n === there.head.n && equal(here.head.h, there.head.h)
    })
    const locked = original ? (await core.store.list('locked')).length : 0
    return open === 0 && same && locked === 0
  })
  return (await Promise.all(states)).every((state) => state)
}

/** Peace again: everything gets time to arrive. */
async function settle(): Promise<void> {
  place.heal()
  phase = 'hanging up'
  for (const player of players) await player.hangUp()
  phase = 'a fresh start'
  await place.end('SIGTERM')
  await place.start()
  phase = 'settling'
  const deadline = performance.now() + SETTLING
  while (!(await settled())) if (performance.now() > deadline) return
}

/** Nothing waits for ever, whatever has happened to the line or the box. */
let phase = 'the beginning'
const late = setTimeout(
  () => {
    const open = [...doing].map(([name, what]) => `${name}: ${what}`).join(', ')
    process.stderr.write(`Error: stuck in ${phase} (${open})\n`)
    process.exit(1)
  },
  1000 * seconds + 2 * SETTLING + PATIENCE,
)

async function main(): Promise<void> {
  process.stderr.write(`seed ${seed}\n`)
  await prepare()
  const tormenting = torment(place, names, randomFrom(seed - 1), over.signal)
  const living = players.map(live)
  phase = 'the storm'
  await sleep(seconds * 1000)
  over.abort()
  phase = 'the last fault'
  const faults = await tormenting
  place.heal()
  healed = performance.now()
  phase = 'the last acts'
  await Promise.all(living)
  await settle()
  phase = 'checking'
  const checker = new Checker(players)
  await checker.check()
  await place.end('SIGTERM')
  await openHeld(place.data)
  const said = players.flatMap((player) => [...player.said.values()])
  const confirmed = said.filter((one) => one.place !== null).length
  const anomalies = [...place.anomalies, ...checker.anomalies]
  for (const player of players) await player.lose()
  await place.close()
  clearTimeout(late)
  const result = { seed, acts, said: said.length, confirmed, losses, faults, anomalies }
  process.stdout.write(`${JSON.stringify(result)}\n`)
  process.exitCode = anomalies.length === 0 ? 0 : 1
}

await main()
