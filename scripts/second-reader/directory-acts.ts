// What anybody may try in a directory.
import { concat } from '../../protocol/bytes.ts'
import { stateHash } from '../../protocol/directory-snapshot.ts'
import { decodeEntry, signLabel } from '../../protocol/entry.ts'
import { REASON } from '../../protocol/entry-fields.ts'
import type { LogId, PersonId } from '../../protocol/ids.ts'
import { KIND, type Kind, KINDS, ROLE, type Role } from '../../protocol/kinds.ts'
import { hashId, sign } from '../../protocol/labels.ts'
import { SIGNATURE_BYTES } from '../../protocol/sodium.ts'
import { DAY } from '../../test/helpers/seed.ts'
import { cardFrom } from '../../test/helpers/signers.ts'
import { altered } from './damage.ts'
import { h32, id, randomEntry } from './make-entries.ts'
import { publicKeyOf } from './public-keys.ts'
import type { RandomDirectory } from './random-directory.ts'

export type Act = (here: RandomDirectory) => Uint8Array

const person: Act = (here) => {
  const { dice, world, people } = here
  const known = people.length > 3 && dice.chance(0.5)
  const invited = here.freshCards().map((one) => one.person)
  const who = known
    ? dice.pick(dice.chance(0.5) ? [...people, ...invited] : people)
    : id<PersonId>(dice)
  if (!known) people.push(who)
  const fields = world.personFields(who, 'Anna Beispiel', dice.pick<Role>([1, 2, 2, 3, 4, 4, 5]))
  return world.entry(
    KIND.person,
    { ...fields, dkVer: dice.below(3) },
    here.signer(),
    here.options(),
  )
}

const card: Act = (here) => {
  const { dice, world, people, cards } = here
  const own = dice.chance(0.25)
  const by = here.signer(own ? ROLE.guest : ROLE.admin)
  const mine = here.phones.find(({ id: device }) => device === by.id)?.person
  const who = own && mine !== undefined ? mine : dice.pick(people)
  const made = dice.chance(0.05) ? dice.pick(cards) : cardFrom(dice.bytes(8).toHex(), who)
  cards.push(made)
  const role = dice.chance(0.9) ? world.directory.roleNow(who) : dice.pick<Role>([1, 2, 3, 4, 5])
  const life = dice.pick([7 * DAY, 7 * DAY, 7 * DAY + 1, 90 * DAY, 90 * DAY + 1, DAY, 0])
  const options = here.options()
  const notAfter = (options.t ?? world.now) + life
  const fields = { person: who, cardPk: made.pair.publicKey, role: role ?? ROLE.member, notAfter }
  return world.entry(KIND.card, fields, by, options)
}

const device: Act = (here) => {
  const { dice, cards } = here
  const fresh = here.freshCards()
  return here.enrolment(dice.pick(fresh.length > 0 && dice.chance(0.85) ? fresh : cards))
}

const approve: Act = (here) => {
  const { dice, world, phones } = here
  const waiting = phones.filter(({ id: name }) => world.directory.devices.get(name)?.from === null)
  const which = dice.pick(waiting.length > 0 && dice.chance(0.9) ? waiting : phones)
  const others = here
    .able(ROLE.guest)
    .filter(({ person: whose }) => whose.toHex() === which.person.toHex())
  const by = others.length > 0 && dice.chance(0.5) ? dice.pick(others) : here.signer()
  const fields = { device: dice.chance(0.03) ? id<never>(dice) : which.id }
  return world.entry(KIND.approve, fields, by, here.options())
}

const revoke: Act = (here) => {
  const { dice, world, people, phones, cards } = here
  const what = dice.pick([1, 2, 2, 3] as const)
  const known = [people, people, phones.map((p) => p.id), cards.map((c) => c.id)][what] ?? people
  // The first of each list is the owner's, without whom little goes on.
  const others = known.length > 1 && dice.chance(0.9) ? known.slice(1) : known
  const subject: Uint8Array = dice.chance(0.03) ? id<never>(dice) : dice.pick<Uint8Array>(others)
  const { n } = world.directory.head
  const voidFrom = dice.chance(0.5) ? 0 : dice.pick([1, n, n + 1, n + 2, 1 + dice.below(n + 2)])
  const by = dice.chance(0.3) ? here.signer(ROLE.guest) : here.signer()
  return world.entry(
    KIND.revoke,
    { what, subject, voidFrom, reason: REASON.other },
    by,
    here.options(),
  )
}

