// Mentions: plain text, an @ and the full name of a member as the directory has it. Nothing of it is in the
// protocol, so that every device shows what it knows: a person who is renamed is not found by the old name, and two
// members of the same name are both meant.

type Named = { name: string; mine: boolean }
/** Where it stands in the text, the @ included; whether it means this person. */
export type Mention = { from: number; to: number; mine: boolean }

const isWord = (one: string | undefined): boolean => one !== undefined && /[\p{L}\p{N}_]/u.test(one)

/**
 * In order. The longest name that fits counts: @Anna Beispielhaft is not Anna Beispiel. `members` is asked only where
 * there may be a mention: names have to be opened.
 */
export function mentionsIn(text: string, members: () => readonly Named[]): Mention[] {
  const found: Mention[] = []
  if (!text.includes('@')) return found
  const named = members().filter(({ name }) => name !== '')
  const longest = named.toSorted((a, b) => b.name.length - a.name.length)
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    // What stands right behind a letter is an address of mail.
    const first = isWord(text[at - 1]) ? undefined : longest.find(({ name }) => is(text, at, name))
    if (first === undefined) continue
    const to = at + 1 + first.name.length
    const mine = named.some((one) => one.mine && same(one.name, first.name))
    found.push({ from: at, to, mine })
  }
  return found
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

function is(text: string, at: number, name: string): boolean {
  const end = at + 1 + name.length
  return same(text.slice(at + 1, end), name) && !isWord(text[end])
}
