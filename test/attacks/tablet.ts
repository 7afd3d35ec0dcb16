// Anna gets a tablet: a further device of hers, let in and without the keys of what was said before.
import { approve } from '../../client/people.ts'
import type { DeviceId, OrgId } from '../../protocol/ids.ts'
import { type HeldKey, sealHistory } from '../../protocol/history-keys.ts'
import type { Prekey } from '../../protocol/prekey.ts'
import { caughtUp, prekeyOf, Siege, twin, type Victim } from '../helpers/hostile.ts'
import { invite, type Phone, read, say, sync } from '../helpers/town.ts'

export const BEFORE = 'from before the tablet'

export type Bundle = {
  by?: Phone
  to?: Partial<Prekey>
  keys?: HeldKey[]
  org?: OrgId
  from?: DeviceId
  /** Signs instead of whoever the bundle says it is from. */
  secretKey?: Uint8Array
}

export class Tablet {
  readonly siege: Siege
  readonly phone: Phone
  readonly prekey: Prekey
  #parcels = 1000

  private constructor(siege: Siege, phone: Phone, prekey: Prekey) {
    this.siege = siege
    this.phone = phone
    this.prekey = prekey
  }

  static async unpack(): Promise<Tablet> {
    const siege = await Siege.lay()
    const { town, olga, anna, malte, team } = siege
    await say(malte, team, BEFORE)
    await sync(anna)
    const phone = await town.enrol((await invite(anna, anna.person)).card)
    const prekey = await prekeyOf(anna, phone)
    await anna.act((core) => approve(core, phone.device))
    await sync(olga)
    await caughtUp(phone)
    return new Tablet(siege, phone, prekey)
  }

  /** As it was when it was let in, on a line that may lie. */
  async fresh(): Promise<Victim> {
    const victim = await twin(this.siege.town, this.phone)
    await caughtUp(victim)
    return victim
  }

  async reads(victim: Phone): Promise<boolean> {
    return (await read(victim, this.siege.team)).includes(BEFORE)
  }

  keysOf({ core }: Phone): HeldKey[] {
    return [...core.replica.keys.entries()].map(([epoch, held]) => ({ epoch, ...held }))
  }

  /** What Anna's phone would hand over, or what somebody makes of it. */
  bundle(options: Bundle = {}): Uint8Array {
    const { by = this.siege.anna, keys = this.keysOf(this.siege.anna) } = options
    const { identity, pair } = by.core.replica
    const { org = identity.org, from = identity.device, secretKey = pair.secretKey } = options
    const to = { ...this.prekey, ...options.to }
    return sealHistory({ org, from, t: this.siege.town.clock.now(), to }, keys, secretKey)
  }

  parcel(bytes: Uint8Array) {
    return { type: 'parcel', id: (this.#parcels += 1), bytes } as const
  }
}
