// Certificates of our own making (RFC 5280) and requests for those of others (RFC 2986), on ECDSA over P-256, which
// every phone takes.
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'
import { isIP } from 'node:net'
import {
  bits,
  bool,
  context,
  integer,
  octets,
  oid,
  primitive,
  sequence,
  setOf,
  time,
  utf8Text,
} from './der.ts'

export type Names = readonly string[]
export type Lifetime = { from: Date; until: Date }
export type Authority = { name: string; key: KeyObject }

const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'))
const SERVER_AUTH = oid('1.3.6.1.5.5.7.3.1')

/** Names stand where they are looked for; one here would be held against the constraints as a host. */
const SUBJECT = 'Holdfast'

export const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

export const pem = (label: string, der: Uint8Array): string => {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

export const keyText = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' })

/** Four or sixteen bytes. */
export function addressBytes(address: string): Uint8Array {
  if (isIP(address) === 4) return Uint8Array.from(address.split('.').map(Number))
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const words = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16))
  const [left, right] = [words(head), words(tail)]
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => 0)
  return Uint8Array.from([...left, ...zeros, ...right].flatMap((word) => [word >> 8, word & 0xff]))
}

const common = (name: string): Uint8Array =>
  sequence(setOf(sequence(oid('2.5.4.3'), utf8Text(name))))

const publicOf = (key: KeyObject): Uint8Array =>
  createPublicKey(key).export({ type: 'spki', format: 'der' })

const signed = (part: Uint8Array, key: KeyObject): Uint8Array =>
  sequence(part, ECDSA_SHA256, bits(0, sign('sha256', part, key)))

const extension = (id: string, critical: boolean, value: Uint8Array): Uint8Array =>
  sequence(oid(id), ...(critical ? [bool(true)] : []), octets(value))

const generalName = (name: string): Uint8Array =>
  isIP(name) === 0 ? primitive(2, Buffer.from(name)) : primitive(7, addressBytes(name))

const alternativeNames = (names: Names): Uint8Array =>
  extension('2.5.29.17', false, sequence(...names.map(generalName)))

const keyId = (key: KeyObject): Uint8Array =>
  createHash('sha256').update(publicOf(key)).digest().subarray(0, 20)

/** A request for a certificate, in DER. */
export function certificateRequest(names: Names, key: KeyObject): Uint8Array {
  const wanted = setOf(sequence(alternativeNames(names)))
  const attributes = context(0, sequence(oid('1.2.840.113549.1.9.14'), wanted))
  const version = integer(Uint8Array.of(0))
  return signed(sequence(version, sequence(), publicOf(key), attributes), key)
}

/**
 * An authority that can vouch for these names and nothing else, also when it is stolen: every other name, and every
 * address but those listed, is outside of what it may say (RFC 5280, section 4.2.1.10). In DER.
 */
export function authorityCertificate(
  { name, key }: Authority,
  names: Names,
  life: Lifetime,
): Uint8Array {
  const extensions = [
    extension('2.5.29.19', true, sequence(bool(true), integer(Uint8Array.of(0)))),
    extension('2.5.29.15', true, bits(1, Uint8Array.of(0x06))),
    extension('2.5.29.37', false, sequence(SERVER_AUTH)),
    extension('2.5.29.30', true, constraints(names)),
    extension('2.5.29.14', false, octets(keyId(key))),
  ]
  return certificate({ name, key }, name, publicOf(key), extensions, life)
}

/** In DER. `key`: that of whom it is for. */
export function leafCertificate(
  by: Authority,
  names: Names,
  key: KeyObject,
  life: Lifetime,
): Uint8Array {
  const extensions = [
    extension('2.5.29.19', true, sequence()),
    extension('2.5.29.15', true, bits(7, Uint8Array.of(0x80))),
    extension('2.5.29.37', false, sequence(SERVER_AUTH)),
    alternativeNames(names),
    extension('2.5.29.35', false, sequence(primitive(0, keyId(by.key)))),
    extension('2.5.29.14', false, octets(keyId(key))),
  ]
  return certificate(by, SUBJECT, publicOf(key), extensions, life)
}

function certificate(
  by: Authority,
  subject: string,
  publicKey: Uint8Array,
  extensions: Uint8Array[],
  { from, until }: Lifetime,
): Uint8Array {
  const body = sequence(
    context(0, integer(Uint8Array.of(2))),
    integer(randomBytes(16)),
    ECDSA_SHA256,
    common(by.name),
    sequence(time(from), time(until)),
    common(subject),
    publicKey,
    context(3, sequence(...extensions)),
  )
  return signed(body, by.key)
}

function constraints(names: Names): Uint8Array {
  const addresses = names.filter((name) => isIP(name) !== 0)
  const within = (base: Uint8Array): Uint8Array => sequence(base)
  const permitted = names
    .filter((name) => isIP(name) === 0)
    .map((name) => within(primitive(2, Buffer.from(name))))
  for (const address of addresses) permitted.push(within(primitive(7, exactly(address))))
  // Addresses of a kind that is not permitted anywhere have to be forbidden, or any would do.
  const forbidden = [4, 6]
    .filter((kind) => !addresses.some((address) => isIP(address) === kind))
    .map((kind) => within(primitive(7, new Uint8Array(kind === 4 ? 8 : 32))))
  // The same for names: the empty one stands for all.
  if (addresses.length === names.length) forbidden.push(within(primitive(2, new Uint8Array(0))))
  const excluded = forbidden.length === 0 ? [] : [context(1, ...forbidden)]
  return sequence(context(0, ...permitted), ...excluded)
}

/** An address and its mask. */
function exactly(address: string): Uint8Array {
  const bytes = addressBytes(address)
  return Buffer.concat([bytes, new Uint8Array(bytes.length).fill(0xff)])
}
