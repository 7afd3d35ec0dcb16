// P1, continued: true entries in false places, and what the box hands out beside the logs.
import { concat } from '../../protocol/bytes.ts'
import { decodeEntry } from '../../protocol/entry.ts'
import { sealEpochKey } from '../../protocol/epoch-keys.ts'
import { sealHistory } from '../../protocol/history-keys.ts'
import { asId, type LogId } from '../../protocol/ids.ts'
import { KIND, ROLE } from '../../protocol/kinds.ts'
import { DAY, PREKEY_LAST_RESORT, PREKEY_LIFE } from '../../protocol/limits.ts'
import { decodePrekey, type Prekey, signPrekey } from '../../protocol/prekey.ts'
import { xwingPublic } from '../../protocol/sodium.ts'
import { known } from '../helpers/hostile.ts'
import { seed } from '../helpers/seed.ts'
import type { Injection, Scene } from './injections.ts'

const LOG_AT = 20
const ORG_AT = 4
const SUITE_AT = 1

const written = (bytes: Uint8Array, at: number, what: Uint8Array): Uint8Array =>
  concat(bytes.subarray(0, at), what, bytes.subarray(at + what.length))

const entriesOf = ({ forgery }: Scene, log: LogId): Uint8Array[] =>
  forgery.box.logs.get(log)?.entries ?? []

/** Wanda was let into another channel by whoever may. */
function letInElsewhere(scene: Scene): Uint8Array {
  const { occupied, spy } = scene
  const { wanda } = occupied.cast
  spy.devices.push(wanda.device)
  for (const secret of wanda.core.replica.prekeys.values()) spy.prekeySeeds.push(secret.seed)
  const found = entriesOf(scene, occupied.side).find((bytes) => bytes[1] === KIND.add)
  if (found === undefined) throw new TypeError('nobody was added')
  return found
}

function again(scene: Scene, log: LogId, kind: number): void {
  const old = entriesOf(scene, log).filter((bytes) => bytes[1] === kind)
  if (old.length === 0) throw new TypeError('nothing to repeat')
  for (const bytes of old) scene.forgery.box.appendTo(log, bytes)
}

/** Once, when Malte was a coordinator for a day, somebody who may had signed that. */
function raisedAgain(scene: Scene): void {
  const { forgery, occupied } = scene
  const raise = entriesOf(scene, forgery.directory).find((bytes) => {
    const entry = decodeEntry(bytes)
    if (entry.kind !== KIND.person || entry.fields.role !== ROLE.coordinator) return false
    return entry.fields.person.join() === occupied.cast.malte.person.join()
  })
  if (raise === undefined) throw new TypeError('he never was one')
  forgery.box.append(raise)
}

function otherOrganisation({ occupied }: Scene): Uint8Array[] {
  return occupied.foreign
}

export const IN_FALSE_PLACES: Injection[] = [
  {
    name: 'an addition to another channel, shown in this one',
    inject: (scene) => void scene.forgery.box.appendTo(scene.occupied.team, letInElsewhere(scene)),
  },
  {
    name: 'an addition to another channel, with the name of this one written over it',
    inject: (scene) => {
      const { team } = scene.occupied
      scene.forgery.box.append(written(letInElsewhere(scene), LOG_AT, team))
    },
  },
  {
    name: 'the addition of a person once more',
    inject: (scene) => again(scene, scene.occupied.team, KIND.add),
  },
  {
    name: 'an old epoch once more',
    inject: (scene) => again(scene, scene.occupied.team, KIND.announce),
  },
  { name: 'a role that somebody had once', inject: raisedAgain },
  {
    name: 'the founding of the organisation once more',
    inject: (scene) => again(scene, scene.forgery.directory, KIND.found),
  },
  {
    name: 'used cards once more',
    inject: (scene) => again(scene, scene.forgery.directory, KIND.card),
  },
  {
    name: 'devices that were revoked once more',
    inject: (scene) => again(scene, scene.forgery.directory, KIND.device),
  },
  {
    name: 'the directory of another organisation behind this one',
    inject: (scene) => {
      const { forgery } = scene
      for (const bytes of otherOrganisation(scene)) forgery.box.appendTo(forgery.directory, bytes)
    },
  },
  {
    name: 'the directory of another organisation, with the name of this one written over it',
    inject: (scene) => {
      const { org } = scene.forgery.box
      for (const bytes of otherOrganisation(scene)) {
        const renamed = written(written(bytes, ORG_AT, org), LOG_AT, asId<LogId>(org))
        scene.forgery.box.append(renamed)
      }
    },
  },
]

