// What must hold whatever was accepted into a directory, stated anew and without the product's own table.
import { emptyHead, type Head, nextHead, stubOf } from '../../protocol/chain.ts'
import type { Directory } from '../../protocol/directory.ts'
import type { Absence } from '../../protocol/directory-state.ts'
import type { Entry, EntryOf } from '../../protocol/entry.ts'
import { REVOKE } from '../../protocol/entry-fields.ts'
import { equal } from '../../protocol/bytes.ts'
import { KIND, ROLE } from '../../protocol/kinds.ts'
import { must } from '../../scripts/fuzz/target.ts'

const TWO_DAYS = 2 * 24 * 3_600_000

type Signer = { root: boolean; person: string; role: number } | null
type Facts = {
  head: Head
  roles: Map<string, number>
  devices: Map<string, { person: string; from: number | null; until: number | null }>
  cards: Map<string, { usedBy: string | null; until: number | null }>
  owners: number
  trusted: number
  absences: Map<string, Absence>
  rootPk: Uint8Array | null
  boxPk: Uint8Array | null
  logTime: number
  signerOf(id: Uint8Array): Signer
}

const hex = (bytes: Uint8Array): string => bytes.toHex()

export function factsOf(directory: Directory, rootId: Uint8Array): Facts {
  const people = [...directory.persons.values()]
  const roles = new Map(people.map(({ id }) => [hex(id), directory.roleNow(id) ?? 0] as const))
  const devices = [...directory.devices.values()].map(
    ({ id, person, from, until }) => [hex(id), { person: hex(person), from, until }] as const,
  )
  const cards = [...directory.cards.values()].map(
    ({ id, usedBy, until }) =>
      [hex(id), { usedBy: usedBy === null ? null : hex(usedBy), until }] as const,
  )
  const enrolled = (least: number): number =>
    people.filter(({ id, enrolled: yes }) => yes && (roles.get(hex(id)) ?? 0) >= least).length
  const byId = new Map(devices)
  return {
    head: directory.head,
    roles,
    devices: byId,
    cards: new Map(cards),
    owners: enrolled(ROLE.owner),
    trusted: enrolled(ROLE.admin),
    absences: new Map(people.map(({ id, absence }) => [hex(id), absence])),
    rootPk: directory.rootPk,
    boxPk: directory.boxPk,
    logTime: directory.logTime,
    signerOf(id) {
      if (equal(id, rootId)) return { root: true, person: '', role: ROLE.owner }
      const device = byId.get(hex(id))
      if (device === undefined || device.from === null || device.until !== null) return null
      const role = roles.get(device.person) ?? 0
      return role === 0 ? null : { root: false, person: device.person, role }
    },
  }
}

/** Throws unless what `entry` has changed is what its signers may change. */
export function judgeDirectory(before: Facts, after: Facts, entry: Entry): void {
  const empty = before.head.n === 0 ? emptyHead(entry.prefix.log) : before.head
  const next = nextHead(empty, stubOf(entry))
  must(after.head.n === next.n && equal(after.head.h, next.h), 'the head follows from the entry')
  must(after.owners > 0, 'an owner remains')
  must(after.rootPk !== null && before.rootPk !== null, 'there is a root')
  must(equal(after.rootPk, before.rootPk), 'the root never changes')
  const voids = entry.kind === KIND.revoke && entry.fields.voidFrom > 0
  const leap = entry.cosign === null ? TWO_DAYS : Infinity
  must(voids || after.logTime >= before.logTime, 'log time does not go back')
  must(voids || after.logTime - before.logTime <= leap, 'one signer moves log time by a step')
  judgeCards(before, after, entry)
  judgeDevices(before, after, entry)
  if (entry.kind !== KIND.device) judgeSigned(before, after, entry, voids)
  judgeAbsences(before, after, entry, voids)
}

/** Who says that somebody is away, and that a word once said is not said again. */
function judgeAbsences(before: Facts, after: Facts, entry: Entry, voids: boolean): void {
  for (const [id, now] of after.absences) {
    const was = before.absences.get(id)
    if (was === undefined || (was.n === now.n && equal(was.sealed, now.sealed)) || voids) continue
    if (entry.kind === KIND.revoke) {
      must(now.sealed.length === 0 && !after.roles.get(id), 'an absence ends with its person')
      continue
    }
    must(entry.kind === KIND.absence && hex(entry.fields.person) === id, 'an absence has its entry')
    must(entry.prefix.refN >= was.n, 'whoever overwrites an absence has seen it')
    const { first } = signersOf(before, entry)
    const own = !first.root && first.person === id && first.role >= ROLE.member
    must(own || (!first.root && first.role >= ROLE.admin), 'a stranger says nobody is away')
    must((before.roles.get(id) ?? 0) >= ROLE.member, 'guests and who has left are not away')
  }
}

