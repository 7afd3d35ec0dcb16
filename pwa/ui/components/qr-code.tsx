// A code to scan, drawn as one path: dark on light in every theme, with the quiet border that cameras need.
import { useMemo } from 'preact/hooks'
import { encode } from 'uqr'

type Drawing = { size: number; path: string }

function draw(text: string): Drawing {
  const { data, size } = encode(text, { ecc: 'M', border: 4 })
  return { size, path: data.flatMap((row, y) => runs(row, y)).join('') }
}

/** Dark cells side by side are one shape: a sheet of a thousand cards stays small. */
function runs(row: boolean[], y: number): string[] {
  const shapes: string[] = []
  for (let x = 0; x < row.length; x++) {
    const start = x
    while (row[x] === true) x++
    if (x > start) shapes.push(`M${start} ${y}h${x - start}v1h${start - x}z`)
  }
  return shapes
}

export function QrCode({ text, label }: { text: string; label: string }) {
  const { size, path } = useMemo(() => draw(text), [text])
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label}>
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" shape-rendering="crispEdges" />
    </svg>
  )
}
