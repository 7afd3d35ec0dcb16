// Names, titles, absences and what devices run, under the directory key DK: a stolen box shows none of them. DK travels
// in the card.
import { concat } from './bytes.ts'
import { type Decoded, decode, encode, struct, text, u64 } from './codec.ts'
import { ensure } from './errors.ts'
import { type DeviceId, hash32, type OrgId, type PersonId } from './ids.ts'
import { KIND } from './kinds.ts'
import { ABSENCE_BYTES, MAX_NOTE, MAX_PROFILE, MAX_TITLE, RUNNING_BYTES } from './limits.ts'
import { pad, unpad } from './padding.ts'
import { AEAD_NONCE_BYTES, aeadOpen, aeadSeal, randomBytes } from './sodium.ts'

const STEP = 64
const steps = (length: number): number => Math.ceil(length / STEP) * STEP
const oneSize = (): number => ABSENCE_BYTES

const profile = struct({
  name: text(1, 200),
  mail: text(1, 254),
  mobile: text(1, 40),
  department: text(1, 200),
  site: text(1, 200),
  title: text(1, 200),
})
export type Profile = Decoded<typeof profile>

export const EMPTY_PROFILE: Profile = {
  name: '',
  mail: '',
  mobile: '',
  department: '',
  site: '',
  title: '',
}

function seal(dk: Uint8Array, aad: Uint8Array, plain: Uint8Array, bucket = steps): Uint8Array {
  const nonce = randomBytes(AEAD_NONCE_BYTES)
  return concat(nonce, aeadSeal(dk, aad, pad(plain, bucket), nonce))
}

function open(dk: Uint8Array, aad: Uint8Array, sealed: Uint8Array, bucket = steps): Uint8Array {
  ensure(sealed.length > AEAD_NONCE_BYTES, 'cannot_open')
  const nonce = sealed.subarray(0, AEAD_NONCE_BYTES)
  return unpad(aeadOpen(dk, aad, sealed.subarray(AEAD_NONCE_BYTES), nonce), bucket)
}

/** Bound to the person, so that the box cannot give one person's name to another. */
export function sealProfile(dk: Uint8Array, person: PersonId, value: Profile): Uint8Array {
  return seal(dk, person, encode(profile, value))
}

export function openProfile(dk: Uint8Array, person: PersonId, sealed: Uint8Array): Profile {
  return decode(profile, open(dk, person, sealed), MAX_PROFILE)
}

const title = struct({ title: text(1, MAX_TITLE) })

/** The signature of the operation around it binds a title to its channel. */
export function sealTitle(dk: Uint8Array, org: OrgId, value: string): Uint8Array {
  return seal(dk, org, encode(title, { title: value }))
}

export function openTitle(dk: Uint8Array, org: OrgId, sealed: Uint8Array): string {
  return decode(title, open(dk, org, sealed), MAX_PROFILE).title
}

const absence = struct({ until: u64, note: text(1, MAX_NOTE) })
/** `until`: milliseconds, 0: here again. */
export type AbsenceWord = Decoded<typeof absence>

/** The kind of its entry stands beside the person: a profile never opens as an absence, nor the reverse. */
const absenceAad = (person: PersonId): Uint8Array => concat(person, Uint8Array.of(KIND.absence))

export function sealAbsence(dk: Uint8Array, person: PersonId, value: AbsenceWord): Uint8Array {
  return seal(dk, absenceAad(person), encode(absence, value), oneSize)
}

export function openAbsence(dk: Uint8Array, person: PersonId, sealed: Uint8Array): AbsenceWord {
  return decode(absence, open(dk, absenceAad(person), sealed, oneSize), ABSENCE_BYTES)
}

const running = struct({ version: text(1, 20), manifest: hash32 })
/** `version`: X.Y.Z; `manifest`: SHA-256 of the manifest, zeros where there is none. */
export type Running = Decoded<typeof running>

const oneRunning = (): number => RUNNING_BYTES
const runningAad = (device: DeviceId): Uint8Array => concat(device, Uint8Array.of(KIND.running))

/** Bound to the device: the box cannot say of one what another has said of itself. */
export function sealRunning(dk: Uint8Array, device: DeviceId, value: Running): Uint8Array {
  return seal(dk, runningAad(device), encode(running, value), oneRunning)
}

export function openRunning(dk: Uint8Array, device: DeviceId, sealed: Uint8Array): Running {
  return decode(running, open(dk, runningAad(device), sealed, oneRunning), RUNNING_BYTES)
}
