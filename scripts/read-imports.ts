/**
 * Reads what a TypeScript file imports, by pattern: the layer rule needs names and lines, and a
 * parser would be one more dependency to trust.
 */

export type Import = {
  readonly line: number
  /** The module named, or undefined for an import() whose name is computed. */
  readonly specifier: string | undefined
  readonly typeOnly: boolean
}

const STRING = String.raw`'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"`
const TEMPLATE = String.raw`\x60(?:\\[\s\S]|[^\x60\\])*\x60`
// A slash opens a regular expression only where no value can stand before it.
const REGEX = String.raw`(?<=(?:^|[(,=:\[!&|?{};>]|\breturn)\s*)\/(?![*\/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^\/\\\n\[])+\/`
const COMMENT = String.raw`\/\/[^\n]*|\/\*[\s\S]*?\*\/`
const NAMED = String.raw`(?<named>'[^'\n]*'|"[^"\n]*")`

const FROM =
  String.raw`(?<![.\w$])(?:import\b(?:\s*(?<importType>type)\b(?=\s*[\w$*{])(?!\s+from\s*['"]))?` +
  String.raw`\s*[\w$*{][\w\s$,*{}]*?|` +
  String.raw`export\b(?:\s*(?<exportType>type)\b)?\s*(?:\*(?:\s*as\s+[\w$]+)?|\{[^}]*\}))` +
  String.raw`\s*(?<=[\s}*])from\s*` +
  NAMED
const BARE = String.raw`(?<![.\w$])import\s*${NAMED.replace('named', 'bare')}`
const CALL = String.raw`(?<![.\w$])(?<call>import)\s*\(\s*(?:${NAMED.replace('named', 'called')}\s*[,)])?`

const commentOrText = new RegExp(`(?<comment>${COMMENT})|${REGEX}|${STRING}|${TEMPLATE}`, 'gm')
const importOrText = new RegExp(`${FROM}|${BARE}|${CALL}|${REGEX}|${STRING}|${TEMPLATE}`, 'gm')

function blankComments(source: string): string {
  return source.replace(commentOrText, (text: string, comment: string | undefined) =>
    comment === undefined ? text : comment.replace(/[^\n]/g, ' '),
  )
}

/** The imports and re-exports of one file, in order; `line` counts from 1. */
export function readImports(source: string): Import[] {
  const code = blankComments(source)
  const found: Import[] = []
  for (const match of code.matchAll(importOrText)) {
    const groups = match.groups ?? {}
    const quoted = groups['named'] ?? groups['bare'] ?? groups['called']
    if (quoted === undefined && groups['call'] === undefined) continue
    found.push({
      line: code.slice(0, match.index).split('\n').length,
      specifier: quoted?.slice(1, -1),
      typeOnly: groups['importType'] !== undefined || groups['exportType'] !== undefined,
    })
  }
  return found
}
