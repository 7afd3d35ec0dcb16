// Names of files are of somebody else's choosing.
import type { Content } from '../protocol/content.ts'

/** As it may stand on a screen and in a folder: nothing in it turns the line round, or leads elsewhere. */
export function plainName(name: string): string {
  const safe = name.replace(/[\p{Cc}\p{Bidi_Control}/\\:*?"<>|]/gu, '_').replace(/^[.\s]+/, '_')
  return safe === '' ? 'file' : safe
}

/** A message in one line: its text as it stands now, or the name of a file that came without any. */
export function headline(content: Content, text: string): string {
  return content.type === 'file' && text === '' ? plainName(content.name) : text
}
