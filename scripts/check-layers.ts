/**
 * The layer rule: `node scripts/check-layers.ts [FOLDER]`. One line per violation,
 * `file:line: message`, and exit 1 when there is any.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix, resolve } from 'node:path'
import { findCycles } from './import-cycles.ts'
import { LAYERS, MAX_LINES, PACKAGES, SEALING_EXCEPTIONS, type Layer } from './layer-table.ts'
import { readImports, type Import } from './read-imports.ts'

export type Violation = { readonly file: string; readonly line: number; readonly message: string }

const SKIPPED = new Set(['node_modules', 'reports', 'holdfast-data', 'dist'])

function sourceFiles(root: string, folder = ''): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true })
  return entries.flatMap((entry) => {
    const path = posix.join(folder, entry.name)
    if (entry.name.startsWith('.') || SKIPPED.has(entry.name)) return []
    if (entry.isDirectory()) return sourceFiles(root, path)
    return /\.tsx?$/.test(entry.name) ? [path] : []
  })
}

/** `within` is a folder ending in a slash, a file, or '' for everything inside the tree. */
function isWithin(path: string, within: string): boolean {
  if (within === '') return !path.startsWith('../')
  return within.endsWith('/') ? path.startsWith(within) : path === within
}

function checkPackage(file: string, layer: Layer, specifier: string): string | undefined {
  const parts = specifier.split('/')
  const name = parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
  if (!Object.hasOwn(PACKAGES, name)) {
    return `package ${name} is not listed in scripts/layer-table.ts`
  }
  const places = PACKAGES[name] ?? []
  if (layer.tooling || places.includes(layer.name) || places.includes(file)) return undefined
  return `${file} must not import the package ${name} (allowed: ${places.join(', ') || 'tests'})`
}

function checkPath(
  file: string,
  layer: Layer,
  target: string,
  typeOnly: boolean,
): string | undefined {
  const excepted = SEALING_EXCEPTIONS[file]?.includes(target) ?? false
  const barred = !excepted && layer.mayNot.some((within) => isWithin(target, within))
  if (!barred && layer.may.some((within) => isWithin(target, within))) return undefined
  const asType = layer.mayType.some((within) => isWithin(target, within))
  if (!barred && asType) {
    return typeOnly ? undefined : `${layer.name} may import ${target} only as types`
  }
  return `${layer.name} must not import ${target}`
}

function checkImport(file: string, layer: Layer, found: Import): string | undefined {
  const { specifier, typeOnly } = found
  if (specifier === undefined) {
    return layer.tooling ? undefined : 'import() needs a literal name, so that it can be checked'
  }
  if (specifier.startsWith('node:')) {
    return layer.node ? undefined : `${layer.name} must not import ${specifier}`
  }
  if (!specifier.startsWith('.')) return checkPackage(file, layer, specifier)
  return checkPath(file, layer, posix.join(posix.dirname(file), specifier), typeOnly)
}

function checkFile(file: string, source: string, imports: readonly Import[]): Violation[] {
  const layer = LAYERS.find(({ name }) => file.startsWith(`${name}/`))
  if (layer === undefined) {
    return [{ file, line: 1, message: 'belongs to no layer of scripts/layer-table.ts' }]
  }
  const violations = imports.flatMap((found) => {
    const message = checkImport(file, layer, found)
    return message === undefined ? [] : [{ file, line: found.line, message }]
  })
  const lines = source.replace(/\n$/, '').split('\n').length
  if (layer.name !== 'test' && lines > MAX_LINES) {
    violations.push({ file, line: lines, message: `${lines} lines, more than ${MAX_LINES}` })
  }
  return violations
}

/** Checks every .ts and .tsx file below `root`. Cycles made of types alone are allowed. */
export function checkLayers(root: string): Violation[] {
  const imports = new Map<string, Import[]>()
  const violations = sourceFiles(root).flatMap((file) => {
    const source = readFileSync(join(root, file), 'utf8')
    const found = readImports(source)
    imports.set(file, found)
    return checkFile(file, source, found)
  })
  return [...violations, ...findCycles(imports)]
}

if (import.meta.main) {
  const violations = checkLayers(resolve(process.argv[2] ?? join(import.meta.dirname, '..')))
  for (const { file, line, message } of violations) console.error(`${file}:${line}: ${message}`)
  process.exitCode = violations.length === 0 ? 0 : 1
}
