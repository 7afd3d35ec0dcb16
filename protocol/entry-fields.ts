// The fields of each kind of entry, between the prefix and the signature (PROTOCOL.md, "Entries").
import {
  between,
  blob,
  type Codec,
  type Decoded,
  fixed,
  list,
  oneOf,
  struct,
  u16,
  u32,
  u64,
  u8,
} from './codec.ts'
import {
  deviceId,
  epochId,
  type Hash,
  hash32,
  ID_BYTES,
  logId,
  messageId,
  personId,
} from './ids.ts'
import { CHANNEL_ROLE, KIND, type Kind, ROLE } from './kinds.ts'
import {
  ABSENCE_BYTES,
  MAX_PROFILE,
  MAX_SEGMENTS,
  MAX_SUBJECTS,
  MAX_WRAPS,
  RUNNING_BYTES,
} from './limits.ts'
import {
  AEAD_NONCE_BYTES,
  AEAD_TAG_BYTES,
  SIGN_PUBLIC_BYTES,
  SIGNATURE_BYTES,
  XWING_CIPHERTEXT_BYTES,
  XWING_PUBLIC_BYTES,
} from './sodium.ts'

const signPk = fixed(SIGN_PUBLIC_BYTES)
const signature = fixed(SIGNATURE_BYTES)
const role = oneOf(1, Object.values(ROLE))
const channelRole = oneOf(1, Object.values(CHANNEL_ROLE))
export const sealedProfile = blob(2, MAX_PROFILE + AEAD_NONCE_BYTES + AEAD_TAG_BYTES)
export const sealedAbsence = fixed(AEAD_NONCE_BYTES + ABSENCE_BYTES + AEAD_TAG_BYTES)
const sealedRunning = fixed(AEAD_NONCE_BYTES + RUNNING_BYTES + AEAD_TAG_BYTES)

/** What an entry of a channel says about the order of the two logs. */
const directoryPlace = { dirN: u64, dirH: hash32 }

const found = struct({ cardPk: signPk, person: personId, rootPk: signPk, pop: signature })
const person = struct({
  person: personId,
  role,
  state: oneOf(1, [1]),
  dkVer: u16,
  sealed: sealedProfile,
})
const card = struct({ person: personId, cardPk: signPk, role, notAfter: u64 })
const device = struct({ person: personId, issuer: oneOf(1, [0]), signPk, pop: signature })
const approve = struct({ device: deviceId })

/** What a `revoke` takes away. */
export const REVOKE = { person: 1, device: 2, card: 3 } as const
/** Why; shown to people, without effect. */
export const REASON = { left: 1, lost: 2, replaced: 3, misuse: 4, other: 5 } as const
const revoke = struct({
  what: oneOf(1, Object.values(REVOKE)),
  subject: fixed(ID_BYTES),
  voidFrom: u64,
  reason: oneOf(1, Object.values(REASON)),
})

const tick = struct({})
const box = struct({ boxPk: signPk })
/** Of the organisation's records key, without the sealed names of its custodians. */
export const recordsFields = {
  recKey: fixed(ID_BYTES),
  recPk: fixed(XWING_PUBLIC_BYTES),
  needed: u8,
  custodians: u8,
}
const records = struct({ ...recordsFields, names: sealedProfile })
/** Of the state before this entry. */
const checkpoint = struct({ stateHash: hash32 })
const absence = struct({ person: personId, dkVer: u16, sealed: sealedAbsence })
/** Which release the signing device runs. */
const running = struct({ dkVer: u16, sealed: sealedRunning })

/** The place from which a log goes on after a backup was brought back. */
const restore = struct({ log: logId, cutN: u64, cutH: hash32 })

/** One layout for all seven operations; `data` depends on the kind. */
const operation = struct({
  membN: u32,
  membPrev: hash32,
  ...directoryPlace,
  role: channelRole,
  subjects: list(2, MAX_SUBJECTS, personId),
  data: blob(2, MAX_PROFILE),
})

const core = {
  seg: between(2, 0, MAX_SEGMENTS - 1),
  prevEpoch: epochId,
  membN: u32,
  membHead: hash32,
  ...directoryPlace,
  nonce: fixed(16),
  notAfter: u64,
  nwraps: u16,
}
const recKey = fixed(ID_BYTES)
export const REC_WRAP_BYTES = XWING_CIPHERTEXT_BYTES + 32 + AEAD_TAG_BYTES
const recWrap = fixed(REC_WRAP_BYTES)
const coreCodec = struct(core)
type Core = Decoded<typeof coreCodec>
export type Announce = Core & {
  akCommit: Hash
  records: { key: Uint8Array; wrap: Uint8Array } | null
}

