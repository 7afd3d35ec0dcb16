// A small picture of somebody else's choosing, before it is drawn: thirty bytes can ask for a gigabyte of pixels.

/** What this app makes is at most 320; another one may be a little more generous. Pixels, each side. */
const LONGEST = 640
/** ITU-T T.81, table B.1. */
const [SOI, SOS] = [0xd8, 0xda]
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)

/** Is it a JPEG, and no larger than a small picture is? */
export function isSmallJpeg(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length < 4 || bytes[0] !== 0xff || bytes[1] !== SOI) return false
  for (let at = 2; at + 9 < bytes.length; at += 2 + view.getUint16(at + 2)) {
    const marker = bytes[at + 1] as number
    if (bytes[at] !== 0xff || marker === SOS) return false
    if (!isFrame(marker)) continue
    const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)]
    return height > 0 && width > 0 && height <= LONGEST && width <= LONGEST
  }
  return false
}
