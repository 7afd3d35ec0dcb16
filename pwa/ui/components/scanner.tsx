// Reads a code with the camera. The picture stays on this device and is kept nowhere.
import { useEffect, useRef, useState } from 'preact/hooks'
import { words } from '../words.ts'
import { Trouble } from './problem.tsx'

type Props = {
  found: (text: string) => void
  close: () => void
  /** What to hold in front of it; a card where nothing is said. */
  hint?: string
}
type Reason = 'refused' | 'none'

/** Wide enough for a code that fills half of the picture; larger ones only take longer. */
const WIDTH = 640

export function Scanner({ found, close, hint }: Props) {
  const video = useRef<HTMLVideoElement>(null)
  const [trouble, setTrouble] = useState<Reason | null>(null)
  useEffect(() => {
    const ending = new AbortController()
    if (video.current !== null) scan(video.current, ending.signal).then(found, told(setTrouble))
    return () => ending.abort()
  }, [])
  const { scanner } = words()
  return (
    <div class="scanner">
      {trouble === null ? (
        <video ref={video} muted playsInline aria-label={scanner.picture()} />
      ) : (
        <Trouble>{scanner[trouble]()}</Trouble>
      )}
      {trouble === null && <p class="note">{hint ?? scanner.hint()}</p>}
      <button type="button" class="button" onClick={close}>
        {scanner.close()}
      </button>
    </div>
  )
}

const told =
  (tell: (reason: Reason) => void) =>
  (error: unknown): void => {
    if (error instanceof DOMException && error.name === 'AbortError') return
    tell(error instanceof DOMException && error.name === 'NotAllowedError' ? 'refused' : 'none')
  }

/** The text of the first code that can be read. Rejects as the camera does, or with AbortError. */
async function scan(video: HTMLVideoElement, signal: AbortSignal): Promise<string> {
  const { default: decodeQR } = await import('qr/decode.js')
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
  try {
    video.srcObject = stream
    await video.play()
    for (;;) {
      signal.throwIfAborted()
      const text = read(video, decodeQR)
      if (text !== null) return text
      await new Promise((resolve) => setTimeout(resolve, 60))
    }
  } finally {
    for (const track of stream.getTracks()) track.stop()
  }
}

type Decode = (image: { width: number; height: number; data: Uint8ClampedArray }) => string

function read(video: HTMLVideoElement, decode: Decode): string | null {
  const width = WIDTH
  const height = Math.round((WIDTH * video.videoHeight) / Math.max(1, video.videoWidth))
  const drawing = new OffscreenCanvas(width, Math.max(1, height)).getContext('2d')
  if (drawing === null || height < 1) return null
  drawing.drawImage(video, 0, 0, width, height)
  try {
    return decode(drawing.getImageData(0, 0, width, height))
  } catch {
    // No code in this picture.
    return null
  }
}
