// Points that give every secret away: keys made of them verify or agree with anybody.
import { concat, fromHex } from '../../protocol/bytes.ts'

const withSign = (point: string): string[] => [point, point.slice(0, 62) + topBitSet(point)]
const topBitSet = (point: string): string =>
  (Number.parseInt(point.slice(62), 16) | 0x80).toString(16).padStart(2, '0')
const line = (first: string, middle: string, last: string): string =>
  first + middle.repeat(30) + last

const ZERO = line('00', '00', '00')
const ONE = line('01', '00', '00')
const MINUS_ONE = line('ec', 'ff', '7f')
const P = line('ed', 'ff', '7f')
const P_PLUS_ONE = line('ee', 'ff', '7f')

/** Every encoding of a point of small order on Ed25519: 8 canonical ones, 6 others. */
export const ED25519_SMALL: Uint8Array[] = [
  ZERO,
  ONE,
  MINUS_ONE,
  P,
  P_PLUS_ONE,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
]
  .flatMap(withSign)
  .map(fromHex)

/** Every encoding of a u of small order on X25519 or its twist; the top bit is ignored there. */
export const X25519_SMALL: Uint8Array[] = [
  ZERO,
  ONE,
  MINUS_ONE,
  P,
  P_PLUS_ONE,
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
]
  .flatMap(withSign)
  .map(fromHex)

const MLKEM_PUBLIC = 1184
const MLKEM_CIPHERTEXT = 1088

/** An X-Wing public key whose X25519 part is `u`. */
export const withSmallPublic = (publicKey: Uint8Array, u: Uint8Array): Uint8Array =>
  concat(publicKey.subarray(0, MLKEM_PUBLIC), u)

/** An X-Wing ciphertext whose X25519 part is `u`. */
export const withSmallCiphertext = (ciphertext: Uint8Array, u: Uint8Array): Uint8Array =>
  concat(ciphertext.subarray(0, MLKEM_CIPHERTEXT), u)

/** An X-Wing public key with one coefficient of its ML-KEM part at the modulus, or at another value. */
export function withLargeCoefficient(
  publicKey: Uint8Array,
  index: number,
  value = 3329,
): Uint8Array {
  const copy = publicKey.slice()
  const at = Math.floor(index / 2) * 3
  if (index % 2 === 0) {
    copy[at] = value & 0xff
    copy[at + 1] = ((copy[at + 1] as number) & 0xf0) | (value >> 8)
  } else {
    copy[at + 1] = ((copy[at + 1] as number) & 0x0f) | ((value & 0x0f) << 4)
    copy[at + 2] = value >> 4
  }
  return copy
}
