// The branches of an lcov report, file by file.
export type Covered = {
  /** Relative to the repository. */
  file: string
  branches: number
  /** The line of each branch that was never taken. */
  untaken: number[]
}

/** Reads `SF:` and `BRDA:line,block,branch,count` lines (geninfo(1)); the rest says nothing of branches. */
export function readLcov(text: string): Covered[] {
  const files: Covered[] = []
  for (const line of text.split('\n')) {
    if (line.startsWith('SF:')) files.push({ file: line.slice(3), branches: 0, untaken: [] })
    const current = files.at(-1)
    if (current === undefined || !line.startsWith('BRDA:')) continue
    const [at, , , count] = line.slice(5).split(',')
    current.branches++
    if (count === '0') current.untaken.push(Number(at))
  }
  return files
}
