import { posix } from 'node:path'
import type { Import } from './read-imports.ts'

export type Cycle = { readonly file: string; readonly line: number; readonly message: string }

/**
 * Import cycles among the files of one tree, each reported once, at the import that closes it.
 * Type imports vanish at run time and close nothing.
 *
 * @param imports every file of the tree, as a path from its root, with what it imports
 */
export function findCycles(imports: ReadonlyMap<string, readonly Import[]>): Cycle[] {
  const cycles: Cycle[] = []
  const done = new Set<string>()
  const path: string[] = []

  const visit = (file: string): void => {
    path.push(file)
    for (const { specifier, typeOnly, line } of imports.get(file) ?? []) {
      if (typeOnly || !specifier?.startsWith('.')) continue
      const target = posix.join(posix.dirname(file), specifier)
      const start = path.indexOf(target)
      if (start !== -1) {
        const message = `import cycle: ${[...path.slice(start), target].join(' -> ')}`
        cycles.push({ file, line, message })
      } else if (imports.has(target) && !done.has(target)) {
        visit(target)
      }
    }
    path.pop()
    done.add(file)
  }

  for (const file of imports.keys()) if (!done.has(file)) visit(file)
  return cycles
}
