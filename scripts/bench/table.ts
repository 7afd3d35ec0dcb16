// What a benchmark says: a figure, what it is held against, and its goal.
import { prove } from '../../test/helpers/proof.ts'

export type Figure = {
  id: string
  what: string
  /** Measured values with their units, ours first. */
  values: Record<string, string>
  ratio: number
  /** The ratio that was asked for; `least`: more is better. */
  goal: number
  least?: boolean
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}

export const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} ms`
export const us = (value: number): string => `${value.toFixed(1)} us`
export const kib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`
export const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`
export const each = (value: number): string => `${Math.round(value)}/s`

/** Prints the figure and keeps it for the page of proofs. */
export function tell(figure: Figure): void {
  const { id, what, values, ratio, goal, least = false } = figure
  const met = least ? ratio >= goal : ratio <= goal
  const shown = Object.entries(values).map(([name, value]) => `${name} ${value}`)
  const asked = `${least ? 'at least' : 'at most'} ${goal}`
  process.stdout.write(
    `${id.padEnd(4)} ${what.padEnd(58)} ${ratio.toFixed(2).padStart(7)}  goal ${asked.padEnd(13)} ${met ? 'met    ' : 'NOT MET'}  ${shown.join(', ')}\n`,
  )
  prove(`BENCH-${id}`, what, { ratio: Number(ratio.toFixed(3)), goal: asked, met, ...values })
}
