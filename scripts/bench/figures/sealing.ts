// (c) Sealing a new epoch for a segment and for a whole audience, against as many bare X-Wing encapsulations.
import type { Bench } from '../../bench.ts'
import { announceEpoch, sealEpochKey } from '../../../protocol/epoch-keys.ts'
import { decodeEntry } from '../../../protocol/entry.ts'
import { coreHash } from '../../../protocol/epoch-core.ts'
import { asId, type DeviceId, type EpochId, NO_HASH, type OrgId } from '../../../protocol/ids.ts'
import { decodePrekey, signPrekey, type Prekey } from '../../../protocol/prekey.ts'
import {
  randomBytes,
  signPairFromSeed,
  xwingEncapsulate,
  xwingPublic,
} from '../../../protocol/sodium.ts'
import { median, ms, tell } from '../table.ts'

/** Distinct keys would take minutes to make and cost the same to seal to. */
const KEYS = 64

export function sealing(bench: Bench): void {
  const prekeys = Array.from({ length: KEYS }, makePrekey)
  for (const count of bench.sizes([512, 10_000])) {
    const times: { ours: number[]; bare: number[] } = { ours: [], bare: [] }
    for (let run = 0; run < bench.runs; run++) {
      times.bare.push(timed(() => bare(prekeys, count)))
      times.ours.push(timed(() => seal(bench, prekeys, count)))
    }
    const [ours, plain] = [median(times.ours), median(times.bare)]
    tell({
      id: `c-${count}`,
      what: `sealing an epoch for ${count} devices, bare encapsulations = 1`,
      values: { sealed: ms(ours), encapsulations: ms(plain) },
      ratio: ours / plain,
      goal: 1.3,
    })
  }
}

function timed(work: () => void): number {
  const begin = performance.now()
  work()
  return performance.now() - begin
}

function makePrekey(): Prekey {
  const pair = signPairFromSeed(randomBytes(32))
  const validity = { notBefore: 0, notAfter: 1 }
  const who = {
    org: asId<OrgId>(randomBytes(16)),
    device: asId<DeviceId>(randomBytes(16)),
    pkid: 1,
  }
  const value = { ...who, ...validity, publicKey: xwingPublic(randomBytes(32)) }
  return decodePrekey(signPrekey(value, pair.secretKey))
}

function bare(prekeys: Prekey[], count: number): void {
  for (let i = 0; i < count; i++) xwingEncapsulate((prekeys[i % KEYS] as Prekey).publicKey)
}

/** Twenty segments where there are more than one holds; each has its own key and announce. */
function seal({ stage }: Bench, prekeys: Prekey[], count: number): void {
  const { secretKey } = signPairFromSeed(stage.owner.seed)
  const { log, n, h } = stage.audience
  for (let sealed = 0; sealed < count; sealed += 512) {
    const part = Math.min(512, count - sealed)
    const context = {
      org: stage.org as OrgId,
      log,
      signer: stage.owner.device,
      refN: n,
      refH: h as never,
      t: 1,
    }
    const heads = { membN: 1, membHead: NO_HASH, dirN: 1, dirH: NO_HASH }
    const prevEpoch = asId<EpochId>(new Uint8Array(16))
    const fields = { seg: 0, prevEpoch, ...heads, notAfter: 1, nwraps: part }
    const { entry, ak } = announceEpoch({ context, fields, records: null }, secretKey)
    const core = coreHash(decodeEntry(entry).signed, false)
    for (let i = 0; i < part; i++) sealEpochKey(ak, core, 0, prekeys[i % KEYS] as Prekey)
  }
}
