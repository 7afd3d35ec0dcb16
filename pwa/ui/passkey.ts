// Passkeys as a lock: the platform asks for the finger or the face, and answers with 32 bytes that only this
// passkey gives for that salt (WebAuthn, the PRF extension).
import { Refused } from './link.ts'

const TIMEOUT = 60_000

type Made = { credential: Uint8Array; salt: Uint8Array; prf: Uint8Array }
type Bytes = Uint8Array<ArrayBuffer>

const random = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length))

/** Whether this device has something to make one with. That it can do PRF too shows only when it is made. */
export async function mayHavePasskey(): Promise<boolean> {
  if (typeof PublicKeyCredential === 'undefined') return false
  return PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable()
}

/** Throws `Refused`: `passkey_unable` where this platform has no PRF, `passkey_refused` where nobody agreed. */
export async function makePasskey(name: string): Promise<Made> {
  const salt = random(32)
  const made = await agreed(() =>
    navigator.credentials.create({
      publicKey: {
        rp: { id: location.hostname, name: 'Holdfast' },
        // A name for the list of the platform; the id says nothing about anybody.
        user: { id: random(16), name, displayName: name },
        challenge: random(32),
        pubKeyCredParams: [
          { type: 'public-key', alg: -7 },
          { type: 'public-key', alg: -257 },
        ],
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
        timeout: TIMEOUT,
        extensions: { prf: { eval: { first: salt } } },
      },
    }),
  )
  const credential = new Uint8Array(made.rawId)
  const { prf } = made.getClientExtensionResults()
  if (prf?.enabled !== true) throw new Refused({ code: 'passkey_unable', detail: '' })
  // Some answer at once, the others only when they are asked.
  const first = prf.results?.first
  return { credential, salt, prf: first ? bytesOf(first) : await askPasskey(credential, salt) }
}

/** What the passkey answers. Throws as above. */
export async function askPasskey(credential: Uint8Array, salt: Uint8Array): Promise<Uint8Array> {
  const given = await agreed(() =>
    navigator.credentials.get({
      publicKey: {
        challenge: random(32),
        rpId: location.hostname,
        allowCredentials: [{ type: 'public-key', id: credential as Bytes }],
        userVerification: 'required',
        timeout: TIMEOUT,
        extensions: { prf: { eval: { first: salt as Bytes } } },
      },
    }),
  )
  const first = given.getClientExtensionResults().prf?.results?.first
  if (first === undefined) throw new Refused({ code: 'passkey_unable', detail: '' })
  return bytesOf(first)
}

async function agreed(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const answer = await ask()
    if (answer instanceof PublicKeyCredential) return answer
  } catch {
    // The platform does not tell apart who said no, what is missing and what took too long.
  }
  throw new Refused({ code: 'passkey_refused', detail: '' })
}

const bytesOf = (given: BufferSource): Uint8Array =>
  given instanceof ArrayBuffer
    ? new Uint8Array(given)
    : new Uint8Array(given.buffer, given.byteOffset, given.byteLength)
