// Every kind of random object, and how many of a hundred are of it.
import { CHANNEL_MAKERS } from './channel-logs.ts'
import { DIRECTORY_MAKERS } from './directory-logs.ts'
import { Dice, loadDice } from './dice.ts'
import { ENTRY_MAKERS } from './make-entries.ts'
import { FORM_MAKERS } from './make-forms.ts'
import { OUTSIDE_MAKERS } from './make-outside.ts'
import { SEALED_MAKERS } from './make-sealed.ts'
import { judged, type Kind, type Make, type RandomObject, type Read } from './objects.ts'
import { FORM_READERS } from './read-forms.ts'
import { LOG_READERS } from './read-logs.ts'
import { SEALED_READERS } from './read-sealed.ts'

const READERS = { ...FORM_READERS, ...SEALED_READERS, ...LOG_READERS }
const MAKERS = {
  ...ENTRY_MAKERS,
  ...OUTSIDE_MAKERS,
  ...FORM_MAKERS,
  ...SEALED_MAKERS,
  ...DIRECTORY_MAKERS,
  ...CHANNEL_MAKERS,
}
export type Name = keyof typeof READERS

/** Percent of all objects; whole logs weigh most, because each holds some twenty entries. */
const WEIGHTS: Record<Name, number> = {
  entry: 16,
  header: 3,
  'entry signature': 4,
  'second signature': 2,
  'operation data': 2,
  prekey: 2,
  receipt: 2.5,
  head: 2.5,
  report: 2.5,
  request: 4,
  signature: 4,
  hash: 1,
  kdf: 1,
  'x-wing key': 0.5,
  'x-wing seal': 0.5,
  'x-wing open': 1,
  'from paper': 4,
  'to paper': 1,
  pad: 1.5,
  unpad: 3,
  content: 5,
  frame: 3,
  page: 1.5,
  body: 4,
  message: 4,
  payload: 2,
  answer: 1,
  'answer open': 1.5,
  epoch: 1,
  'epoch wrap': 2,
  'records wrap': 1,
  'records open': 1,
  response: 0.5,
  history: 1.5,
  card: 0.5,
  'card blob': 2,
  profile: 2,
  absence: 1,
  running: 1,
  title: 1,
  chunk: 1,
  directory: 6,
  checkpoint: 1.5,
  channel: 6,
  answers: 1.5,
  crowded: 0.06,
}

/** Of every kind its share, spread evenly so that a short look meets all of them; of the rare ones at least one. */
function plan(count: number): Name[] {
  const names = Object.keys(WEIGHTS) as Name[]
  const total = names.reduce((sum, name) => sum + WEIGHTS[name], 0)
  const placed = names.flatMap((name) => {
    const share = Math.max(Math.round((count * WEIGHTS[name]) / total), count >= 300 ? 1 : 0)
    return Array.from({ length: share }, (_, i) => ({ name, at: (i + 0.5) / share }))
  })
  const inOrder = placed.toSorted((a, b) => a.at - b.at).map(({ name }) => name)
  return Array.from({ length: count }, (_, i) => inOrder[i] ?? 'entry')
}

/** Objects that depend on nothing but the seed and their kinds. */
export function* randomObjects(
  count: number,
  seed: string,
  names: readonly Name[] = plan(count),
): Generator<RandomObject> {
  const makers: Record<Name, Make> = MAKERS
  const readers: Record<Name, Read> = READERS
  loadDice(new Dice(`${seed} libsodium`))
  for (const [i, name] of names.entries()) {
    const kind: Kind = { make: makers[name], read: readers[name] }
    yield judged(i + 1, name, kind, new Dice(`${seed} object ${i + 1}`))
  }
}
