// A town whose box belongs to the attacker, with everybody on its side whose keys it can get: an ordinary
// member, a coordinator, a removed administrator, a device that nobody let in, another organisation.
import { changePerson } from '../../client/people.ts'
import { fromPaper } from '../../protocol/card-text.ts'
import { rootId } from '../../protocol/directory-rights.ts'
import {
  asId,
  type DeviceId,
  type LogId,
  type PersonId,
  type SignerId,
} from '../../protocol/ids.ts'
import { ROLE } from '../../protocol/kinds.ts'
import { EMPTY_PROFILE } from '../../protocol/profile.ts'
import { hashId } from '../../protocol/labels.ts'
import { type SignPair, signPairFromSeed } from '../../protocol/sodium.ts'
import { ForgingBox } from '../helpers/forging-box.ts'
import { caughtUp } from '../helpers/hostile.ts'
import {
  add,
  alert,
  audience,
  channel,
  invite,
  ORG,
  OWNER,
  type Phone,
  revoke,
  syncAll,
  Town,
  welcome,
} from '../helpers/town.ts'

/** Somebody in whose name things are signed, and the key that really signs. */
export type Forger = { name: string; id: SignerId; secretKey: Uint8Array }

type Cast = Record<'olga' | 'anna' | 'malte' | 'rita' | 'waiting' | 'wanda' | 'otto', Phone>

export class Occupied {
  readonly town: Town
  /** The owner, an honest member and a coordinator who is used by the attacker where a story says so. */
  readonly cast: Cast
  readonly team: LogId
  readonly side: LogId
  readonly all: LogId
  /** In the team, without a device. */
  readonly nils: PersonId
  /** As the box is before it lies. */
  readonly honest: ForgingBox
  /** The directory of the other organisation. */
  readonly foreign: Uint8Array[]

  private constructor(parts: Omit<Occupied, 'forgers' | 'box' | 'end'>) {
    this.town = parts.town
    this.cast = parts.cast
    this.team = parts.team
    this.side = parts.side
    this.all = parts.all
    this.nils = parts.nils
    this.honest = parts.honest
    this.foreign = parts.foreign
  }

  static async take(): Promise<Occupied> {
    const town = new Town()
    await town.found(ORG, OWNER)
    await town.found('Wasserwerke Beispielhausen', 'Otto Muster')
    await town.start()
    const olga = await town.owner()
    const otto = await town.enrol(town.orgs[1]?.card ?? '')
    const rita = await welcome(town, olga, 'Rita Beispiel', 'admin')
    const anna = await welcome(town, olga, 'Anna Beispiel', 'coordinator')
    const malte = await welcome(town, olga, 'Malte Beispiel')
    const wanda = await welcome(town, olga, 'Wanda Beispiel')
    const { person: nils } = await invite(olga, 'Nils Beispiel')
    const waiting = await town.enrol((await invite(olga, olga.person)).card)
    const team = await channel(olga, 'Crisis team', anna, malte, nils)
    const side = await channel(olga, 'Side team', malte)
    await add(olga, side, wanda)
    const all = await audience(olga, 'All staff', anna, malte)
    await alert(olga, all, 'Gather at gate 2')
    for (const role of [ROLE.coordinator, ROLE.member])
      await olga.act((core) =>
        changePerson(core, malte.person, role, { ...EMPTY_PROFILE, name: 'Malte Beispiel' }),
      )
    const root = signPairFromSeed(fromPaper(olga.rootPaper ?? '', 32))
    await revoke(olga, { what: 'person', subject: rita.person }, { root })
    await syncAll(anna, malte, wanda, olga)
    await caughtUp(olga)
    const honest = await ForgingBox.like(olga, town.box.context.box)
    const other = await ForgingBox.like(otto, town.box.context.box)
    const foreign = other.logs.get(asId<LogId>(other.org))?.entries ?? []
    const cast = { olga, anna, malte, rita, waiting, wanda, otto }
    return new Occupied({ town, cast, team, side, all, nils, honest, foreign })
  }

  get box(): SignPair {
    return this.town.box.context.box
  }

  /** Everybody whom the box can let sign, none of whom may do what the stories try. */
  get forgers(): Record<
    Exclude<keyof Cast, 'olga'> | 'itself' | 'olgaByBox' | 'rootByBox',
    Forger
  > {
    const { olga, ...others } = this.cast
    const { publicKey, secretKey } = this.box
    const own = ({ device, core }: Phone, name: string): Forger => ({
      name,
      id: device,
      secretKey: core.replica.pair.secretKey,
    })
    const rootPk = olga.core.replica.identity.rootPk
    return {
      itself: {
        name: 'the box with its own key',
        id: hashId<DeviceId>('dev', publicKey),
        secretKey,
      },
      olgaByBox: { name: 'the box in the name of the owner', id: olga.device, secretKey },
      rootByBox: { name: 'the box in the name of the root key', id: rootId(rootPk), secretKey },
      anna: own(others.anna, 'a coordinator'),
      malte: own(others.malte, 'an ordinary member'),
      rita: own(others.rita, 'a removed administrator'),
      waiting: own(others.waiting, 'a device that waits for approval'),
      wanda: own(others.wanda, 'somebody who is not in the channel'),
      otto: own(others.otto, 'the owner of another organisation'),
    }
  }

  end(): Promise<void> {
    return this.town.clear()
  }
}
