// What a verb is, and how its arguments come in.
import { parseArgs } from 'node:util'
import { ensure, ProtocolError } from '../protocol/errors.ts'
import { Output } from './output.ts'

type Option = { type: 'string' | 'boolean'; value?: string; help: string }

export type Verb = {
  usage: string
  summary: string
  /** Teaches by example. */
  help: string
  options: Record<string, Option>
  /** Least and most positional arguments. */
  positionals: [least: number, most: number]
  run(args: Arguments): Promise<void>
}

export class Arguments {
  readonly positionals: string[]
  readonly out: Output
  readonly #values: Record<string, string | boolean | undefined>

  constructor(positionals: string[], values: Record<string, string | boolean | undefined>) {
    this.positionals = positionals
    this.#values = values
    this.out = new Output(values['json'] === true)
  }

  text(name: string): string | undefined {
    const value = this.#values[name]
    return typeof value === 'string' ? value : undefined
  }

  flag(name: string): boolean {
    return this.#values[name] === true
  }

  need(name: string, hint: string): string {
    const value = this.text(name)
    ensure(value !== undefined && value !== '', 'usage', `${hint} is missing: --${name}`)
    return value
  }

  at(index: number): string {
    return this.positionals[index] ?? ''
  }
}

export const COMMON: Verb['options'] = {
  json: { type: 'boolean', help: 'one JSON object a line on standard output' },
  help: { type: 'boolean', help: 'this text' },
}

/** Throws `usage` for an unknown option or the wrong number of arguments. */
export function readArguments(verb: Verb, argv: string[]): Arguments {
  const options = Object.fromEntries(
    Object.entries({ ...verb.options, ...COMMON }).map(([name, { type }]) => [name, { type }]),
  )
  const { values, positionals } = parse(argv, options)
  const [least, most] = verb.positionals
  const asked = values['help'] === true
  ensure(asked || positionals.length >= least, 'usage', `holdfast ${verb.usage}`)
  ensure(asked || positionals.length <= most, 'usage', `too many arguments: holdfast ${verb.usage}`)
  return new Arguments(positionals, values)
}

type Parsed = { values: Record<string, string | boolean | undefined>; positionals: string[] }

function parse(argv: string[], options: Record<string, { type: 'string' | 'boolean' }>): Parsed {
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      options,
      allowPositionals: true,
      strict: true,
    })
    return { values: values, positionals }
  } catch (cause) {
    throw new ProtocolError('usage', cause instanceof Error ? cause.message : '', { cause })
  }
}

const WIDTH = 100
const INDENT = ' '.repeat(27)

/** What is too long for a line goes on below its own column. */
function wrapped(line: string): string {
  if (line.length <= WIDTH) return line
  const at = line.lastIndexOf(' ', WIDTH)
  return `${line.slice(0, at)}\n${wrapped(INDENT + line.slice(at + 1))}`
}

export function helpText(verb: Verb): string {
  const lines = Object.entries({ ...verb.options, ...COMMON }).map(([name, option]) => {
    const left = `  --${name}${option.type === 'string' ? ` ${option.value ?? 'VALUE'}` : ''}`
    return wrapped(`${left.padEnd(26)} ${option.help}`)
  })
  return `holdfast ${verb.usage}\n\n${verb.summary}\n\n${verb.help.trim()}\n\n${lines.join('\n')}\n`
}
