// Epochs: the announce, the keys that follow from it, and the wraps they travel in.
import { decodeEntry, type EntryOf } from '../../protocol/entry.ts'
import { coreHash, epochIdOf } from '../../protocol/epoch-core.ts'
import {
  checkRecordsWrap,
  decodeEpochWrap,
  forwardKey,
  keyCommitment,
  openEpochKey,
  openFromRecords,
  responsePublic,
  responseSeed,
} from '../../protocol/epoch-keys.ts'
import { asId, type Hash, type LogId } from '../../protocol/ids.ts'
import type { KIND } from '../../protocol/kinds.ts'
import { decodePrekey, signPrekey, verifyPrekey } from '../../protocol/prekey.ts'
import { xwingPublic } from '../../protocol/sodium.ts'
import { openChannel } from '../../test/helpers/channels.ts'
import { seededId } from '../../test/helpers/seed.ts'
import { staffedWorld } from '../../test/helpers/world.ts'
import {
  bytes,
  type JsonObject,
  list,
  number,
  object,
  same,
  toJson,
  type VectorFile,
} from './json.ts'

const GENERATIONS = 4

function keysOf(announce: EntryOf<typeof KIND.announce>, ak: Uint8Array) {
  const id = epochIdOf(announce)
  const core = coreHash(announce.signed, announce.fields.records !== null)
  const generations = []
  for (let gen = 0, key = ak; gen < GENERATIONS; key = forwardKey(key, id, gen++)) {
    generations.push({ gen, ak: key, commit: keyCommitment(key, core, gen) })
  }
  return { id, core, generations }
}

function make(): JsonObject {
  const { world, owner, member, guest } = staffedWorld()
  const records = world.keepRecords()
  const people = [member.person, guest.person]
  const epochs = [0, 1].map((recorded) => {
    const channel = openChannel(world, owner, 'group', { people, recorded: recorded as 0 | 1 })
    const id = channel.announce(owner)
    channel.extend(owner)
    const ak = channel.keyAt(id, 0)
    const announce = channel.log[1] as Uint8Array
    const entry = decodeEntry(announce) as EntryOf<typeof KIND.announce>
    const mine = channel.wraps.map(({ gen, wrap }) => {
      const to = decodeEpochWrap(wrap).device.toHex()
      const device = world.devices.find((d) => d.id.toHex() === to)
      return { gen, wrap, seed: device?.prekeySeed ?? null }
    })
    const kept = recorded === 1 ? { seed: records.seed, publicKey: records.publicKey } : null
    const audience = seededId<LogId>('audience')
    const response = {
      audience,
      seed: responseSeed(ak, audience),
      publicKey: responsePublic(ak, audience),
    }
    return { announce, ...keysOf(entry, ak), wraps: mine, records: kept, response }
  })
  const prekeys = [owner, member, guest].map(({ prekey, prekeySeed, pair }) => {
    const whole = signPrekey(prekey, pair.secretKey)
    return { bytes: whole, signKey: pair.publicKey, seed: prekeySeed, value: prekey }
  })
  return toJson({ prekeys, epochs }) as JsonObject
}

function checkEpoch(example: JsonObject): void {
  const announce = decodeEntry(bytes(example, 'announce')) as EntryOf<typeof KIND.announce>
  const generations = list(example, 'generations')
  const { id, core, ...rest } = keysOf(announce, bytes(object(generations[0]), 'ak'))
  same(id, example['id'], 'epoch id')
  same(core, example['core'], 'core')
  same(rest.generations, generations, 'generations')
  same(announce.fields.akCommit, generations[0]?.['commit'], 'commitment')
  for (const wrap of list(example, 'wraps')) {
    const gen = number(wrap, 'gen')
    const commit = bytes(object(generations[gen]), 'commit') as Hash
    const ak = openEpochKey(
      decodeEpochWrap(bytes(wrap, 'wrap')),
      core,
      gen,
      commit,
      bytes(wrap, 'seed'),
    )
    same(ak, generations[gen]?.['ak'], 'wrapped key')
  }
  const ak0 = bytes(object(generations[0]), 'ak')
  const response = object(example['response'])
  const audience = asId<LogId>(bytes(response, 'audience'))
  same(responseSeed(ak0, audience), response['seed'], 'response seed')
  same(responsePublic(ak0, audience), response['publicKey'], 'response key')
  if (example['records'] === null) return same(announce.fields.records, null, 'no records')
  checkRecords(announce, core, ak0, object(example['records']))
}

function checkRecords(
  announce: EntryOf<typeof KIND.announce>,
  core: Hash,
  ak0: Uint8Array,
  records: JsonObject,
): void {
  const wrap = announce.fields.records?.wrap ?? new Uint8Array(0)
  same(xwingPublic(bytes(records, 'seed')), records['publicKey'], 'records key')
  checkRecordsWrap(ak0, core, bytes(records, 'publicKey'), wrap)
  same(openFromRecords(wrap, core, bytes(records, 'seed')), toJson(ak0), 'opened by custodians')
}

function check(file: JsonObject): void {
  for (const example of list(file, 'prekeys')) {
    const prekey = decodePrekey(bytes(example, 'bytes'))
    same(prekey, object(example['value']), 'prekey')
    same(xwingPublic(bytes(example, 'seed')), toJson(prekey.publicKey), 'sealing key')
    verifyPrekey(prekey, bytes(example, 'signKey'))
  }
  for (const example of list(file, 'epochs')) checkEpoch(example)
}

export const epochs: VectorFile = {
  name: 'epochs',
  about:
    'Prekeys with their seeds; announces with core, id, keys of the first generations, wraps and the records wrap.',
  make,
  check,
}
