// What a measurement of scale says: a bound that holds or not, and what was counted.
import { prove } from '../../test/helpers/proof.ts'

export const MIB = 1024 * 1024
export const mib = (bytes: number): number => Number((bytes / MIB).toFixed(1))
export const seconds = (since: number): number =>
  Number(((performance.now() - since) / 1000).toFixed(1))

/** Prints the line and keeps it for the page of proofs. Says whether it is met. */
export function tell(
  id: string,
  title: string,
  met: boolean,
  facts: Record<string, string | number>,
): boolean {
  const shown = Object.entries(facts).map(([name, value]) => `${name} ${value}`)
  process.stdout.write(
    `${id.padEnd(3)} ${title}  ${met ? 'met' : 'NOT MET'}  ${shown.join(', ')}\n`,
  )
  prove(id, title, { met, ...facts })
  return met
}
