// Which X-Wing public keys can be sealed to at all. libsodium refuses the others when it is asked to seal,
// which is too late: one member's bad key would keep everybody from making new keys.
import { ensure } from './errors.ts'
import { XWING_PUBLIC_BYTES } from './sodium.ts'

/** ML-KEM-768: three polynomials of 256 coefficients, 12 bits each, below the modulus (FIPS 203, 7.2). */
const MLKEM_VECTOR_BYTES = 1152
const MLKEM_MODULUS = 3329
const X25519_AT = 1184

/** Every u of small order on the curve or its twist, without the top bit, which X25519 ignores. */
const SMALL_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]

/** Throws `malformed` for a key of another length, or one that nobody could seal to. */
export function checkXwingPublic(publicKey: Uint8Array): void {
  ensure(publicKey.length === XWING_PUBLIC_BYTES, 'malformed', 'X-Wing key')
  ensure(coefficientsFit(publicKey), 'malformed', 'X-Wing key: coefficient')
  ensure(!isSmallOrder(publicKey.subarray(X25519_AT)), 'malformed', 'X-Wing key: small order')
}

function coefficientsFit(publicKey: Uint8Array): boolean {
  const byte = (at: number): number => publicKey[at] as number
  for (let at = 0; at < MLKEM_VECTOR_BYTES; at += 3) {
    const middle = byte(at + 1)
    if ((((middle & 0x0f) << 8) | byte(at)) >= MLKEM_MODULUS) return false
    if (((byte(at + 2) << 4) | (middle >> 4)) >= MLKEM_MODULUS) return false
  }
  return true
}

function isSmallOrder(u: Uint8Array): boolean {
  const masked = u.slice()
  masked[31] = (masked[31] as number) & 0x7f
  return SMALL_ORDER.includes(masked.toHex())
}
