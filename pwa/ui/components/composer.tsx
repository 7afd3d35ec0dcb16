// Where a message is written. What is written is kept as a draft until it is sent.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { View } from '../../device/wire.ts'
import { call, newId, type Refused } from '../link.ts'
import { words } from '../words.ts'
import { asRefused } from './act.tsx'
import { Icon } from './icon.tsx'
import { useMentions } from './mention-list.tsx'
import { Problem } from './problem.tsx'

/** What the message answers to, or which one it changes. */
export type Answering = { id: string; name: string; text: string; edit: boolean }
type Props = {
  channel: NonNullable<View<'channel'>>
  answering: Answering | null
  answer: (to: Answering | null) => void
}

/** Long enough that a fast writer does not store every letter. Milliseconds. */
const DRAFT_PAUSE = 400

export function Composer({ channel, answering, answer }: Props) {
  const [text, setText] = useState(channel.draft)
  const [refused, setRefused] = useState<Refused | null>(null)
  const field = useRef<HTMLTextAreaElement>(null)
  const { channel: said } = words()
  const editing = answering?.edit === true
  useDraft(channel.id, editing ? null : text)
  useEditing(answering, text, setText)
  const mention = useMentions({ field, text, setText, members: channel.members })
  useEffect(() => {
    if (answering !== null) field.current?.focus()
  }, [answering])
  useEffect(() => fit(field.current), [text])
  const send = (): void => {
    const trimmed = text.trim()
    if (trimmed === '') return
    setRefused(null)
    if (!editing) setText('')
    answer(null)
    submit(channel.id, trimmed, answering).catch((error: unknown) => {
      // What was written comes back: it is nowhere else.
      setText(trimmed)
      setRefused(asRefused(error))
    })
  }
  const press = (event: KeyboardEvent): void => {
    if (mention.press(event)) return
    if (event.key === 'Escape') answer(null)
    // On a phone the key makes a new line, as everywhere there; the button sends.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || isTouch()) return
    event.preventDefault()
    send()
  }
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      {refused !== null && <Problem code={refused.code} detail={refused.detail} />}
      {answering !== null && <Quote answering={answering} close={() => answer(null)} />}
      {mention.list}
      <textarea
        ref={field}
        {...mention.aria}
        rows={1}
        value={text}
        placeholder={said.write()}
        aria-label={said.writeIn({ title: channel.title })}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={press}
      />
      <button type="submit" class="icon-button send" aria-label={said.send()}>
        <Icon name="send" />
      </button>
    </form>
  )
}

const isTouch = (): boolean => matchMedia('(pointer: coarse)').matches

/** As high as what is written, within what the style allows. */
function fit(field: HTMLTextAreaElement | null): void {
  if (field === null) return
  field.style.height = 'auto'
  field.style.height = `${field.scrollHeight}px`
}

async function submit(channel: string, text: string, answering: Answering | null): Promise<void> {
  if (answering?.edit === true)
    return call('mark', { channel, target: answering.id, mark: 'edit', text })
  await call('send', { channel, id: newId(), text, replyTo: answering?.id ?? null })
}

/** An old message takes the place of the draft, and gives it back. */
function useEditing(answering: Answering | null, text: string, set: (text: string) => void): void {
  const draft = useRef<string | null>(null)
  useEffect(() => {
    if (answering?.edit === true) {
      draft.current ??= text
      set(answering.text)
    } else if (draft.current !== null) {
      set(draft.current)
      draft.current = null
    }
  }, [answering])
}

/** Null: nothing is drafted, an old message is being changed. */
function useDraft(channel: string, text: string | null): void {
  const first = useRef(true)
  /** What was written last, for whoever leaves within the pause. */
  const unsaved = useRef<string | null>(null)
  useEffect(() => {
    if (first.current || text === null) {
      first.current = false
      return
    }
    const timer = setTimeout(() => {
      unsaved.current = null
      void call('saveDraft', { channel, text }).catch(() => {})
    }, DRAFT_PAUSE)
    unsaved.current = text
    return () => clearTimeout(timer)
  }, [text])
  useEffect(
    () => () => {
      if (unsaved.current !== null)
        void call('saveDraft', { channel, text: unsaved.current }).catch(() => {})
    },
    [],
  )
}

function Quote({ answering, close }: { answering: Answering; close: () => void }) {
  const { channel: said, common } = words()
  return (
    <div class="quote">
      <span>
        <strong>
          {answering.edit ? said.editing() : said.replyingTo({ name: answering.name })}
        </strong>
        <span class="quote-text">{answering.text}</span>
      </span>
      <button type="button" class="icon-button" aria-label={common.close()} onClick={close}>
        <Icon name="close" />
      </button>
    </div>
  )
}
