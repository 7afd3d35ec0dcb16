// Words as people look for them: without case and accents, where a keyboard at hand has neither.

/** What loses its mark in people's spelling, and not in Unicode's decomposition. */
const SPELLED: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ı: 'i',
  ς: 'σ',
}
const SPELLED_ONES = new RegExp(`[${Object.keys(SPELLED).join('')}]`, 'gu')
const MARKS = /\p{M}/gu
const ASCII = /^[\0-\x7f]*$/

/** The same for what differs in case or accents alone. */
export function fold(text: string): string {
  const lower = text.toLowerCase()
  if (ASCII.test(lower)) return lower
  const bare = lower.normalize('NFKD').replace(MARKS, '').toLowerCase()
  return bare.replace(SPELLED_ONES, (one) => SPELLED[one] ?? one)
}

/** What is looked for: each word once, folded. */
export function wordsOf(query: string): string[] {
  return [...new Set(fold(query).split(/\s+/u))].filter((word) => word !== '')
}

/** All of them, anywhere. Words as from `wordsOf`. */
export function holdsAll(text: string, words: readonly string[]): boolean {
  const folded = fold(text)
  return words.every((word) => folded.includes(word))
}

export type Part = { text: string; marked: boolean }

/** The text in parts, with what was looked for marked. */
export function partsOf(text: string, words: readonly string[]): Part[] {
  const { folded, places } = placesIn(text)
  const marked = Array.from({ length: text.length }, () => false)
  for (const word of words) {
    let at = folded.indexOf(word)
    for (; at !== -1; at = folded.indexOf(word, at + word.length))
      marked.fill(true, places[at], places[at + word.length])
  }
  const parts: Part[] = []
  for (const [i, one] of marked.entries()) {
    const last = parts.at(-1)
    if (last?.marked === one) last.text += text[i]
    else parts.push({ text: text[i] ?? '', marked: one })
  }
  return parts
}

/** The folded text, and for each place in it (its end included) where it stands in the text itself. */
function placesIn(text: string): { folded: string; places: number[] } {
  let folded = ''
  const places: number[] = []
  let at = 0
  for (const one of text) {
    const bare = fold(one)
    for (let i = 0; i < bare.length; i++) places.push(at)
    folded += bare
    at += one.length
  }
  places.push(text.length)
  return { folded, places }
}

/** Long enough for a sentence, short enough for a list. Characters. */
const EXCERPT = 180
const BEFORE = 50

/** Of a long text the part around the first word that was looked for. */
export function excerptOf(text: string, words: readonly string[]): Part[] {
  const line = text.replaceAll(/\s+/gu, ' ').trim()
  if (line.length <= EXCERPT) return partsOf(line, words)
  const { folded, places } = placesIn(line)
  const first = Math.min(...words.map((word) => folded.indexOf(word)).filter((at) => at !== -1))
  const hit = places[first] ?? 0
  const from = hit <= BEFORE ? 0 : line.indexOf(' ', hit - BEFORE) + 1 || hit
  const start = Math.min(from, hit)
  const rest = line.slice(start, start + EXCERPT)
  const cut = start + EXCERPT < line.length ? rest.slice(0, rest.lastIndexOf(' ')) : rest
  return partsOf(`${start > 0 ? '… ' : ''}${cut}${cut === rest ? '' : ' …'}`, words)
}
