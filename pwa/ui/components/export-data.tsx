// My data as a file: made by the device piece by piece, put together and saved here.
import { useState } from 'preact/hooks'
import type { CallResult } from '../../device/wire.ts'
import { call, useValue } from '../link.ts'
import { slicesOf } from '../slices.ts'
import { seldomWords } from '../words.ts'
import { Act } from './act.tsx'

type Cursor = CallResult<'exportMine'>['next']

export function ExportData() {
  const [share, setShare] = useState<number | null>(null)
  const me = useValue('stage', undefined)?.me
  const { device: text } = seldomWords()
  const make = async (): Promise<void> => {
    const pieces: string[] = []
    for await (const slice of slicesOf((from: Cursor) => call('exportMine', { from }))) {
      pieces.push(slice.text)
      setShare(slice.of === 0 ? 1 : slice.done / slice.of)
    }
    save(new Blob(pieces, { type: 'application/json' }), `holdfast-${me?.name ?? ''}.json`)
  }
  return (
    <section aria-labelledby="export-title">
      <h2 id="export-title">{text.exportTitle()}</h2>
      <p>{text.exportWhat()}</p>
      <p class="warning">{text.exportWarning()}</p>
      {share !== null && (
        <>
          <progress max={1} value={share} aria-label={text.exportTitle()} />
          <p role="status">{share === 1 ? text.exported() : text.exporting()}</p>
        </>
      )}
      <div class="actions">
        <Act act={make}>{text.export()}</Act>
      </div>
    </section>
  )
}

/** Long enough for every browser to have begun reading it. Milliseconds. */
const KEPT = 60_000

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), KEPT)
}