/** The prekey of a member's device as the box would like it. */
function falsePrekey(scene: Scene, change: (genuine: Prekey) => Uint8Array): void {
  const { occupied, forgery, spy } = scene
  const { device } = occupied.cast.malte
  spy.prekeySeeds.push(seed('prekey of the attacker'))
  const genuine = decodePrekey(forgery.box.prekeys.get(device) ?? new Uint8Array(0))
  forgery.box.prekeys.set(device, change(genuine))
}

function signedBy(secretKey: Uint8Array, change: Partial<Prekey> = {}) {
  return ({ ver: _ver, suite: _suite, sig: _sig, ...genuine }: Prekey): Uint8Array => {
    const publicKey = xwingPublic(seed('prekey of the attacker'))
    return signPrekey({ ...genuine, publicKey, ...change }, secretKey)
  }
}

const PREKEY_PUBLIC_AT = 54

export const BESIDE_THE_LOGS: Injection[] = [
  {
    name: 'a prekey that the box has signed',
    inject: (scene) => falsePrekey(scene, signedBy(scene.occupied.box.secretKey)),
  },
  {
    name: 'a prekey that another member has signed',
    inject: (scene) => falsePrekey(scene, signedBy(scene.occupied.forgers.anna.secretKey)),
  },
  {
    name: 'a prekey with another key inside the signature',
    inject: (scene) =>
      falsePrekey(scene, () => {
        const { malte } = scene.occupied.cast
        const genuine = scene.forgery.box.prekeys.get(malte.device) ?? new Uint8Array(0)
        return written(genuine, PREKEY_PUBLIC_AT, xwingPublic(seed('prekey of the attacker')))
      }),
  },
  {
    name: 'a prekey of another organisation',
    inject: (scene) => {
      const { malte, otto } = scene.occupied.cast
      const { org } = otto.core.replica.identity
      falsePrekey(scene, signedBy(malte.core.replica.pair.secretKey, { org }))
    },
  },
  {
    name: 'a prekey of long ago, whose secret was found',
    inject: (scene) => {
      const { malte } = scene.occupied.cast
      const notBefore = scene.forgery.box.now() - PREKEY_LAST_RESORT - DAY
      const validity = { notBefore, notAfter: notBefore + PREKEY_LIFE }
      falsePrekey(scene, signedBy(malte.core.replica.pair.secretKey, validity))
    },
  },
  {
    name: 'a prekey of a withdrawn suite',
    inject: (scene) => {
      const { malte } = scene.occupied.cast
      const sign = signedBy(malte.core.replica.pair.secretKey)
      falsePrekey(scene, (genuine) => written(sign(genuine), SUITE_AT, Uint8Array.of(1)))
    },
  },
  {
    name: 'prekeys of devices that nobody asked for',
    inject: ({ occupied, forgery, spy }) => {
      const { wanda, waiting } = occupied.cast
      for (const { device, core } of [wanda, waiting]) {
        spy.devices.push(device)
        for (const secret of core.replica.prekeys.values()) spy.prekeySeeds.push(secret.seed)
        forgery.box.morePrekeys.push(forgery.box.prekeys.get(device) ?? new Uint8Array(0))
      }
    },
  },
  {
    name: 'a known key for the present epoch',
    inject: ({ occupied, forgery, spy }) => {
      const epoch = known(forgery.view, occupied.team).currentEpoch(0)
      if (epoch === null) throw new TypeError('no epoch')
      const ak = seed('an epoch key of the attacker')
      const prekey = decodePrekey(
        forgery.box.prekeys.get(occupied.cast.olga.device) ?? new Uint8Array(0),
      )
      spy.keys.set(epoch.id, { gen: 0, ak })
      for (const gen of [0, 1])
        forgery.box.seal(occupied.team, epoch.id, gen, sealEpochKey(ak, epoch.core, gen, prekey))
    },
  },
  {
    name: 'a bundle with a known key',
    inject: ({ occupied, forgery, spy }) => {
      const { malte, olga } = occupied.cast
      const epoch = known(forgery.view, occupied.team).currentEpoch(0)
      if (epoch === null) throw new TypeError('no epoch')
      const ak = seed('an epoch key of the attacker')
      spy.keys.set(epoch.id, { gen: 0, ak })
      const to = decodePrekey(forgery.box.prekeys.get(olga.device) ?? new Uint8Array(0))
      const heading = { org: forgery.box.org, from: malte.device, t: forgery.box.now(), to }
      const held = [{ channel: occupied.team, epoch: epoch.id, gen: 0, ak }]
      const bytes = sealHistory(heading, held, malte.core.replica.pair.secretKey)
      forgery.box.parcels.push({ id: 1, to: olga.device, bytes })
    },
  },
]
