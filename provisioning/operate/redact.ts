// Takes out of a text what says whose box it is: ids, addresses, names of hosts, mail, whatever could be a secret.
import { createHash, randomBytes } from 'node:crypto'

/** Another one each time: within one bundle the same id gets the same mark, between two bundles nothing fits. */
const SALT = randomBytes(16)

const mark = (kind: string, text: string): string =>
  `<${kind} ${createHash('sha256').update(SALT).update(text).digest('hex').slice(0, 6)}>`

/** In this order: what is longest and most telling first. */
const PATTERNS: readonly [kind: string, pattern: RegExp][] = [
  ['pem', /-----BEGIN [^-]+-----[^-]*-----END [^-]+-----/g],
  // Cards, pages and roots as they stand on paper.
  ['paper', /\b[0-9A-Z]{4}(?:-[0-9A-Z]{2,4}){5,}\b/g],
  ['mail', /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g],
  ['id', /\b[0-9a-f]{16,}\b/g],
  ['address', /\b\d{1,3}(?:\.\d{1,3}){3}\b/g],
  ['address', /\b(?:[0-9a-f]{1,4}:){3,}[0-9a-f:]*[0-9a-f]\b/gi],
  [
    'host',
    /\b(?:[a-z0-9-]+\.)+(?!(?:service|socket|timer|ts|js|json|db|key|pem|crt|log|env|nft|pub|md)\b)[a-z]{2,}\b/gi,
  ],
]

/** `more`: words of this box that no pattern knows, such as a host without a dot. */
export function redacted(text: string, more: readonly string[] = []): string {
  const known = more.filter((word) => word.length > 2)
  const own = known.reduce((all, word) => all.replaceAll(word, mark('own', word)), text)
  return PATTERNS.reduce(
    (all, [kind, pattern]) => all.replaceAll(pattern, (found) => mark(kind, found)),
    own,
  )
}
