// Cards on a terminal: the text to type and the code to scan.
import { renderUnicodeCompact } from 'uqr'

const indent = (block: string): string =>
  block
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')

export function qr(text: string): string {
  return indent(renderUnicodeCompact(text, { ecc: 'M', border: 2 }))
}

/** Two codes, as on the printed card: the plain address, and the secret that never goes into a link. */
export function cardText(card: string, box: string, name: string): string {
  return [
    '',
    `  Card for ${name}`,
    '',
    `  1. The box:   ${box}`,
    qr(box),
    `  2. The card:  ${card}`,
    qr(card),
    '  The card works once. Keep it like a key: whoever uses it first is this person.',
    '',
  ].join('\n')
}
