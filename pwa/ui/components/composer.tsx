// Where a message is written.
import { useEffect, useRef } from 'preact/hooks'
import type { Attachments } from '../attachments.ts'
import { type Answering, type Composing, useComposing } from '../composing.ts'
import { words } from '../words.ts'
import { AttachButton, AttachTray, useDrop } from './attach.tsx'
import { Icon } from './icon.tsx'
import { useMentions } from './mention-list.tsx'
import { Problem } from './problem.tsx'

export function Composer(props: Composing) {
  const { channel, answering, answer } = props
  const field = useRef<HTMLTextAreaElement>(null)
  const { text, write, editing, files, refused, send } = useComposing(props)
  const over = useDrop(field, files)
  const { channel: said, file } = words()
  const mention = useMentions({ field, text, setText: write, members: channel.members })
  const found = useRef(answering)
  useEffect(() => {
    // Not for a draft that is found again: the keyboard of a phone would hide what came since.
    if (answering !== null && answering !== found.current) field.current?.focus()
  }, [answering])
  useEffect(() => fit(field.current), [text])
  const unanswer = (): void => {
    answer(null)
    field.current?.focus()
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
      {answering !== null && <Quote answering={answering} close={unanswer} />}
      {!editing && <AttachTray files={files} />}
      {over && <p class="drop-here">{file.drop()}</p>}
      {!editing && <AttachButton files={files} />}
      {mention.list}
      <textarea
        ref={field}
        {...mention.aria}
        rows={1}
        // Chromium writes what stands in fields to its disk otherwise.
        autocomplete="off"
        value={text}
        placeholder={said.write()}
        aria-label={said.writeIn({ title: channel.title })}
        onInput={(event) => write(event.currentTarget.value)}
        onKeyDown={press}
        onPaste={(event) => paste(event, files)}
      />
      <button
        type="submit"
        class="icon-button send"
        aria-label={said.send()}
        disabled={!files.ready}
      >
        <Icon name="send" />
      </button>
    </form>
  )
}

/** A picture of the clipboard is attached; words are pasted as always. */
function paste(event: ClipboardEvent, files: Attachments): void {
  const pasted = event.clipboardData?.files ?? []
  if (pasted.length === 0) return
  event.preventDefault()
  files.add(pasted)
}

const isTouch = (): boolean => matchMedia('(pointer: coarse)').matches

/** As high as what is written, within what the style allows. */
function fit(field: HTMLTextAreaElement | null): void {
  if (field === null) return
  field.style.height = 'auto'
  field.style.height = `${field.scrollHeight}px`
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
