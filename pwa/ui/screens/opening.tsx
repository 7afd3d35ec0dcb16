// What is stored here is being opened. That takes a moment and shows nothing; where it hangs, somebody must not sit
// before an empty page.
import { useEffect, useState } from 'preact/hooks'
import { Title } from '../components/screen.tsx'
import { words } from '../words.ts'

/** Ten times what a slow phone needs. Milliseconds. */
const PATIENCE = 8_000

export function Opening() {
  const [long, setLong] = useState(false)
  const { opening, stopped } = words()
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), PATIENCE)
    return () => clearTimeout(timer)
  }, [])
  if (!long) return null
  return (
    <main class="start">
      <Title>{opening.title()}</Title>
      <p role="alert">{opening.what()}</p>
      <button type="button" class="button main" onClick={() => location.reload()}>
        {stopped.again()}
      </button>
    </main>
  )
}
