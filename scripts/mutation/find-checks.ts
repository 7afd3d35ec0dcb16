// Finds the checks of a source file: statements that only exist to throw.
export type Check = {
  file: string
  line: number
  start: number
  end: number
  replacement: string
  text: string
}

/** Calls by these names, standing as statements of their own, check something and have no other effect. */
const CHECKING =
  /^(?:ensure|need|authorise|(?:this|channel|log|state)\.(?:#?check\w*|authorise)|check[A-Z]\w*|verify[A-Z]\w*)$/
const CALL = /^([ \t]*(?:else )?(?:if \(.*\) )?)((?:[\w#]+\.)?[\w#]+)\(/gm
const THROWING_IF = /^[ \t]*if \(.*\) throw .*$/gm

export function findChecks(file: string, source: string): Check[] {
  const found: Check[] = []
  const add = (start: number, end: number, replacement: string): void => {
    const text = source.slice(start, end).replace(/\s+/g, ' ').trim().slice(0, 100)
    found.push({
      file,
      line: source.slice(0, start).split('\n').length,
      start,
      end,
      replacement,
      text,
    })
  }
  for (const match of source.matchAll(CALL)) {
    const name = match[2] as string
    const open = match.index + match[0].length - 1
    const end = closing(source, open) + 1
    // A declaration `function ensure(…)` does not begin its line with the name, so only calls come here.
    const alone = source[end] === '\n' || source[end] === undefined
    if (CHECKING.test(name) && alone) add(match.index + (match[1] as string).length, end, 'void 0')
  }
  for (const match of source.matchAll(THROWING_IF))
    add(match.index, match.index + match[0].length, '')
  return found.toSorted((a, b) => a.start - b.start)
}

/** The parenthesis that closes the one at `open`; strings and templates may hold others. */
function closing(source: string, open: number): number {
  let depth = 0
  let quote = ''
  for (let i = open; i < source.length; i++) {
    const c = source[i] as string
    if (quote !== '') {
      if (c === '\\') i++
      else if (c === quote) quote = ''
    } else if (c === "'" || c === '`') quote = c
    else if (c === '(') depth++
    else if (c === ')' && --depth === 0) return i
  }
  return source.length - 1
}
