// What the device works out slice by slice, so that it never holds anybody up.
export async function* slicesOf<T extends { next: N | null }, N>(
  ask: (from: N | null) => Promise<T>,
): AsyncGenerator<T, void> {
  let from: N | null = null
  do {
    const slice: T = await ask(from)
    yield slice
    from = slice.next
  } while (from !== null)
}
