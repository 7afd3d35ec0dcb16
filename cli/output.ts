// What a verb says: results on standard output, everything else on standard error.
import { ERRORS, ProtocolError } from '../protocol/errors.ts'

export type Result = Record<string, unknown>

/** Bytes that steer a terminal or the direction of text: a member's message must not forge lines of ours. */
const STEERING = /[\p{Cc}\p{Bidi_Control}]/gu

/** Somebody else's words as they may stand in a line of ours; further lines are indented. */
export function quoted(text: string): string {
  return text.replace(STEERING, (mark) => (mark === '\n' ? '\n    ' : '\uFFFD'))
}

export class Output {
  readonly #json: boolean
  #lastProgress = 0
  #dirty = false

  constructor(json: boolean) {
    this.#json = json
  }

  get json(): boolean {
    return this.#json
  }

  /** One JSON object on a line, or the text for people. */
  result(value: Result, text: string): void {
    this.#clear()
    process.stdout.write(`${this.#json ? JSON.stringify(value) : text}\n`)
  }

  /** Text that belongs to the result for people, and beside it for scripts. */
  say(text: string): void {
    this.#clear()
    ;(this.#json ? process.stderr : process.stdout).write(`${text}\n`)
  }

  /** Advice and news for whoever watches; never parsed. */
  note(text: string): void {
    this.#clear()
    process.stderr.write(`${text}\n`)
  }

  /** On a terminal one line that changes, else a line every two seconds. */
  progress(done: number, total: number | null, what: string): void {
    const now = performance.now()
    const end = done === total && total > 0
    const pause = process.stderr.isTTY ? 100 : 2000
    if (!end && now - this.#lastProgress < pause) return
    this.#lastProgress = now
    const text = total === null ? `${done} ${what}` : `${done} of ${total} ${what}`
    if (!process.stderr.isTTY) return void process.stderr.write(`${text}\n`)
    process.stderr.write(`\r${text}\u001b[K`)
    this.#dirty = true
  }

  #clear(): void {
    if (this.#dirty) process.stderr.write('\n')
    this.#dirty = false
  }

  /** The sentence, what to do, and the exit code: 2 for wrong usage, 1 for the rest. */
  failure(error: unknown): number {
    this.#clear()
    if (!(error instanceof ProtocolError)) {
      process.stderr.write(
        `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      )
      return 1
    }
    process.stderr.write(`${error.message}\n${ERRORS[error.code][2]}\n`)
    return error.code === 'usage' ? 2 : 1
  }
}
