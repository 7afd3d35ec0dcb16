// What a push says: always the same, so that its size and its words tell nobody anything. An iPhone shows it as
// it is when the app cannot run (https://webkit.org/blog/16535/meet-declarative-web-push/).
import { utf8 } from '../../protocol/bytes.ts'

/** Of the plain text. Bytes. */
export const PUSH_BYTES = 256

export function pushText(origin: string): string {
  const notification = { title: 'Holdfast', body: 'Open Holdfast.', navigate: `${origin}/` }
  const text = JSON.stringify({ web_push: 8030, notification })
  return text + ' '.repeat(Math.max(0, PUSH_BYTES - utf8(text).length))
}
