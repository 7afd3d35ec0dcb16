// Whatever must be refused, with the code it is refused with.
import assert from 'node:assert/strict'
import { ProtocolError } from '../../protocol/errors.ts'
import { badForms, badSignatures } from './bad-forms.ts'
import { badInChannel, badInDirectory } from './bad-logs.ts'
import { badOutside } from './bad-outside.ts'
import {
  badAbsences,
  badRunning,
  badAnswers,
  badCardsAndFiles,
  badContents,
  badKeys,
  badMessages,
} from './bad-sealed.ts'
import { type JsonObject, list, object, text, toJson, type VectorFile } from './json.ts'
import { REFUSERS } from './refusals.ts'

function make(): JsonObject {
  const [inDirectory, inChannel] = [badInDirectory(), badInChannel()]
  const sealed = [
    badMessages(),
    badAnswers(),
    badContents(),
    badKeys(),
    badAbsences(),
    badRunning(),
    badCardsAndFiles(),
  ].flat()
  const logs = [...inDirectory.cases, ...inChannel.cases]
  const cases = [...badForms(), ...badSignatures(), ...logs, ...badOutside(), ...sealed]
  return toJson({
    scenes: { directory: inDirectory.scene, ...inChannel.scenes },
    cases,
  }) as JsonObject
}

function refusalOf(example: JsonObject, scenes: JsonObject): string {
  const refuse = REFUSERS[text(example, 'verifier')]
  assert.ok(refuse !== undefined, `unknown verifier ${text(example, 'verifier')}`)
  try {
    const { scene } = example
    refuse(typeof scene === 'string' ? { ...object(scenes[scene]), ...example } : example)
  } catch (error) {
    if (error instanceof ProtocolError) return error.code
    throw error
  }
  return 'accepted'
}

function check(file: JsonObject): void {
  const used = new Set<string>()
  for (const example of list(file, 'cases')) {
    const what = `${text(example, 'verifier')}: ${text(example, 'why')}`
    assert.equal(refusalOf(example, object(file['scenes'])), text(example, 'code'), what)
    used.add(text(example, 'verifier'))
  }
  assert.deepEqual(
    [...used].toSorted(),
    Object.keys(REFUSERS).toSorted(),
    'every verifier refuses something',
  )
}

export const bad: VectorFile = {
  name: 'bad',
  about:
    'Must be refused with `code`: `verifier` says what reads, verifies, opens or accepts it, in `scene` where logs stand before it.',
  make,
  check,
}
