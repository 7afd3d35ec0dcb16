// Random directory logs: a life of acts, allowed or not, in which some things are sure to happen.
import { concat } from '../../protocol/bytes.ts'
import { encodeSnapshot, stateHash } from '../../protocol/directory-snapshot.ts'
import type { DirectoryState } from '../../protocol/directory-state.ts'
import { REASON } from '../../protocol/entry-fields.ts'
import type { Hash } from '../../protocol/ids.ts'
import { KIND, ROLE } from '../../protocol/kinds.ts'
import { DAY } from '../../test/helpers/seed.ts'
import { cardFrom } from '../../test/helpers/signers.ts'
import { damaged } from './damage.ts'
import type { Dice } from './dice.ts'
import { type Act, ACTS, signedAgain } from './directory-acts.ts'
import { h32 } from './make-entries.ts'
import type { Make } from './objects.ts'
import { RandomDirectory, staff } from './random-directory.ts'

const { person, card, device, approve, revoke, tick, box, records, checkpoint } = ACTS
const { absence, again, foreign, restore, running } = ACTS

/** What a log is mostly about: anything, the devices of few people, or rights given and taken. */
const MOODS: readonly (readonly Act[])[] = [
  [
    person,
    person,
    person,
    card,
    card,
    card,
    device,
    device,
    device,
    device,
    approve,
    approve,
    revoke,
    revoke,
    tick,
    box,
    records,
    again,
    foreign,
    checkpoint,
    checkpoint,
    absence,
    absence,
    restore,
    running,
  ],
  [card, card, device, device, device, approve, approve, revoke],
  [
    person,
    person,
    card,
    card,
    device,
    device,
    approve,
    revoke,
    revoke,
    tick,
    box,
    checkpoint,
    absence,
    absence,
    running,
  ],
]

/** One try: an act, now and then damaged or altered. Time goes on. */
export function tryInDirectory(here: RandomDirectory, mood = here.dice.pick(MOODS)): string | null {
  const { dice, world } = here
  world.now += dice.below(dice.pick([1, DAY / 2, DAY / 2, 3 * DAY]))
  const bytes = dice.pick(mood)(here)
  if (dice.chance(0.04)) return here.offer(damaged(bytes, dice))
  if (dice.chance(0.06)) return here.offer(signedAgain(here, bytes))
  return here.offer(bytes)
}

/** Somebody takes a device, does what they like with it, and all of it is taken back. */
function theft(here: RandomDirectory): void {
  const { dice, world } = here
  const start = world.directory.head.n + 1
  const thief = dice.pick(here.able(dice.chance(0.8) ? ROLE.admin : ROLE.guest))
  here.actor = thief
  for (let left = dice.between(3, 9); left > 0; left--) tryInDirectory(here, MOODS[2])
  const others = here.able(ROLE.admin).filter((one) => one !== thief)
  here.actor = others.length > 0 ? dice.pick(others) : null
  const what = dice.pick([1, 2, 2] as const)
  const subject: Uint8Array = what === 1 ? thief.person : thief.id
  const voidFrom = Math.max(1, start + dice.pick([0, 0, 0, 1, -1, -3, 6]))
  const fields = { what, subject, voidFrom, reason: REASON.misuse }
  here.offer(
    world.entry(KIND.revoke, fields, here.signer(), { second: here.second(), t: world.now }),
  )
  here.actor = null
}

/** One person makes card after card for themselves, until there are too many devices. */
function collect(here: RandomDirectory): void {
  const { dice, world } = here
  const by = dice.pick(here.able(ROLE.guest))
  for (let left = 9; left > 0; left--) {
    const made = cardFrom(dice.bytes(8).toHex(), by.person)
    here.cards.push(made)
    here.offer(world.entry(KIND.card, world.cardFields(made), by))
    here.offer(here.enrolment(made, true))
    if (dice.chance(0.2)) tryInDirectory(here, MOODS[1])
  }
}