/** The records key and wrap are there exactly when flag bit 0 is set. */
function announce(recorded: boolean): Codec<Announce> {
  return {
    write(w, v) {
      coreCodec.write(w, v)
      if (recorded && v.records !== null) recKey.write(w, v.records.key)
      hash32.write(w, v.akCommit)
      if (recorded && v.records !== null) recWrap.write(w, v.records.wrap)
    },
    read(r) {
      const fields = coreCodec.read(r)
      const key = recorded ? recKey.read(r) : null
      const akCommit = hash32.read(r)
      return { ...fields, akCommit, records: key === null ? null : { key, wrap: recWrap.read(r) } }
    },
  }
}
const announcePlain = announce(false)
const announceRecorded = announce(true)

const extension = struct({
  epoch: epochId,
  gen: u16,
  membN: u32,
  membHead: hash32,
  ...directoryPlace,
  akgCommit: hash32,
  nwraps: between(2, 0, MAX_WRAPS),
})

const message = struct({
  seq: u64,
  mid: messageId,
  ttl: u32,
  nseg: between(1, 1, MAX_SEGMENTS),
  commit: hash32,
  wrapsHash: hash32,
  bodyHash: hash32,
})

const answer = struct({ person: personId, seq: u32, respEpoch: epochId, bodyHash: hash32 })

export type FieldsByKind = {
  [KIND.found]: Decoded<typeof found>
  [KIND.person]: Decoded<typeof person>
  [KIND.card]: Decoded<typeof card>
  [KIND.device]: Decoded<typeof device>
  [KIND.approve]: Decoded<typeof approve>
  [KIND.revoke]: Decoded<typeof revoke>
  [KIND.tick]: Decoded<typeof tick>
  [KIND.box]: Decoded<typeof box>
  [KIND.records]: Decoded<typeof records>
  [KIND.checkpoint]: Decoded<typeof checkpoint>
  [KIND.absence]: Decoded<typeof absence>
  [KIND.restore]: Decoded<typeof restore>
  [KIND.running]: Decoded<typeof running>
  [KIND.create]: Decoded<typeof operation>
  [KIND.add]: Decoded<typeof operation>
  [KIND.remove]: Decoded<typeof operation>
  [KIND.role]: Decoded<typeof operation>
  [KIND.policy]: Decoded<typeof operation>
  [KIND.respkey]: Decoded<typeof operation>
  [KIND.title]: Decoded<typeof operation>
  [KIND.announce]: Announce
  [KIND.extension]: Decoded<typeof extension>
  [KIND.text]: Decoded<typeof message>
  [KIND.alert]: Decoded<typeof message>
  [KIND.exercise]: Decoded<typeof message>
  [KIND.control]: Decoded<typeof message>
  [KIND.answer]: Decoded<typeof answer>
}
export type FieldsOf<K extends Kind> = FieldsByKind[K]

const CODECS: { [K in Kind]: Codec<FieldsByKind[K]> } = {
  [KIND.found]: found,
  [KIND.person]: person,
  [KIND.card]: card,
  [KIND.device]: device,
  [KIND.approve]: approve,
  [KIND.revoke]: revoke,
  [KIND.tick]: tick,
  [KIND.box]: box,
  [KIND.records]: records,
  [KIND.checkpoint]: checkpoint,
  [KIND.absence]: absence,
  [KIND.restore]: restore,
  [KIND.running]: running,
  [KIND.create]: operation,
  [KIND.add]: operation,
  [KIND.remove]: operation,
  [KIND.role]: operation,
  [KIND.policy]: operation,
  [KIND.respkey]: operation,
  [KIND.title]: operation,
  [KIND.announce]: announcePlain,
  [KIND.extension]: extension,
  [KIND.text]: message,
  [KIND.alert]: message,
  [KIND.exercise]: message,
  [KIND.control]: message,
  [KIND.answer]: answer,
}

export function fieldsCodec<K extends Kind>(kind: K, recorded: boolean): Codec<FieldsByKind[K]> {
  return (kind === KIND.announce && recorded ? announceRecorded : CODECS[kind]) as Codec<
    FieldsByKind[K]
  >
}

/** The bytes of an announce that its keys are bound to: everything before the key commitment. */
export const ANNOUNCE_CORE_BYTES = 120
export const MESSAGE_HEAD0_BYTES = 61
export const ANSWER_HEAD0_BYTES = 36
