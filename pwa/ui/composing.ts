// What is being written: kept as a draft until it is sent, and given back when it is refused.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { View } from '../device/wire.ts'
import { type Attachments, useAttachments } from './attachments.ts'
import { asRefused } from './components/act.tsx'
import { amend, call, newId, type Refused } from './link.ts'

/** What the message answers to, or which one it changes. */
export type Answering = { id: string; name: string; text: string; edit: boolean }
type Draft = Composing['channel']['draft']
export type Composing = {
  channel: NonNullable<View<'channel'>>
  answering: Answering | null
  answer: (to: Answering | null) => void
}

/** Long enough that a fast writer does not store every letter. Milliseconds. */
const DRAFT_PAUSE = 400

type Composed = {
  text: string
  write: (text: string) => void
  /** An old message is being changed. */
  editing: boolean
  files: Attachments
  refused: Refused | null
  send: () => void
}

export function useComposing({ channel, answering, answer }: Composing): Composed {
  const [text, write] = useState(channel.draft.text)
  const [refused, setRefused] = useState<Refused | null>(null)
  const files = useAttachments()
  const editing = answering?.edit === true
  useDraft(channel.id, editing ? null : { text, replyTo: answering })
  useEditing(answering, text, (draft) => {
    write(draft.text)
    if (draft.answering !== undefined) answer(draft.answering)
  })
  const send = (): void => {
    const trimmed = text.trim()
    const attached = files.list.length > 0 && !editing
    if (attached ? !files.ready : trimmed === '') return
    setRefused(null)
    if (!editing) write('')
    answer(null)
    let safe = false
    const taken = (): void => void (safe = true)
    const sending = async (): Promise<void> => {
      // A file answers to nothing: words that do go before it.
      const apart = attached && answering !== null && trimmed !== ''
      if (!attached || apart) await submit(channel.id, trimmed, answering)
      if (apart) taken()
      if (attached) await files.send(channel.id, apart ? '' : trimmed, taken)
    }
    sending().catch((error: unknown) => {
      // What was written comes back, unless it is safe already: it is nowhere else.
      if (!safe && answering?.edit === true) answer({ ...answering, text: trimmed })
      else if (!safe) {
        write((since) => (since === '' ? trimmed : `${trimmed}\n${since}`))
        answer(answering)
      }
      setRefused(asRefused(error))
    })
  }
  return { text, write, editing, files, refused, send }
}

async function submit(channel: string, text: string, answering: Answering | null): Promise<void> {
  if (answering?.edit === true)
    return call('mark', { channel, target: answering.id, mark: 'edit', text })
  await call('send', { channel, id: newId(), text, replyTo: answering?.id ?? null })
}

type Restored = { text: string; answering?: Answering | null }

/** An old message takes the place of the draft, and gives it back with what it answers to. */
function useEditing(
  answering: Answering | null,
  text: string,
  set: (draft: Restored) => void,
): void {
  const draft = useRef<Restored | null>(null)
  const before = useRef(answering)
  // With the drawing, not after it: a refusal that comes at once must find the draft given back.
  useLayoutEffect(() => {
    if (answering?.edit === true) {
      draft.current ??= { text, answering: before.current }
      set({ text: answering.text })
    } else if (draft.current !== null) {
      // Who answers another message now has chosen that one.
      set(answering === null ? draft.current : { text: draft.current.text })
      draft.current = null
    }
    before.current = answering
  }, [answering])
}

/** Null: nothing is drafted, an old message is being changed. */
function useDraft(channel: string, draft: Draft | null): void {
  const first = useRef(true)
  /** What was written last, for whoever leaves within the pause. */
  const unsaved = useRef<Draft | null>(null)
  useEffect(() => {
    if (first.current || draft === null) {
      first.current = false
      return
    }
    const timer = setTimeout(() => {
      unsaved.current = null
      saveDraft(channel, draft)
    }, DRAFT_PAUSE)
    unsaved.current = draft
    return () => clearTimeout(timer)
  }, [draft?.text, draft?.replyTo?.id])
  useEffect(
    () => () => {
      if (unsaved.current !== null) saveDraft(channel, unsaved.current)
    },
    [],
  )
}

/** Whoever comes back at once finds what they have written, and not what was stored before. */
function saveDraft(channel: string, draft: Draft): void {
  amend('channel', { channel }, (seen) => seen && { ...seen, draft })
  const { text, replyTo } = draft
  void call('saveDraft', { channel, text, replyTo: replyTo?.id ?? null }).catch(() => {})
}
