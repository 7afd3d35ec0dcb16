// The options of the box as flags: one table says what there is (server/config.ts), and verbs say which they take.
import { type Given, OPTIONS } from '../server/config.ts'
import type { Arguments, Verb } from './verb.ts'

export type BoxOption = keyof typeof OPTIONS

function flagOf(name: BoxOption): [long: string, value: string] {
  return OPTIONS[name][1].replace(/^--/, '').split(' ') as [string, string]
}

export function optionsOf(...names: BoxOption[]): Verb['options'] {
  return Object.fromEntries(
    names.map((name) => {
      const [variable, , help] = OPTIONS[name]
      const [long, value] = flagOf(name)
      return [long, { type: 'string', value, help: `${help}; ${variable}` }]
    }),
  )
}

/** What was said as flags. */
export function given(args: Arguments): Given {
  const names = Object.keys(OPTIONS) as BoxOption[]
  return Object.fromEntries(names.map((name) => [name, args.text(flagOf(name)[0])]))
}
