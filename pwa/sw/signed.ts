// Whether what a box hands out is a release: signed by enough of those who may release. The browser checks the
// signatures itself, so that the guard of the app stays small. Form of both files: PROTOCOL.md, "Releases".

/** Public keys in hexadecimal digits, as the build writes them in; null: built for trying out. */
export type GuardKeys = { needed: number; keys: string[] } | null
/** `hash`: SHA-256 in hexadecimal digits. `size`: bytes. */
export type SignedFile = { hash: string; size: number }
/** Files by path. `hash`: of the manifest. */
export type SignedRelease = { version: string; hash: string; files: Map<string, SignedFile> }

/** Less strict than protocol/release.ts, and small: those who sign have read it there. */
const HEAD = /^holdfast release 1\nversion (\d+\.\d+\.\d+)\n/
const FILE = /^file ([0-9a-f]{64}) (\d+) (\S+)$/gm
const LABEL = 'holdfast/1/release'
const SIGNATURE = /^signature ([0-9a-f]{64}) ([0-9a-f]{128})$/gm

/** Throws where too few have signed, or where it is no manifest. */
export async function readSigned(
  manifest: Uint8Array,
  signatures: string,
  keys: GuardKeys,
): Promise<SignedRelease> {
  if (keys !== null && (await countGood(manifest, signatures, keys.keys)) < keys.needed)
    throw new Error('the release is not signed')
  const text = new TextDecoder().decode(manifest)
  const version = HEAD.exec(text)?.[1]
  if (version === undefined) throw new Error('no manifest')
  const files = new Map(
    [...text.matchAll(FILE)].map(([, hash = '', size, path = '']) => [
      path,
      { hash, size: Number(size) },
    ]),
  )
  return { version, hash: await sha256(manifest), files }
}

async function countGood(
  manifest: Uint8Array,
  signatures: string,
  keys: readonly string[],
): Promise<number> {
  const signed = new Uint8Array([...new TextEncoder().encode(LABEL), 0, ...manifest])
  const found = new Map([...signatures.matchAll(SIGNATURE)].map(([, key, own]) => [key, own]))
  const good = keys.map(async (key) => {
    const signature = found.get(key)
    if (signature === undefined) return false
    const known = await crypto.subtle.importKey('raw', bytes(key), 'Ed25519', false, ['verify'])
    return crypto.subtle.verify('Ed25519', known, bytes(signature), signed)
  })
  return (await Promise.all(good)).filter(Boolean).length
}

const bytes = (hex: string): Uint8Array<ArrayBuffer> => Uint8Array.fromHex(hex)

/** Throws where more comes than `most` bytes: a box must not fill a phone before anything is checked. */
export async function bytesOf(answer: Response, most: number): Promise<Uint8Array<ArrayBuffer>> {
  let left = most
  const counted = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(part, out) {
      left -= part.length
      if (left < 0) throw new Error('more than was announced')
      out.enqueue(part)
    },
  })
  return new Uint8Array(await new Response(answer.body?.pipeThrough(counted)).arrayBuffer())
}

export async function sha256(data: Uint8Array): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', data as Uint8Array<ArrayBuffer>)
  return new Uint8Array(hash).toHex()
}