type Sizes = { first: NonNullable<Signer>; second: Signer; both: boolean; highest: number }

function signersOf(before: Facts, entry: Entry): Sizes {
  const first = before.signerOf(entry.prefix.signer)
  must(first !== null, `${entry.kind}: signed by somebody who stands`)
  const second = entry.cosign === null ? null : before.signerOf(entry.cosign.by)
  const counts = second !== null && (second.root || second.role >= ROLE.admin)
  must(entry.cosign === null || counts, 'the second signature is of somebody trusted')
  const two = second !== null && (second.root !== first.root || second.person !== first.person)
  must(entry.cosign === null || two, 'two signatures are of two people')
  const both = first.root || two || before.trusted < 2
  return { first, second, both, highest: Math.max(first.role, second?.role ?? 0) }
}

function judgeSigned(before: Facts, after: Facts, entry: Entry, voids: boolean): void {
  const { first, both, highest } = signersOf(before, entry)
  if (entry.kind === KIND.revoke) {
    if (voids) judgeGround(after, entry)
    const left = entry.fields.what !== REVOKE.person || !after.roles.get(hex(entry.fields.subject))
    must(left, 'who leaves has no role')
  }
  const ruling = first.root || first.role >= ROLE.admin
  for (const id of new Set([...before.roles.keys(), ...after.roles.keys()])) {
    const [was, is] = [before.roles.get(id) ?? 0, after.roles.get(id) ?? 0]
    if (was === is) continue
    must(ruling, 'only administrators change roles')
    must(both || Math.max(was, is) < ROLE.admin, 'two sign for the role of an administrator')
    must(voids || is <= highest, 'nobody grants more than they have')
  }
  if (!equal(before.boxPk ?? NOTHING, after.boxPk ?? NOTHING))
    must(ruling && both && (entry.kind === KIND.box || voids), 'two sign for the key of the box')
  if (entry.kind === KIND.records) must(first.root, 'the root signs for records')
  if (entry.kind === KIND.tick) must(ruling && !first.root, 'administrators tick')
}

const NOTHING = new Uint8Array(0)

/** Who takes things back still stands afterwards, unless it is the device itself that is given up. */
function judgeGround(after: Facts, entry: EntryOf<typeof KIND.revoke>): void {
  const { what, subject } = entry.fields
  for (const id of [entry.prefix.signer, entry.cosign?.by ?? entry.prefix.signer]) {
    const itself = what === REVOKE.device && equal(id, subject)
    const stands = (after.signerOf(id)?.role ?? 0) >= ROLE.admin
    must(itself || stands, 'nobody takes back their own ground')
  }
}

function judgeCards(before: Facts, after: Facts, entry: Entry): void {
  for (const [id, card] of before.cards) {
    const now = after.cards.get(id)
    must(now !== undefined, 'a card does not vanish')
    must(card.usedBy === null || now.usedBy === card.usedBy, 'a card is used once')
    must(card.until === null || now.until === card.until, 'a card that ended stays so')
    const used = card.usedBy === null && now.usedBy !== null
    must(
      !used || (entry.kind === KIND.device && card.until === null),
      'an ended card admits nobody',
    )
  }
}

function judgeDevices(before: Facts, after: Facts, entry: Entry): void {
  const active = (person: string): boolean =>
    [...before.devices.values()].some(
      (one) => one.person === person && one.from !== null && one.until === null,
    )
  for (const [id, now] of after.devices) {
    const was = before.devices.get(id)
    if (was === undefined) {
      must(entry.kind === KIND.device, 'a device joins with its own entry')
      must(now.from === null || !active(now.person), 'a further device waits')
      continue
    }
    must(was.person === now.person, 'a device stays with its person')
    must(was.until === null || was.until === now.until, 'a device that ended stays so')
    if (was.from !== now.from) judgeApproval(before, now.person, entry, id)
    if (was.until !== now.until) judgeEnd(before, now.person, entry)
  }
}

function judgeApproval(before: Facts, person: string, entry: Entry, id: string): void {
  must(
    entry.kind === KIND.approve && hex(entry.fields.device) === id,
    'a device is let in by approval',
  )
  const { first, both } = signersOf(before, entry)
  const own = !first.root && first.person === person
  must(own || ((first.root || first.role >= ROLE.admin) && both), 'a stranger lets no device in')
}

function judgeEnd(before: Facts, person: string, entry: Entry): void {
  must(entry.kind === KIND.revoke, 'a device ends by revocation')
  const { first } = signersOf(before, entry)
  const own = !first.root && first.person === person
  must(own || first.root || first.role >= ROLE.admin, 'a stranger ends no device')
}
