// Draws keys and counts bits and bytes of each place: `node examine-keys.ts COUNT`. A process of its own, since
// the test runner keeps something for each of the eight million draws that a million keys take.
import { randomBytes } from '../../protocol/sodium.ts'

export type Examined = { ones: number[]; neverSeen: number; distinct: number }

function examine(count: number): Examined {
  const ones = Array.from({ length: 256 }, () => 0)
  const seen = Array.from({ length: 32 }, () => new Uint8Array(256))
  const starts = new Set<string>()
  for (let i = 0; i < count; i++) {
    const key = randomBytes(32)
    starts.add(Buffer.from(key.buffer, key.byteOffset, 12).toString('latin1'))
    for (const [at, byte] of key.entries()) {
      ;(seen[at] as Uint8Array)[byte] = 1
      for (let bit = 0; bit < 8; bit++)
        ones[at * 8 + bit] = (ones[at * 8 + bit] as number) + ((byte >> bit) & 1)
    }
  }
  const neverSeen = seen.reduce((sum, place) => sum + place.filter((one) => one === 0).length, 0)
  return { ones, neverSeen, distinct: starts.size }
}

if (import.meta.main) process.stdout.write(JSON.stringify(examine(Number(process.argv[2]))))
