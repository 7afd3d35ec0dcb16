// Who signed this request? Nothing but the signature counts: no cookie, no token, no address.
import { fromBase64Url } from '../protocol/bytes.ts'
import type { Device } from '../protocol/directory-state.ts'
import { ensure, ProtocolError } from '../protocol/errors.ts'
import {
  decodeRequestSignature,
  type RequestSignature,
  type SignedRequest,
  verifyRequest,
} from '../protocol/request.ts'
import type { Context } from './context.ts'
import { LIMITS } from './limits.ts'
import type { Organisation } from './org/organisation.ts'

export type Caller = { org: Organisation; device: Device }

/** `host` is taken from the request's Host header and has to be one the box answers to. */
export function authenticate(
  context: Context,
  signature: string | undefined,
  request: SignedRequest,
  address: string,
): Caller {
  try {
    ensure(signature !== undefined, 'signature_missing')
    return check(context, fromBase64Url(signature), request)
  } catch (error) {
    if (error instanceof ProtocolError && error.code !== 'window') {
      context.rate.spend(`strangers:${address}`, LIMITS.strangers)
    }
    throw error
  }
}

/** The same, for the bytes that open a live connection. */
export function check(context: Context, signature: Uint8Array, request: SignedRequest): Caller {
  const claim = decodeRequestSignature(signature)
  ensure(
    context.hosts.has(request.host),
    'bad_signature',
    `the box does not answer to ${request.host}`,
  )
  context.windows.check(claim.window, claim.nonce)
  const { org, device } = find(context, claim)
  verifyRequest(claim, request, device.signPk)
  context.windows.use(claim.window, claim.nonce)
  ensure(device.until === null, 'device_revoked')
  return { org, device }
}

function find(context: Context, claim: RequestSignature): Caller {
  const org = context.orgs.get(claim.org)
  const device = org?.directory.devices.get(claim.device)
  ensure(org !== undefined && device !== undefined, 'device_unknown')
  return { org, device }
}

/** A device that waits for approval may read the directory and nothing else. */
export function ensureActive(caller: Caller): void {
  ensure(caller.device.from !== null, 'device_pending')
}
