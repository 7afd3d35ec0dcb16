// A PDF, drawn in a frame that is nobody's: what a document does to its reader happens where there is nothing to take.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { FromFrame, ToFrame } from '../../pdf/wire.ts'
import { PDF_FRAME } from '../trusted.ts'
import { words } from '../words.ts'

type Props = { blob: Blob; name: string; close: () => void }

export function PdfFrame({ blob, name, close }: Props) {
  const frame = useRef<HTMLIFrameElement>(null)
  const [state, setState] = useState<'waiting' | 'shown' | 'failed'>('waiting')
  const { file: text } = words()
  useEffect(() => {
    const hear = ({ source, data }: MessageEvent<FromFrame>): void => {
      if (frame.current === null || source !== frame.current.contentWindow) return
      if (data === 'close') close()
      if (data === 'shown' || data === 'failed') setState(data)
    }
    addEventListener('message', hear)
    return () => removeEventListener('message', hear)
  }, [])
  const hand = async (): Promise<void> => {
    const bytes = await blob.arrayBuffer()
    const all: ToFrame = { bytes, larger: text.larger(), smaller: text.smaller() }
    // To any origin, because the frame has none; where it may go, the policy of this page says.
    frame.current?.contentWindow?.postMessage(all, '*', [bytes])
  }
  if (state === 'failed') return <p class="note">{text.pdfFailed()}</p>
  return (
    <div class="pdf" aria-busy={state === 'waiting'}>
      {state === 'waiting' && (
        <p class="note" role="status">
          {text.opening()}
        </p>
      )}
      <iframe
        ref={frame}
        class="shown"
        src={PDF_FRAME}
        sandbox="allow-scripts"
        title={name}
        onLoad={() => void hand().catch(() => setState('failed'))}
      />
    </div>
  )
}
