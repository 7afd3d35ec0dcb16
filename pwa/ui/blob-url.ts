// Addresses for what is only in memory.
import { useEffect, useState } from 'preact/hooks'

/** An address of its own for a blob, for as long as the component is there. */
export function useBlobUrl(blob: Blob, type: string): string | null {
  const [url, setUrl] = useState<string | null>(null)
  useEffect(() => {
    const made = URL.createObjectURL(blob.slice(0, blob.size, type))
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [blob])
  return url
}
