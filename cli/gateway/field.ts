// Reading the configuration strictly: each complaint names the place, as in routes[0].bearer.file.
import { ProtocolError } from '../../protocol/errors.ts'

/** A value of the configuration and where it stands. */
export class Field {
  readonly path: string
  readonly #value: unknown

  constructor(path: string, value: unknown) {
    this.path = path
    this.#value = value
  }

  /** Throws `gateway_config` with the place and `what` is wrong there. */
  fail(what: string): never {
    throw new ProtocolError('gateway_config', this.path === '' ? what : `${this.path}: ${what}`)
  }

  get isNull(): boolean {
    return this.#value === null
  }

  /** An object with keys of `known` only: a mistyped key is an error, not a setting that is ignored. */
  object(known: readonly string[]): Fields {
    const entries = this.#entries()
    const stranger = entries.find(([key]) => !known.includes(key))
    if (stranger !== undefined) {
      this.#at(stranger[0]).fail(`there is no such key; possible are ${known.join(', ')}`)
    }
    return new Fields(this, new Map(this.entries().map(({ key, value }) => [key, value])))
  }

  /** The values of an object whose keys are free, with their keys. */
  entries(): { key: string; value: Field }[] {
    return this.#entries().map(([key, value]) => ({ key, value: this.#at(key, value) }))
  }

  #entries(): [string, unknown][] {
    const value = this.#value
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.fail('an object {…} is expected')
    }
    return Object.entries(value)
  }

  list(): Field[] {
    if (!Array.isArray(this.#value)) this.fail('a list […] is expected')
    return this.#value.map((item: unknown, i) => new Field(`${this.path}[${i}]`, item))
  }

  text(): string {
    if (typeof this.#value !== 'string') this.fail('a text "…" is expected')
    if (this.#value.trim() === '') this.fail('the text is empty')
    return this.#value
  }

  /** A text, number or truth value, as text. */
  scalar(): string {
    const value = this.#value
    if (typeof value === 'number' || typeof value === 'boolean') return String(value)
    if (typeof value !== 'string') this.fail('a text, a number, true or false is expected')
    return value
  }

  oneOf<const T extends string>(choices: readonly T[]): T {
    const found = choices.find((choice) => choice === this.#value)
    return found ?? this.fail(`one of ${choices.join(', ')} is expected`)
  }

  #at(key: string, value?: unknown): Field {
    return new Field(this.path === '' ? key : `${this.path}.${key}`, value)
  }
}

/** The keys of one object. */
export class Fields {
  readonly #owner: Field
  readonly #fields: Map<string, Field>

  constructor(owner: Field, fields: Map<string, Field>) {
    this.#owner = owner
    this.#fields = fields
  }

  need(key: string): Field {
    return this.maybe(key) ?? this.#owner.fail(`"${key}" is missing`)
  }

  maybe(key: string): Field | undefined {
    return this.#fields.get(key)
  }
}
