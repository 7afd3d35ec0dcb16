// A key agreement that is not the published one would agree with nobody, or with somebody it should not. The
// vectors of the X-Wing draft; test/protocol/sodium.test.ts runs them too, one by one.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import { xwingDecapsulate, xwingEncapsulateWith, xwingPublic } from '../../protocol/sodium.ts'
import { attack, thwarted } from './attack.ts'

type Vector = Record<'seed' | 'eseed' | 'pk' | 'ct' | 'ss', string>
const file = readFileSync(new URL('../vectors/xwing.json', import.meta.url), 'utf8')
const { vectors } = JSON.parse(file) as { vectors: Vector[] }

attack('P20', 'Keys are agreed exactly as the published standard says', () => {
  assert.ok(vectors.length >= 3)
  for (const { seed, eseed, pk, ct, ss } of vectors) {
    const { ciphertext, secret } = xwingEncapsulateWith(fromHex(pk), fromHex(eseed))
    const made = [xwingPublic(fromHex(seed)), ciphertext, secret].map(toHex)
    const back = toHex(xwingDecapsulate(fromHex(ct), fromHex(seed)))
    thwarted([...made, back].join() !== [pk, ct, ss, ss].join(), 'another key agreement is used')
  }
  return { vectors: vectors.length, bytes: vectors.length * (1216 + 1120 + 32 + 32) }
})
