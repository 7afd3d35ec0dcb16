// One entry of each kind, taken apart.
import { checkAnswer } from '../../protocol/answer.ts'
import {
  decodeEntry,
  type Entry,
  entryBytes,
  type EntryOf,
  signLabel,
  unsignedEntry,
  verifyCosign,
  verifyEntry,
} from '../../protocol/entry.ts'
import { stubOf } from '../../protocol/chain.ts'
import { isMessageKind, KIND, KINDS, kindName, type MessageKind } from '../../protocol/kinds.ts'
import { checkPayload } from '../../protocol/payload.ts'
import { everyEntry } from '../../test/helpers/every-entry.ts'
import type { World } from '../../test/helpers/world.ts'
import { bytes, type JsonObject, list, same, text, toJson, type VectorFile } from './json.ts'

function takenApart(entry: Entry) {
  const { kind, prefix, fields, signed, sig, cosign, payload, id } = entry
  const shown = {
    kind: kindName(kind),
    label: signLabel(kind),
    prefix,
    fields,
    signed,
    sig,
    cosign,
  }
  return { ...shown, payloadBytes: payload?.length ?? 0, id, stub: stubOf(entry) }
}

/** The public key that the entry's signature was made with. */
function keyOf(world: World, signer: Uint8Array): Uint8Array {
  const { directory, root, foundingCard } = world
  const id = signer.toHex()
  if (id === root.id.toHex()) return root.pair.publicKey
  if (id === foundingCard.id.toHex()) return foundingCard.pair.publicKey
  const device = [...directory.devices.values()].find((d) => d.id.toHex() === id)
  const card = [...directory.cards.values()].find((c) => c.id.toHex() === id)
  const key = device?.signPk ?? card?.pk
  if (key === undefined) throw new TypeError('an example by an unknown signer')
  return key
}

function make(): JsonObject {
  const { staff, examples } = everyEntry()
  const described = examples.map(({ name, bytes: whole }) => {
    const entry = decodeEntry(whole)
    const signKey = keyOf(staff.world, entry.prefix.signer)
    const cosignKey = entry.cosign === null ? null : keyOf(staff.world, entry.cosign.by)
    return { name, bytes: whole, signKey, cosignKey, ...takenApart(entry) }
  })
  return toJson({ entries: described }) as JsonObject
}

function check(file: JsonObject): void {
  const seen = new Set<string>()
  for (const example of list(file, 'entries')) {
    const { name, bytes: hex, signKey, cosignKey, ...expected } = example
    const entry = decodeEntry(bytes(example, 'bytes'))
    seen.add(kindName(entry.kind))
    same(takenApart(entry), expected, text(example, 'name'))
    same(entryBytes(entry), hex, 'bytes again')
    const { kind, prefix, fields } = entry
    same(
      unsignedEntry(kind, prefix.flags, prefix, fields as never),
      expected['signed'],
      'written again',
    )
    verifyEntry(entry, bytes({ key: signKey ?? '' }, 'key'))
    if (cosignKey !== null) verifyCosign(entry, bytes({ key: cosignKey ?? '' }, 'key'))
    if (isMessageKind(entry.kind)) checkPayload(entry as EntryOf<MessageKind>)
    if (entry.kind === KIND.answer) checkAnswer(entry, bytes({ key: signKey ?? '' }, 'key'))
    same(typeof name, 'string', 'name')
  }
  same(seen.size, KINDS.length, 'kinds')
}

export const entries: VectorFile = {
  name: 'entries',
  about:
    'One entry of each kind: its bytes, every field, what is signed, by which key, its id and stub.',
  make,
  check,
}
