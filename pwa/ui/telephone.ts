// Numbers as people have written them into the directory.

/** What a telephone can dial; null for what is no number. */
export function dialOf(number: string): string | null {
  const digits = number.replace(/^(\+[^(]*)\(0\)/, '$1').replace(/[\s()./–-]/g, '')
  return /^\+?\d{3,17}$/.test(digits) ? `tel:${digits}` : null
}
