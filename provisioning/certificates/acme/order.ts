// One certificate from an authority that speaks ACME (RFC 8555, section 7): account, order, challenges, finish.
import { createHash, type KeyObject } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { ensure, ProtocolError } from '../../../protocol/errors.ts'
import { certificateRequest, type Names } from '../x509.ts'
import { exchange, headerOf, keyAuthorization, Signed } from './transport.ts'

/** How a name is shown to be ours. Each call resolves when it is there, or gone. */
export type Solver = {
  type: 'http-01' | 'dns-01'
  /** `proof`: for HTTP what is answered under the token, for DNS the text of the record. */
  show(name: string, token: string, proof: string): Promise<void>
  hide(name: string, token: string, proof: string): Promise<void>
}
export type Authority = {
  directory: string
  /** Trusted besides those of the system, in PEM. */
  ca: string | null
  email: string | null
  account: KeyObject
}

/** How long an authority may think. Milliseconds. */
const PATIENCE = 180_000
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 10_000

type Json = Record<string, unknown>

/** The chain in PEM. Throws `acme_unreachable`, `acme_refused`, or what the solver throws. */
export async function order(
  authority: Authority,
  names: Names,
  key: KeyObject,
  solver: Solver,
): Promise<string> {
  const { directory, ca, account } = authority
  const places = parse((await exchange('GET', directory, ca)).body)
  const signed = new Signed(account, text(places, 'newNonce'), ca)
  const contact = authority.email === null ? {} : { contact: [`mailto:${authority.email}`] }
  const agreed = { termsOfServiceAgreed: true, ...contact }
  signed.account = placeOf(await signed.post(text(places, 'newAccount'), agreed))
  const identifiers = names.map((value) => ({ type: 'dns', value }))
  const made = await signed.post(text(places, 'newOrder'), { identifiers })
  const place = placeOf(made)
  for (const url of texts(parse(made.body), 'authorizations'))
    await authorize(signed, url, account, solver)
  const ready = await until(signed, place, ['ready', 'valid'])
  const csr = Buffer.from(certificateRequest(names, key)).toString('base64url')
  await signed.post(text(ready, 'finalize'), { csr })
  const done = await until(signed, place, ['valid'])
  return (await signed.post(text(done, 'certificate'), null)).body
}

async function authorize(
  signed: Signed,
  url: string,
  account: KeyObject,
  solver: Solver,
): Promise<void> {
  const found = parse((await signed.post(url, null)).body)
  if (found['status'] === 'valid') return
  const name = text(found['identifier'] as Json, 'value')
  const challenge = (found['challenges'] as Json[]).find(({ type }) => type === solver.type)
  ensure(challenge !== undefined, 'acme_refused', `${name}: no ${solver.type} is offered`)
  const token = text(challenge, 'token')
  const proof = proofFor(solver.type, keyAuthorization(token, account))
  try {
    await solver.show(name, token, proof)
    await signed.post(text(challenge, 'url'), {})
    await until(signed, url, ['valid'])
  } finally {
    await solver.hide(name, token, proof)
  }
}

/** Section 8.3: the authorization itself; section 8.4: its hash. */
const proofFor = (type: Solver['type'], authorization: string): string =>
  type === 'http-01'
    ? authorization
    : createHash('sha256').update(authorization).digest('base64url')

/** Asks until it has one of the states. Throws `acme_refused` when it cannot come to them any more, or takes too long. */
async function until(signed: Signed, url: string, states: string[]): Promise<Json> {
  const end = performance.now() + PATIENCE
  for (let wait = FIRST_PAUSE; ; wait = Math.min(wait * 2, LONGEST_PAUSE)) {
    const answer = await signed.post(url, null)
    const found = parse(answer.body)
    const state = text(found, 'status')
    if (states.includes(state)) return found
    ensure(state !== 'invalid' && performance.now() < end, 'acme_refused', whyNot(answer.body))
    const asked = Number(headerOf(answer, 'retry-after')) * 1000
    await pause(Math.min(Math.max(wait, Number.isNaN(asked) ? 0 : asked), LONGEST_PAUSE))
  }
}

/** The authority's own sentence is the best that there is. */
function whyNot(body: string): string {
  const said = [...body.matchAll(/"detail"\s*:\s*"((?:[^"\\]|\\.){0,300})"/g)].at(-1)?.[1]
  return (said ?? 'it takes too long').replaceAll(/[^\x20-\x7e]/g, ' ')
}

function parse(body: string): Json {
  try {
    const value: unknown = JSON.parse(body)
    if (typeof value === 'object' && value !== null) return value as Json
  } catch {
    // Said below.
  }
  throw new ProtocolError(
    'acme_refused',
    'no answer of ACME: is the address of the directory right?',
  )
}

function text(from: Json | undefined, name: string): string {
  const value = from?.[name]
  ensure(typeof value === 'string', 'acme_refused', `the answer lacks ${name}`)
  return value
}

function texts(from: Json, name: string): string[] {
  const value = from[name]
  ensure(Array.isArray(value), 'acme_refused', `the answer lacks ${name}`)
  return value.filter((one): one is string => typeof one === 'string')
}

function placeOf(answer: Parameters<typeof headerOf>[0]): string {
  const place = headerOf(answer, 'location')
  ensure(place !== null, 'acme_refused', 'the answer lacks a location')
  return place
}
