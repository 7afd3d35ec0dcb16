// P1 as data: who the box lets sign what, to come between the people of a channel. Nobody in a list may do
// what the list tries.
import { decodeEntry } from '../../protocol/entry.ts'
import { coreHash, epochIdOf } from '../../protocol/epoch-core.ts'
import {
  announceEpoch,
  keyCommitment,
  responsePublic,
  responseSeed,
  sealEpochKey,
} from '../../protocol/epoch-keys.ts'
import { type EpochId, NO_ID, asId, type PersonId } from '../../protocol/ids.ts'
import { CHANNEL_ROLE, KIND, ROLE } from '../../protocol/kinds.ts'
import { hashId } from '../../protocol/labels.ts'
import { EPOCH_LIFE } from '../../protocol/limits.ts'
import { encodeOperationData } from '../../protocol/operation-data.ts'
import { decodePrekey } from '../../protocol/prekey.ts'
import { xwingPublic } from '../../protocol/sodium.ts'
import { signEntry } from '../../protocol/entry.ts'
import { known } from '../helpers/hostile.ts'
import { seed, seededBytes, seededHash, seededId } from '../helpers/seed.ts'
import type { TestDevice } from '../helpers/signers.ts'
import type { Forgery } from './forging.ts'
import type { Forger, Occupied } from './occupied.ts'
import type { Spy } from './spy.ts'

export type Scene = { occupied: Occupied; forgery: Forgery; spy: Spy }
export type Injection = { name: string; inject: (scene: Scene) => void }
type By = keyof Occupied['forgers']
type Forging = (scene: Scene, by: Forger) => void

export const STRANGER = seededId<PersonId>('Mia Maulwurf')
const FALSE_KEY = seed('an epoch key of the attacker')
const NOBODY: By[] = ['itself', 'olgaByBox', 'rootByBox', 'rita', 'waiting', 'otto']
const BELOW_ADMIN: By[] = [...NOBODY, 'anna', 'malte']
const OUTSIDE: By[] = [...NOBODY, 'wanda']

const by = (names: By[], what: string, forging: Forging): Injection[] =>
  names.map((name) => ({
    name: `${what}, by ${name}`,
    inject: (scene) => forging(scene, scene.occupied.forgers[name]),
  }))

function listen(spy: Spy, device: TestDevice): void {
  spy.devices.push(device.id)
  spy.prekeySeeds.push(device.prekeySeed)
}

/** Whoever signs for themselves may have a further device; so it is somebody else's. */
function furtherDevice({ occupied, forgery, spy }: Scene, forger: Forger): void {
  const { anna, malte } = occupied.cast
  const [owner, role] = forger.id === malte.device ? [anna, ROLE.coordinator] : [malte, ROLE.member]
  const device = forgery.device(forgery.card(forger, owner.person, role))
  forgery.say(forger, KIND.approve, { device: device.id })
  listen(spy, device)
}

function newPerson({ occupied, forgery, spy }: Scene, forger: Forger): void {
  forgery.person(forger, STRANGER, ROLE.member)
  listen(spy, forgery.device(forgery.card(forger, STRANGER)))
  forgery.box.append(forgery.operation(forger, occupied.team, KIND.add, [STRANGER]))
}

/** Malte becomes an owner, and then does the rest with a valid key. */
function newOwner(scene: Scene, forger: Forger): void {
  const { occupied, forgery } = scene
  forgery.person(forger, occupied.cast.malte.person, ROLE.owner, 'Malte Beispiel')
  newPerson(scene, occupied.forgers.malte)
}

function newRecordsKey({ occupied, forgery, spy }: Scene, forger: Forger): void {
  const recordsSeed = seed('records of the attacker')
  const recPk = xwingPublic(recordsSeed)
  spy.recordsSeeds.push(recordsSeed)
  const recKey = hashId<EpochId>('rec-key', recPk)
  const fields = { recKey, recPk, needed: 1, custodians: 1, names: new Uint8Array(0) }
  forgery.say(forger, KIND.records, fields)
  const data = encodeOperationData({ kind: 'policy', recorded: 1 })
  forgery.box.append(
    forgery.operation(forger, occupied.team, KIND.policy, [], CHANNEL_ROLE.member, data),
  )
}

const newBoxKey: Forging = ({ forgery }, forger) =>
  forgery.say(forger, KIND.box, { boxPk: seed('another box') })

const removal: Forging = ({ occupied, forgery }, forger) => {
  const subject = occupied.cast.anna.device
  forgery.say(forger, KIND.revoke, { what: 2, subject, voidFrom: 1, reason: 4 })
}

/** Who coordinates would not wait for her: only she and administrators say so. */
const absence: Forging = ({ occupied, forgery }, forger) => {
  const { anna, malte } = occupied.cast
  const { person } = forger.id === anna.device ? malte : anna
  forgery.say(forger, KIND.absence, { person, dkVer: 1, sealed: seededBytes('away', 296) })
}

/** A state that nobody has: whoever joins with the card of its signer would begin with it. */
const falseState: Forging = ({ forgery }, forger) =>
  forgery.say(forger, KIND.checkpoint, { stateHash: seededHash('a state with a stranger in it') })