const tick: Act = (here) => here.world.entry(KIND.tick, {}, here.signer(), here.options())

const box: Act = (here) =>
  here.world.entry(KIND.box, { boxPk: h32(here.dice) }, here.signer(), here.options())

const records: Act = (here) => {
  const { dice, world } = here
  const recPk = publicKeyOf(dice)
  const recKey = dice.chance(0.9) ? hashId('rec-key', recPk) : dice.bytes(16)
  const fields = {
    recKey,
    recPk,
    needed: dice.below(4),
    custodians: dice.below(5),
    names: dice.bytes(9),
  }
  const by = dice.chance(0.85) ? world.root : here.signer()
  return world.entry(KIND.records, fields, by, { t: world.now })
}

/** Mostly about oneself; now and then of what the signer has seen long ago, or about somebody unknown. */
const absence: Act = (here) => {
  const { dice, people, phones } = here
  const by = here.signer(dice.chance(0.7) ? ROLE.guest : ROLE.admin)
  const mine = phones.find((one) => one.id === by.id)?.person
  const others = dice.chance(0.03) ? id<PersonId>(dice) : dice.pick(people)
  const who = mine !== undefined && dice.chance(0.6) ? mine : others
  const fields = { person: who, dkVer: dice.below(3), sealed: dice.bytes(296) }
  const { second: _second, ...options } = here.options()
  const ref = dice.chance(0.2) ? { ref: here.place() } : {}
  return here.world.entry(KIND.absence, fields, by, { ...options, ...ref })
}

const again: Act = (here) =>
  here.world.entry(KIND.found, here.world.foundFields(), here.world.foundingCard)

/** Of this very place and true, mostly; there is nothing to vouch for before the organisation is founded. */
const checkpoint: Act = (here) => {
  const { dice, world } = here
  if (world.directory.rootPk === null) return tick(here)
  const told = dice.chance(0.8) ? stateHash(world.directory.snapshot()) : h32(dice)
  const { second: _second, ...options } = here.options()
  const ref = dice.chance(0.9) ? world.directory.head : here.place()
  return world.entry(KIND.checkpoint, { stateHash: told }, here.signer(), { ...options, ref })
}

/** Of this very place, mostly. */
const restore: Act = (here) => {
  const { dice, world } = here
  if (world.directory.rootPk === null) return tick(here)
  const place = dice.chance(0.85) ? world.directory.head : here.place()
  const named = dice.chance(0.9) ? place : here.place()
  const log = dice.chance(0.95) ? world.directory.log : id<LogId>(dice)
  const fields = { log, cutN: named.n, cutH: named.h }
  return world.entry(KIND.restore, fields, here.signer(), { ...here.options(), ref: place })
}

const running: Act = (here) => {
  const { dice, world } = here
  const fields = { dkVer: dice.below(3), sealed: dice.bytes(104) }
  const { second: _second, ...options } = here.options()
  return world.entry(KIND.running, fields, here.signer(), options)
}

/** Something that belongs into no directory. */
const foreign: Act = (here) =>
  randomEntry(here.dice, here.dice.pick(KINDS.filter((k) => k >= 32))).bytes

export const ACTS = {
  person,
  card,
  device,
  approve,
  revoke,
  tick,
  box,
  records,
  checkpoint,
  absence,
  restore,
  running,
  again,
  foreign,
}

/** Keys that a stranger cannot have: an entry may be altered and then signed again by whoever signed it. */
export function signedAgain(here: RandomDirectory, bytes: Uint8Array): Uint8Array {
  const { dice, world, phones, cards } = here
  const { prefix, signed, kind } = decodeEntry(bytes)
  const by = [...phones, ...cards, world.root].find(
    (one) => one.id.toHex() === prefix.signer.toHex(),
  )
  if (by === undefined) return bytes
  const other = altered(signed, dice)
  return anew(other, kind, by.pair.secretKey, bytes.subarray(signed.length + SIGNATURE_BYTES))
}

export function anew(signed: Uint8Array, kind: Kind, secretKey: Uint8Array, behind: Uint8Array) {
  return concat(signed, sign(signLabel(kind), signed, secretKey), behind)
}
