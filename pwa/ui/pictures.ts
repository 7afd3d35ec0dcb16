// Pictures before they leave: drawn anew, so that nothing of the place, the time and the camera stays in them,
// and made as small as a crisis can use. And the small pictures that messages carry.
import { MAX_THUMBNAIL } from '../../protocol/limits.ts'
import { withoutPlace } from './film.ts'

/** Enough to read a plan on a wall; a photograph of 12 megapixels becomes a tenth. Pixels, the longer side. */
const LONGEST = 2560
const QUALITY = 0.85
const SMALL = 320
/** Tried one after the other until it fits into a message. */
const SMALL_QUALITIES = [0.7, 0.5, 0.3, 0.1]

/** `clean`: nothing in it tells where, when and with what it was taken, as far as this can be known. */
export type Prepared = {
  file: Blob
  name: string
  mime: string
  thumbnail: Uint8Array
  clean: boolean
}

/** As it can be sent. What cannot be drawn here comes back as it is, and not clean where it is a picture. */
export async function prepare(file: File): Promise<Prepared> {
  const mime = file.type === '' ? await typeOf(file) : file.type
  const asItIs = { file, name: file.name, mime, thumbnail: new Uint8Array(0) }
  if (mime.startsWith('video/')) {
    const { film, clean } = await withoutPlace(file)
    return { ...asItIs, file: film, clean }
  }
  if (!mime.startsWith('image/') || mime === 'image/svg+xml') return { ...asItIs, clean: true }
  const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' }).catch(() => null)
  if (bitmap === null) return { ...asItIs, clean: false }
  try {
    const thumbnail = await thumbnailOf(bitmap)
    // Drawn anew it would not move any more; of places it could only tell in a comment.
    if (mime === 'image/gif') return { ...asItIs, thumbnail, clean: true }
    const drawn = await draw(bitmap, LONGEST, mime === 'image/png' ? mime : 'image/jpeg', QUALITY)
    return {
      file: drawn,
      name: named(file.name, drawn.type),
      mime: drawn.type,
      thumbnail,
      clean: true,
    }
  } finally {
    bitmap.close()
  }
}

/** Beginnings of pictures, for systems that do not say what a file is. */
const BEGINNINGS: readonly [type: string, at: number, bytes: string][] = [
  ['image/jpeg', 0, '\u00ff\u00d8\u00ff'],
  ['image/png', 0, '\u0089PNG'],
  ['image/webp', 8, 'WEBP'],
  ['image/heic', 4, 'ftyphei'],
  ['image/heic', 4, 'ftypmif1'],
  ['image/avif', 4, 'ftypavif'],
  ['video/mp4', 4, 'ftyp'],
]

async function typeOf(file: Blob): Promise<string> {
  const head = new TextDecoder('latin1').decode(await file.slice(0, 16).arrayBuffer())
  const known = BEGINNINGS.find(([, at, bytes]) => head.startsWith(bytes, at))
  return known?.[0] ?? 'application/octet-stream'
}

async function thumbnailOf(bitmap: ImageBitmap): Promise<Uint8Array> {
  for (const quality of SMALL_QUALITIES) {
    const small = await draw(bitmap, SMALL, 'image/jpeg', quality)
    if (small.size <= MAX_THUMBNAIL) return new Uint8Array(await small.arrayBuffer())
  }
  return new Uint8Array(0)
}

function draw(bitmap: ImageBitmap, longest: number, type: string, quality: number): Promise<Blob> {
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(bitmap.width * scale))
  canvas.height = Math.max(1, Math.round(bitmap.height * scale))
  const context = canvas.getContext('2d')
  if (context === null) throw new Error('this browser does not draw')
  // What is clear would be black without it.
  if (type === 'image/jpeg') {
    context.fillStyle = '#fff'
    context.fillRect(0, 0, canvas.width, canvas.height)
  }
  context.imageSmoothingQuality = 'high'
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  return new Promise((resolve, reject) => {
    const done = (blob: Blob | null): void =>
      blob === null ? reject(new Error('the picture cannot be drawn')) : resolve(blob)
    canvas.toBlob(done, type, quality)
  })
}

/** "holiday.heic" that has become a JPEG is "holiday.jpg". */
function named(name: string, type: string): string {
  const ending = type === 'image/png' ? 'png' : 'jpg'
  const known = new RegExp(`\\.(?:${ending}${ending === 'jpg' ? '|jpeg' : ''})$`, 'i')
  return known.test(name) ? name : `${name.replace(/\.\w{1,5}$/, '')}.${ending}`
}