/** What a reader needs to judge the steps. The box pins no root key, a device does. */
export function asInput(here: RandomDirectory, dice: Dice) {
  const root = here.world.root.pair.publicKey
  const { org } = here.world
  return { org, pinned: dice.pick([root, root, null, h32(dice)]), steps: here.steps }
}

function directory(dice: Dice) {
  const here = new RandomDirectory(dice)
  if (dice.chance(0.7)) staff(here)
  else here.found(dice.chance(0.95))
  const mood = dice.pick(MOODS)
  const chapters = dice.between(8, 24)
  for (let left = chapters; left > 0; left--) {
    tryInDirectory(here, mood)
    if (dice.chance(2 / chapters) && here.able(ROLE.admin).length > 1) theft(here)
    if (dice.chance(0.1 / chapters) && here.able(ROLE.guest).length > 0) collect(here)
  }
  const input = asInput(here, dice)
  // Without the right root nothing at all happens: once in a while is enough.
  return dice.chance(0.95) ? { ...input, pinned: here.world.root.pair.publicKey } : input
}

/** A checkpoint that a card's maker has signed, its snapshot, and what the card says; about half of them right. */
function vouching(dice: Dice) {
  const here = staff(new RandomDirectory(dice))
  for (let left = dice.below(20); left > 0; left--) tryInDirectory(here)
  const { world } = here
  const able = here.able(dice.chance(0.85) ? ROLE.admin : ROLE.guest)
  const by = dice.pick(able.length > 0 ? able : here.phones)
  const { head } = world.directory
  const vouched = dice.chance(0.9) ? here.place() : { n: dice.below(2 * head.n), h: h32(dice) }
  const told = world.directory.snapshot()
  const wrong = () => (dice.chance(0.5) ? damaged(told, dice) : crookedSnapshot(here, told))
  const bytes = dice.chance(0.7) ? told : wrong()
  const signed = dice.chance(0.9) ? bytes : told
  const ref = dice.chance(0.9) ? head : here.place()
  const other = dice.chance(0.03)
  const entry = other
    ? world.entry(KIND.tick, {}, by)
    : world.entry(KIND.checkpoint, { stateHash: stateHash(signed) }, by, { ref })
  const said = {
    org: dice.chance(0.95) ? world.org : dice.bytes(16),
    rootPk: dice.chance(0.95) ? world.root.pair.publicKey : h32(dice),
    dirN: vouched.n,
    dirH: vouched.h,
    makerPk: dice.chance(0.9) ? by.pair.publicKey : dice.pick(here.phones).pair.publicKey,
    n: head.n + (dice.chance(0.95) ? 1 : dice.below(3)),
    entry: dice.chance(0.95) ? entry : damaged(entry, dice),
    bytes,
  }
  return { ...said, steps: after(here, entry) }
}

/** In a form that no state has: somebody or something twice, or two spent cards the wrong way round. */
function crookedSnapshot({ dice, world }: RandomDirectory, told: Uint8Array): Uint8Array {
  if (dice.chance(0.5)) {
    const [head, a, b] = [told.subarray(0, -32), told.subarray(-32, -16), told.subarray(-16)]
    return concat(head, b, a)
  }
  const { directory: state } = world
  const hashes = Array.from({ length: state.head.n + 1 }, (_, n) => state.hashAt(n) as Hash)
  const name = dice.pick(['persons', 'devices', 'cards'] as const)
  const all = [...state[name].values()]
  const twice = { values: () => [...all, ...all.slice(-1)] }
  const other = Object.create(state, { [name]: { value: twice } }) as DirectoryState
  return encodeSnapshot({ org: world.org, hashes, voids: [], state: other })
}

/** What the log went on with, the checkpoint itself first. */
function after(here: RandomDirectory, entry: Uint8Array): Uint8Array[] {
  const before = here.steps.length
  here.offer(entry)
  for (let left = here.dice.below(12); left > 0; left--) tryInDirectory(here)
  return here.steps.slice(before).map(({ bytes }) => bytes)
}

export const DIRECTORY_MAKERS = {
  directory,
  checkpoint: vouching,
} satisfies Record<string, Make>
