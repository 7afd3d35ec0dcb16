// Films of phones say where they were taken, in boxes beside the pictures (ISO/IEC 14496-12, 8.10; QuickTime's
// "udta" and "meta"). Such a box is turned into free space: nothing else of the file moves.
const TELLING: readonly string[] = ['udta', 'meta', 'uuid']
/** Boxes that hold others, and may hold one that tells. */
const OUTER: readonly string[] = ['moov', 'trak', 'mdia', 'minf', 'stbl']
const FREE = new TextEncoder().encode('free')
/** An index of more than that is none that a phone writes. Bytes. */
const LARGEST_INDEX = 64 * 1024 * 1024

type Box = { type: string; at: number; head: number; size: number }

function boxAt(view: DataView, at: number, rest: number): Box | null {
  if (view.byteLength < at + 8) return null
  const type = new TextDecoder('latin1').decode(new Uint8Array(view.buffer, at + 4, 4))
  const short = view.getUint32(at)
  if (short === 1 && view.byteLength < at + 16) return null
  const size = short === 0 ? rest : short === 1 ? Number(view.getBigUint64(at + 8)) : short
  const head = short === 1 ? 16 : 8
  return size < head || size > rest ? null : { type, at, head, size }
}

/** Tracks that cameras write beside the pictures, with the place of each moment. */
const TELLING_TRACKS: readonly string[] = ['gpmd', 'camm', 'mebx', 'djmd', 'rtmd']

/**
 * The same film without its place. `clean`: it could be read to its end, and nothing else in it tells. What is no
 * such film comes back as it is.
 */
export async function withoutPlace(file: Blob): Promise<{ film: Blob; clean: boolean }> {
  const pieces: Blob[] = []
  let clean = true
  let at = 0
  while (at < file.size) {
    const head = new DataView(await file.slice(at, at + 16).arrayBuffer())
    const box = boxAt(head, 0, file.size - at)
    if (box === null) {
      pieces.push(file.slice(at))
      clean = false
      break
    }
    const whole = file.slice(at, at + box.size)
    const telling = TELLING.includes(box.type)
    if (telling) pieces.push(await freed(whole, box))
    else if (box.type === 'moov' && box.size <= LARGEST_INDEX) {
      const index = await cleaned(whole)
      pieces.push(index.film)
      clean &&= index.clean
    } else {
      pieces.push(whole)
      clean &&= box.type !== 'moov'
    }
    at += box.size
  }
  return { film: new Blob(pieces, { type: file.type }), clean: clean && at > 0 }
}

/** Its words are gone, its length stays. */
async function freed(whole: Blob, { head, size }: Box): Promise<Blob> {
  const begin = new Uint8Array(await whole.slice(0, head).arrayBuffer())
  begin.set(FREE, 4)
  return new Blob([begin, new Uint8Array(size - head)])
}

async function cleaned(index: Blob): Promise<{ film: Blob; clean: boolean }> {
  const bytes = new Uint8Array(await index.arrayBuffer())
  const whole = clear(bytes, 0, bytes.length)
  const text = new TextDecoder('latin1').decode(bytes)
  const tells = TELLING_TRACKS.some((track) => text.includes(track))
  return { film: new Blob([bytes]), clean: whole && !tells }
}

/** False: something in it could not be read. */
function clear(bytes: Uint8Array, from: number, to: number): boolean {
  const view = new DataView(bytes.buffer)
  let at = from
  while (at < to) {
    const box = boxAt(view, at, to - at)
    if (box === null) return false
    const inside = at + box.head
    if (TELLING.includes(box.type)) {
      bytes.set(FREE, at + 4)
      bytes.fill(0, inside, at + box.size)
    } else if (OUTER.includes(box.type) && !clear(bytes, inside, at + box.size)) return false
    at += box.size
  }
  return true
}
