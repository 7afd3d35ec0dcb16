// How often functions of the product are called while something happens, counted by the engine itself: the
// product is not changed for it.
import { Session } from 'node:inspector/promises'

export class CountedCalls {
  readonly #session = new Session()

  static async start(): Promise<CountedCalls> {
    const counted = new CountedCalls()
    counted.#session.connect()
    await counted.#session.post('Profiler.enable')
    await counted.#session.post('Profiler.startPreciseCoverage', { callCount: true })
    return counted
  }

  /** Calls of `names` in `file` (the end of its path) since the last question. */
  async since(names: Record<string, string>): Promise<Record<string, number>> {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage')
    return Object.fromEntries(
      Object.entries(names).map(([name, file]) => {
        const functions = result
          .filter(({ url }) => url.endsWith(file))
          .flatMap((one) => one.functions)
        const calls = functions.filter(({ functionName }) => functionName === name)
        return [name, calls.reduce((sum, { ranges }) => sum + (ranges[0]?.count ?? 0), 0)]
      }),
    )
  }

  async stop(): Promise<void> {
    await this.#session.post('Profiler.stopPreciseCoverage')
    this.#session.disconnect()
  }
}
