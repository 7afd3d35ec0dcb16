// Mentions: plain text, an @ and the full name of a member as the directory has it. Nothing of it is in the
// protocol, so that every device shows what it knows: a person who is renamed is not found by the old name, and two
// members of the same name are both meant.

type Named = { name: string; mine: boolean }
/** Where it stands in the text, the @ included; whether it means this person. */
export type Mention = { from: number; to: number; mine: boolean }

/** Nobody speaks to more at once; a text of nothing but @ must not hold up an alert. */
const MOST = 50

const isWord = (one: string | undefined): boolean => one !== undefined && /[\p{L}\p{N}_]/u.test(one)

/**
 * In order. The longest name that fits counts: @Anna Beispielhaft is not Anna Beispiel. `members` is asked only where
 * there may be a mention: names have to be opened. Of a text with very many @ only the first are looked at.
 */
export function mentionsIn(text: string, members: () => readonly Named[]): Mention[] {
  const found: Mention[] = []
  const places = placesIn(text)
  if (places.length === 0) return found
  const named = members()
    .filter(({ name }) => name !== '')
    .map(({ name, mine }) => ({ name: name.toLowerCase(), length: name.length, mine }))
  const longest = named.toSorted((a, b) => b.length - a.length)
  for (const at of places) {
    const rest = text.slice(at + 1, at + 1 + (longest[0]?.length ?? 0)).toLowerCase()
    const first = longest.find(
      ({ name, length }) => rest.startsWith(name) && !isWord(text[at + 1 + length]),
    )
    if (first === undefined) continue
    const mine = named.some((one) => one.mine && one.name === first.name)
    found.push({ from: at, to: at + 1 + first.length, mine })
  }
  return found
}

/** What stands right behind a letter is an address of mail. */
function placesIn(text: string): number[] {
  const places: number[] = []
  for (
    let at = text.indexOf('@');
    at !== -1 && places.length < MOST;
    at = text.indexOf('@', at + 1)
  )
    if (!isWord(text[at - 1])) places.push(at)
  return places
}
