// What may be opened inside the app. The type is one of these few, never what the sender has called it: nothing
// that could run is ever shown on this origin.
export type Shown = 'picture' | 'sound' | 'film' | 'pdf'
/** A sound plays where it stands; the others lie over the screen. */
export type SeenKind = { shown: Exclude<Shown, 'sound'>; type: string }
export type FileKind = SeenKind | { shown: 'sound'; type: string }

const KINDS: Record<Shown, readonly string[]> = {
  picture: ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'],
  sound: ['audio/mp4', 'audio/mpeg', 'audio/ogg', 'audio/webm', 'audio/wav', 'audio/aac'],
  film: ['video/mp4', 'video/webm', 'video/quicktime'],
  pdf: ['application/pdf'],
}

/** Null: it is saved, not shown. */
export function kindOf(mime: string): FileKind | null {
  const type = mime.split(';')[0]?.trim().toLowerCase() ?? ''
  for (const [shown, types] of Object.entries(KINDS) as [Shown, readonly string[]][])
    if (types.includes(type)) return { shown, type }
  return null
}

/** How long a voice note is, as a clock shows it; null for another file. */
export function voiceTime(name: string): string | null {
  const [, minutes, seconds] = /^voice-(\d|10)m([0-5]\d)s-[\d:T-]+\.\w+$/.exec(name) ?? []
  return minutes === undefined ? null : `${minutes}:${seconds}`
}
