// What happened, in columns.
export class Table {
  readonly #rows: [what: string, result: string, time: string][] = []

  /** Times `work` and notes its result. */
  async step<T>(what: string, work: () => Promise<T>, result: (value: T) => string): Promise<T> {
    process.stderr.write(`${what} …\n`)
    const start = performance.now()
    const value = await work()
    const time = performance.now() - start
    this.#rows.push([
      what,
      result(value),
      time < 1000 ? `${time.toFixed(0)} ms` : `${(time / 1000).toFixed(1)} s`,
    ])
    return value
  }

  print(): void {
    const widths = [0, 1, 2].map((i) => Math.max(...this.#rows.map((row) => (row[i] ?? '').length)))
    const line = widths.map((width) => '-'.repeat(width)).join('  ')
    const text = this.#rows.map((row) =>
      row
        .map((cell, i) => (i === 2 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
        .join('  '),
    )
    process.stdout.write(`\n${[line, ...text, line].join('\n')}\n`)
  }
}
