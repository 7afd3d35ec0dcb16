// Recording a voice note. What was recorded is attached; nothing is sent before somebody sends it.
import { useEffect, useRef, useState } from 'preact/hooks'
import { words } from '../words.ts'
import { Trouble } from './problem.tsx'

/** The first that a browser writes is taken; the first plays everywhere. */
const TYPES = ['audio/mp4', 'audio/webm', 'audio/ogg']
/** Nobody listens to more in a crisis, and it stays a small file. Milliseconds. */
const LONGEST = 10 * 60_000
/** Speech stays clear, and a minute is a quarter of a megabyte. Bits a second. */
const RATE = 32_000

type Reason = 'microphoneRefused' | 'microphoneNone'

export function VoiceNote({ done }: { done: (note: File | null) => void }) {
  const recorder = useRef<MediaRecorder | null>(null)
  const [began, setBegan] = useState<number | null>(null)
  const [trouble, setTrouble] = useState<Reason | null>(null)
  const { file: text, common } = words()
  useEffect(() => {
    let wanted = true
    const take = (started: MediaRecorder): void => {
      if (!wanted) return stop(started)
      recorder.current = started
      setBegan(Date.now())
    }
    start().then(take, (error: unknown) => setTrouble(troubleOf(error)))
    return () => {
      wanted = false
      if (recorder.current !== null) stop(recorder.current)
    }
  }, [])
  const finish = (): void => {
    const { current } = recorder
    if (current === null || began === null) return
    const length = secondsOf(Date.now() - began)
    current.addEventListener('dataavailable', ({ data }) => done(noteOf(data, length)), {
      once: true,
    })
    stop(current)
  }
  if (trouble !== null)
    return (
      <div class="voice">
        <Trouble>{text[trouble]()}</Trouble>
        <button type="button" class="button" onClick={() => done(null)}>
          {common.close()}
        </button>
      </div>
    )
  return (
    <div class="voice" role="group" aria-label={text.voice()}>
      <span class="voice-light" aria-hidden="true" />
      {began === null ? <span /> : <Elapsed since={began} over={finish} />}
      <button type="button" class="button" onClick={() => done(null)}>
        {text.discard()}
      </button>
      <button type="button" class="button main" disabled={began === null} onClick={finish}>
        {text.recorded()}
      </button>
    </div>
  )
}

function Elapsed({ since, over }: { since: number; over: () => void }) {
  const [now, setNow] = useState(since)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500)
    return () => clearInterval(timer)
  }, [])
  useEffect(() => {
    if (now - since >= LONGEST) over()
  }, [now])
  const shown = secondsOf(now - since).join(':')
  return (
    <span class="voice-time" role="timer">
      {words().file.recording({ time: shown })}
    </span>
  )
}

async function start(): Promise<MediaRecorder> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true })
  const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type))
  const options = { audioBitsPerSecond: RATE, ...(mimeType === undefined ? {} : { mimeType }) }
  const started = new MediaRecorder(stream, options)
  started.start()
  return started
}

/** The light of the microphone goes out with it. */
function stop(recorder: MediaRecorder): void {
  if (recorder.state !== 'inactive') recorder.stop()
  for (const track of recorder.stream.getTracks()) track.stop()
}

/** Minutes, and seconds in two digits. */
function secondsOf(milliseconds: number): [string, string] {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  return [String(Math.floor(seconds / 60)), String(seconds % 60).padStart(2, '0')]
}

/** Its name says how long it is: what a browser records does not. */
function noteOf(data: Blob, [minutes, seconds]: [string, string]): File {
  const type = data.type.split(';')[0] ?? 'audio/webm'
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(':', '-')
  return new File([data], `voice-${minutes}m${seconds}s-${stamp}.${type.slice('audio/'.length)}`, {
    type,
  })
}

function troubleOf(error: unknown): Reason {
  const refused = error instanceof DOMException && error.name === 'NotAllowedError'
  return refused ? 'microphoneRefused' : 'microphoneNone'
}
