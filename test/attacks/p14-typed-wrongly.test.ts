// Keys that are texts, lists or too short, as a messenger once used them for a year without noticing; and keys
// that are less random than they look.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import * as sodium from '../../protocol/sodium.ts'
import { seed, seededBytes, seededPair } from '../helpers/seed.ts'
import { attack, thwarted, tries } from './attack.ts'
import type { Examined } from './examine-keys.ts'

const pair = seededPair('signer')
const text = seed('text')
const kemSeed = seed('kem')
const kem = sodium.xwingEncapsulate(sodium.xwingPublic(kemSeed))
const nonce = seededBytes('nonce', 24)
const sealed = sodium.aeadSeal(seed('key'), text, text, nonce)

/** Each function with good arguments; `exact`: those that have one length. */
type Use = { args: unknown[]; exact: number[] }
const USES: Record<string, Use> = {
  blake2b: { args: [32, text, seed('key')], exact: [2] },
  signPairFromSeed: { args: [seed('seed')], exact: [0] },
  signDetached: { args: [text, pair.secretKey], exact: [1] },
  verifyDetached: {
    args: [sodium.signDetached(text, pair.secretKey), text, pair.publicKey],
    exact: [0, 2],
  },
  aeadSeal: { args: [seed('key'), text, text, nonce], exact: [0, 3] },
  aeadOpen: { args: [seed('key'), text, sealed, nonce], exact: [0, 3] },
  stretch: { args: [text, seededBytes('salt', 16)], exact: [1] },
  xwingPublic: { args: [kemSeed], exact: [0] },
  xwingEncapsulate: { args: [sodium.xwingPublic(kemSeed)], exact: [0] },
  xwingEncapsulateWith: {
    args: [sodium.xwingPublic(kemSeed), seededBytes('coins', 64)],
    exact: [0, 1],
  },
  xwingDecapsulate: { args: [kem.ciphertext, kemSeed], exact: [0, 1] },
  'HashStream.add': { args: [text], exact: [] },
  randomBytes: { args: [32], exact: [] },
  wipe: { args: [seed('to be wiped')], exact: [] },
}
type Call = (...args: unknown[]) => unknown
const isClass = (value: unknown): boolean => String(value).startsWith('class ')
const FUNCTIONS = [
  ...Object.entries(sodium).filter(([, one]) => typeof one === 'function' && !isClass(one)),
  ['HashStream.add', (bytes: Uint8Array) => new sodium.HashStream().add(bytes)],
] as [string, Call][]

/** What looks like those bytes and is none; the library itself takes some of them. */
const impostors = (bytes: Uint8Array): unknown[] => [
  String.fromCharCode(...bytes),
  'x'.repeat(bytes.length),
  bytes.toHex(),
  [...bytes],
  Array.from({ length: bytes.length }, () => 0),
  bytes.buffer,
  new DataView(bytes.buffer),
  Uint16Array.from(bytes),
  Uint8ClampedArray.from(bytes),
  Object.assign({}, [...bytes], { length: bytes.length }),
  new Set(bytes),
  bytes.length,
  null,
  {},
  7,
  7n,
  true,
  Symbol('key'),
]
const lengths = (bytes: Uint8Array): Uint8Array[] => [
  bytes.subarray(1),
  bytes.subarray(0, 16),
  new Uint8Array([...bytes, 0]),
  new Uint8Array(0),
]

/** Refused, but not by the wrapper: what the library says is chance. */
const otherErrors: string[] = []

function taken(call: () => unknown): boolean {
  try {
    call()
    return true
  } catch (error) {
    if (!(error instanceof TypeError)) otherErrors.push(String(error))
    return false
  }
}

attack('P14', 'A text, a list or half a key is never taken for a key', () => {
  const classes = Object.entries(sodium).filter(([, value]) => isClass(value))
  assert.deepEqual(
    classes.map(([name]) => name),
    ['HashStream'],
  )
  assert.deepEqual(FUNCTIONS.map(([name]) => name).toSorted(), Object.keys(USES).toSorted())
  let tried = 0
  for (const [name, call] of FUNCTIONS) {
    const { args, exact } = USES[name] ?? assert.fail()
    assert.ok(
      taken(() => call(...args)),
      `${name} works`,
    )
    for (const [at, arg] of args.entries()) {
      if (!(arg instanceof Uint8Array)) continue
      const others = [
        ...impostors(arg),
        ...(exact.includes(at) ? lengths(arg).filter(({ length }) => length !== arg.length) : []),
      ]
      for (const other of others) {
        tried++
        const wrong = args.map((one, i) => (i === at ? other : one))
        const what = other instanceof Uint8Array ? `${other.length} bytes` : typeof other
        thwarted(
          taken(() => call(...wrong)),
          `${name} takes ${what} as argument ${at}`,
        )
      }
    }
  }
  for (const length of ['32', [32], 32.5, -1, null, undefined, Number.NaN, 2 ** 33]) {
    tried++
    thwarted(
      taken(() => sodium.randomBytes(length as never)),
      `randomBytes takes ${String(length)}`,
    )
  }
  assert.deepEqual(otherErrors, [])
  return { functions: FUNCTIONS.length, tried }
})

attack('P14', 'Keys are as random as their length says', () => {
  const count = tries(1_000_000, 5_000)
  const { NODE_TEST_CONTEXT: _context, ...env } = process.env
  const script = join(import.meta.dirname, 'examine-keys.ts')
  const said = execFileSync(process.execPath, [script, String(count)], { env, encoding: 'utf8' })
  const { ones, neverSeen, distinct } = JSON.parse(said) as Examined
  assert.equal(ones.length, 256)
  thwarted(distinct < count, 'a key came twice')
  // Six standard deviations: once in two million runs over all 256 bits.
  const allowed = 3 * Math.sqrt(count)
  const worst = Math.max(...ones.map((one) => Math.abs(one - count / 2)))
  thwarted(worst > allowed, 'a bit of the key is known in advance')
  thwarted(neverSeen > 0, 'a byte of the key never takes some of its values')
  return { keys: count, worstBias: Number((worst / count).toFixed(5)) }
})
