// Work that is asked for more often than it can run: one round at a time, and one more for all who asked
// meanwhile.
export class Rounds {
  readonly #work: () => Promise<void>
  /** Must not throw. */
  readonly #failed: (error: unknown) => void
  #running = false
  #again = false

  constructor(work: () => Promise<void>, failed: (error: unknown) => void) {
    this.#work = work
    this.#failed = failed
  }

  ask(): void {
    this.#again = true
    if (!this.#running) void this.#run()
  }

  async #run(): Promise<void> {
    this.#running = true
    while (this.#again) {
      this.#again = false
      try {
        await this.#work()
      } catch (error) {
        this.#failed(error)
      }
    }
    this.#running = false
  }
}
