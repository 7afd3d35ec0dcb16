// What a test has shown, for whoever wants it in one table: a line for each proof, in the file that
// HOLDFAST_PROOF names. Without it nothing is written.
import { appendFileSync } from 'node:fs'

export function prove(
  id: string,
  title: string,
  facts: Record<string, string | number | boolean>,
): void {
  const file = process.env['HOLDFAST_PROOF']
  if (file !== undefined && file !== '')
    appendFileSync(file, `${JSON.stringify({ id, title, ...facts })}\n`)
}
