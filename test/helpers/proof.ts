// What a test has shown, as a line that other tools can read.
import { appendFileSync } from 'node:fs'

/**
 * Appends one JSON line `{id, title, …facts}` to the file that HOLDFAST_PROOF names; without it nothing
 * happens. Call it last, when everything has held.
 */
export function prove(
  id: string,
  title: string,
  facts: Record<string, string | number | boolean>,
): void {
  const file = process.env['HOLDFAST_PROOF']
  if (file === undefined || file === '') return
  appendFileSync(file, `${JSON.stringify({ id, title, ...facts })}\n`)
}