/** Whoever believes it takes an older state of the box for the newest. */
const restored: Forging = ({ forgery }, forger) => {
  const log = forgery.directory
  const { n: cutN, h: cutH } = forgery.box.headAt(log)
  forgery.say(forger, KIND.restore, { log, cutN, cutH })
}

/** What may stand in the directory. */
export const IN_THE_DIRECTORY: Injection[] = [
  ...by(BELOW_ADMIN, 'a further device of a member', furtherDevice),
  ...by(BELOW_ADMIN, 'a new person with a device', newPerson),
  ...by(BELOW_ADMIN, 'a member made an owner', newOwner),
  ...by(BELOW_ADMIN, 'a records key', newRecordsKey),
  ...by(BELOW_ADMIN, 'another key of the box', newBoxKey),
  ...by(BELOW_ADMIN, 'a box brought back from a backup', restored),
  ...by(BELOW_ADMIN, 'the end of an honest device', removal),
  ...by(BELOW_ADMIN, 'an absence of somebody else', absence),
  ...by(BELOW_ADMIN, 'a state that nobody has', falseState),
]

/** Wanda is in the directory and not in the team; whoever lets her in lets the attacker in. */
function letIn({ occupied, forgery, spy }: Scene, forger: Forger): void {
  const { wanda } = occupied.cast
  spy.devices.push(wanda.device)
  for (const secret of wanda.core.replica.prekeys.values()) spy.prekeySeeds.push(secret.seed)
  forgery.box.append(forgery.operation(forger, occupied.team, KIND.add, [wanda.person]))
}

function newManager(scene: Scene, forger: Forger): void {
  const { occupied, forgery } = scene
  const subjects = [occupied.cast.malte.person]
  forgery.box.append(
    forgery.operation(forger, occupied.team, KIND.role, subjects, CHANNEL_ROLE.manager),
  )
  letIn(scene, occupied.forgers.malte)
}

/** An epoch whose key the attacker has made: whoever believes in it writes to them. */
function newKeys({ occupied, forgery, spy }: Scene, forger: Forger): void {
  const { team, cast } = occupied
  const state = known(forgery.view, team)
  const { n: dirN, h: dirH } = forgery.box.headAt(forgery.directory)
  const heads = { membN: state.memb.n, membHead: state.memb.head, dirN, dirH }
  const prevEpoch = state.currentEpoch(0)?.id ?? asId<EpochId>(NO_ID)
  const notAfter = forgery.box.now() + EPOCH_LIFE
  const fields = { seg: 0, prevEpoch, ...heads, notAfter, nwraps: 1 }
  const context = forgery.context(forger, team)
  const { entry, ak } = announceEpoch({ context, fields, records: null }, forger.secretKey)
  forgery.box.append(entry)
  const announce = decodeEntry(entry)
  const epoch = epochIdOf(announce)
  spy.keys.set(epoch, { gen: 0, ak })
  const prekey = decodePrekey(forgery.box.prekeys.get(cast.olga.device) ?? new Uint8Array(0))
  const core = coreHash(announce.signed, false)
  forgery.box.seal(team, epoch, 0, sealEpochKey(ak, core, 0, prekey))
}

/** A next generation with the attacker's key. */
function nextKeys({ occupied, forgery, spy }: Scene, forger: Forger): void {
  const { team } = occupied
  const state = known(forgery.view, team)
  const epoch = state.currentEpoch(0)
  if (epoch === null) throw new TypeError('no epoch')
  const { n: dirN, h: dirH } = forgery.box.headAt(forgery.directory)
  const heads = { membN: state.memb.n, membHead: state.memb.head, dirN, dirH }
  const gen = epoch.gen + 1
  const akgCommit = keyCommitment(FALSE_KEY, epoch.core, gen)
  const fields = { epoch: epoch.id, gen, ...heads, akgCommit, nwraps: 1 }
  const context = forgery.context(forger, team)
  forgery.box.append(signEntry(KIND.extension, context, fields, forger.secretKey))
  spy.keys.set(epoch.id, { gen, ak: FALSE_KEY })
}

/** Another key to seal answers to. */
function newResponseKey({ occupied, forgery, spy }: Scene, forger: Forger): void {
  const { all } = occupied
  const [current] = known(forgery.view, all).respKeys
  if (current === undefined) throw new TypeError('no response key')
  spy.responseSeeds.push(responseSeed(FALSE_KEY, all))
  const { channel, epoch } = current
  const publicKey = responsePublic(FALSE_KEY, all)
  const data = encodeOperationData({ kind: 'respkey', channel, epoch, publicKey })
  forgery.box.append(forgery.operation(forger, all, KIND.respkey, [], CHANNEL_ROLE.member, data))
}

/** What may stand in a channel. */
export const IN_A_CHANNEL: Injection[] = [
  ...by([...OUTSIDE, 'anna', 'malte'], 'somebody let into the channel', letIn),
  ...by([...OUTSIDE, 'anna', 'malte'], 'a member made a manager', newManager),
  ...by(OUTSIDE, 'an epoch with a known key', newKeys),
  ...by(OUTSIDE, 'a generation with a known key', nextKeys),
  ...by([...OUTSIDE, 'malte'], 'a known key for answers', newResponseKey),
]
