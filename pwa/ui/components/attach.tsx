// Attaching to the message that is being written: the button with its ways, what is attached so far, and what
// is pasted into or dropped on the conversation.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Attachment, Attachments } from '../attachments.ts'
import { size, words } from '../words.ts'
import { Icon } from './icon.tsx'
import { later } from './later.tsx'
import { LeaveGuard } from './leave-guard.tsx'
import { useEscape, useOpener } from './opener.ts'

const VoiceNote = later(async () => (await import('../seldom.ts')).VoiceNote)

export function AttachButton({ files }: { files: Attachments }) {
  const [open, setOpen] = useState(false)
  const [recording, setRecording] = useState(false)
  const opener = useOpener(open || recording)
  useEscape(open, () => setOpen(false))
  return (
    <>
      {open && (
        <Ways files={files} record={() => setRecording(true)} close={() => setOpen(false)} />
      )}
      {recording && (
        <VoiceNote
          done={(note) => {
            setRecording(false)
            if (note !== null) files.add([note])
          }}
        />
      )}
      <button
        ref={opener}
        type="button"
        class="icon-button"
        aria-label={words().file.attach()}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon name="attach" />
      </button>
    </>
  )
}

type WaysProps = { files: Attachments; record: () => void; close: () => void }

function Ways({ files, record, close }: WaysProps) {
  const { file: text } = words()
  const chosen = ({ currentTarget: input }: { currentTarget: HTMLInputElement }): void => {
    files.add(input.files ?? [])
    // The same file may be chosen again.
    input.value = ''
    close()
  }
  const speak = (): void => {
    close()
    record()
  }
  return (
    <div class="attach-ways" role="group" aria-label={text.attach()}>
      <label class="action">
        <Icon name="file" />
        {text.choose()}
        <input type="file" multiple class="unseen" onChange={chosen} />
      </label>
      <label class="action">
        <Icon name="camera" />
        {text.camera()}
        <input
          type="file"
          accept="image/*"
          capture="environment"
          class="unseen"
          onChange={chosen}
        />
      </label>
      <button type="button" class="action" onClick={speak}>
        <Icon name="microphone" />
        {text.voice()}
      </button>
    </div>
  )
}

export function AttachTray({ files }: { files: Attachments }) {
  const { file: text } = words()
  if (files.list.length === 0) return null
  return (
    <>
      <LeaveGuard title={text.leaveAsk()} what={text.leaveWhat()} yes={text.leaveYes()} />
      <ul class="attachments" aria-label={text.attached()}>
        {files.list.map((one) => (
          <Attached key={one.key} one={one} files={files} />
        ))}
      </ul>
    </>
  )
}

function Attached({ one, files }: { one: Attachment; files: Attachments }) {
  const { file: text } = words()
  const { ready, source, preview } = one
  const redrawn = ready !== null && ready.file !== source && ready.mime.startsWith('image/')
  return (
    <li class="attached">
      {preview === null ? <Icon name="file" /> : <img src={preview} alt="" />}
      <span class="row-text">
        <span class="row-title">{one.name}</span>
        <span class="row-note">{ready === null ? text.preparing() : size(one.size)}</span>
        {redrawn && <span class="row-note">{text.cleaned()}</span>}
        {ready?.clean === false && <span class="row-note bad">{text.unclean()}</span>}
        {(redrawn || ready?.clean === false) && (
          <button type="button" class="button quiet" onClick={() => files.sendOriginal(one.key)}>
            {redrawn ? text.original() : text.sendAnyway()}
          </button>
        )}
      </span>
      <button
        type="button"
        class="icon-button"
        aria-label={text.remove({ name: one.name })}
        onClick={() => files.remove(one.key)}
      >
        <Icon name="close" />
      </button>
    </li>
  )
}

/** Files that are dropped anywhere on the conversation around `inside`. True while some are held over it. */
export function useDrop(inside: { current: HTMLElement | null }, files: Attachments): boolean {
  const [over, setOver] = useState(false)
  const add = useRef(files.add)
  add.current = files.add
  useEffect(() => {
    const place = inside.current?.closest<HTMLElement>('.conversation')
    if (place === null || place === undefined) return
    const listening = new AbortController()
    const { signal } = listening
    const isFile = (event: DragEvent): boolean =>
      event.dataTransfer?.types.includes('Files') === true
    place.addEventListener(
      'dragover',
      (event) => {
        if (!isFile(event)) return
        event.preventDefault()
        setOver(true)
      },
      { signal },
    )
    place.addEventListener('dragleave', () => setOver(false), { signal })
    place.addEventListener(
      'drop',
      (event) => {
        setOver(false)
        if (!isFile(event)) return
        event.preventDefault()
        add.current(filesOf(event.dataTransfer))
      },
      { signal },
    )
    return () => listening.abort()
  }, [])
  return over
}

/** A folder looks like a file and cannot be read as one. */
function filesOf(dropped: DataTransfer | null): File[] {
  const items = [...(dropped?.items ?? [])].filter(({ kind }) => kind === 'file')
  return items.flatMap((item) => {
    const file = item.webkitGetAsEntry()?.isDirectory === true ? null : item.getAsFile()
    return file === null ? [] : [file]
  })
}
