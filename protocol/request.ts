// Requests are signed by the device: no cookies, no tokens, and no dependence on the phone's clock,
// since the box hands out the window value that a signature belongs to.
import { type Decoded, decode, encode, fixed, oneOf, struct, text } from './codec.ts'
import { VERSION, version } from './entry.ts'
import { ensure } from './errors.ts'
import { deviceId, type Hash, hash32, orgId } from './ids.ts'
import { hash, sign, verify } from './labels.ts'
import { SIGNATURE_BYTES } from './sodium.ts'

export const METHOD = { GET: 1, POST: 2, PUT: 3, DELETE: 4, LIVE: 0xff } as const
export type Method = keyof typeof METHOD

const credential = {
  ver: version,
  org: orgId,
  device: deviceId,
  window: fixed(16),
  nonce: fixed(16),
}
const unsigned = struct({
  ...credential,
  method: oneOf(1, Object.values(METHOD)),
  host: text(1, 255),
  target: text(2, 2048),
  bodyHash: hash32,
})
/** What travels beside the request: the rest of the signed bytes is the request itself. */
const signature = struct({ ...credential, sig: fixed(SIGNATURE_BYTES) })
export type RequestSignature = Decoded<typeof signature>
export const REQUEST_SIGNATURE_BYTES = 129

export type SignedRequest = { method: Method; host: string; target: string; body: Uint8Array }

/** In the header `Holdfast-Signature`, and as the first frame of a live connection. */
export function signRequest(
  who: Omit<RequestSignature, 'ver' | 'sig'>,
  request: SignedRequest,
  secretKey: Uint8Array,
): Uint8Array {
  const bytes = signedBytes({ ver: VERSION, ...who }, request)
  return encode(signature, { ver: VERSION, ...who, sig: sign('req', bytes, secretKey) })
}

function signedBytes(who: Omit<RequestSignature, 'sig'>, request: SignedRequest): Uint8Array {
  const { method, host, target, body } = request
  return encode(unsigned, {
    ...who,
    method: METHOD[method],
    host,
    target,
    bodyHash: requestBodyHash(body),
  })
}

function requestBodyHash(body: Uint8Array): Hash {
  return hash('request-body', body)
}

export function decodeRequestSignature(bytes: Uint8Array): RequestSignature {
  return decode(signature, bytes, REQUEST_SIGNATURE_BYTES)
}

/** The target is compared as sent, undecoded; the host as configured, in lower case. */
export function verifyRequest(
  value: RequestSignature,
  request: SignedRequest,
  signPk: Uint8Array,
): void {
  const { sig, ...who } = value
  ensure(verify('req', sig, signedBytes(who, request), signPk), 'bad_signature', 'request')
}
