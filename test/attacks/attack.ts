// How an attack is told: a story with its number, what the attacker wants, and proof that it did not come
// about. The controls (controls.ts) take the check out that stops it and look for exactly that success.
import { test, type TestContext } from 'node:test'
import { prove } from '../helpers/proof.ts'

export type Facts = Record<string, string | number | boolean>

/** The words that a control looks for in what a test prints. */
export const SUCCESS = 'the attack succeeds'

/** Whether everything is tried (`npm run attacks`) or a part (`npm test`). */
export const WHOLE = process.env['HOLDFAST_ATTACKS'] === 'whole'

/** A number of tries: all of them in `npm run attacks`, fewer in `npm test`. */
export const tries = (all: number, few: number): number => (WHOLE ? all : few)

export class AttackSucceeded extends Error {
  override readonly name = 'AttackSucceeded'

  constructor(what: string) {
    super(`${SUCCESS}: ${what}`)
  }
}

/** Fails, in words that no other failure has, when the attacker got what they wanted. */
export function thwarted(reached: boolean, what: string): void {
  if (reached) throw new AttackSucceeded(what)
}

/** For what must not end in a crash: a fault that is no refusal is a success of the attacker. */
export async function survives<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Error && error.name === 'ProtocolError') throw error
    throw new AttackSucceeded(`${what} (${String(error)})`)
  }
}

/** A story; what it counted goes to the proof file. */
export function attack(
  id: string,
  title: string,
  story: (t: TestContext) => Promise<Facts> | Facts,
): void {
  test(`${id} ${title}`, async (t) => {
    prove(id, title, await story(t))
  })
}
