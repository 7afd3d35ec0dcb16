// The disk as a power cut leaves it. Of each file there is everything up to its last sync that returned;
// of what came later any part may be there, in sectors. A name that was made, moved or taken away is
// only certain after a sync of its folder (fsync(2)); the names of a folder change on disk in the order in
// which they changed, as journaling file systems keep it.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { Change, Happening } from './journal.ts'

const SECTOR = 512
/** The index of the write-ahead log lives in memory; what a cut leaves of its file is noise. */
const SHARED_MEMORY = /-shm$/
/** Holds space and no data. */
const RESERVE = /\.reserve$/

class File {
  bytes = Buffer.alloc(0)
  size = 0
  pending: Change[] = []

  apply(change: Change): void {
    if (change.kind === 'cut') return this.#resize(change.size)
    const end = change.at + change.data.length
    if (end > this.size) this.#resize(end)
    change.data.copy(this.bytes, change.at)
  }

  sync(): void {
    for (const change of this.pending) this.apply(change)
    this.pending = []
  }

  copy(): File {
    const copy = new File()
    copy.bytes = Buffer.from(this.bytes.subarray(0, this.size))
    copy.size = this.size
    return copy
  }

  #resize(size: number): void {
    if (size > this.bytes.length) {
      const larger = Buffer.alloc(Math.max(size, 2 * this.bytes.length))
      this.bytes.copy(larger, 0, 0, this.size)
      this.bytes = larger
    }
    if (size < this.size) this.bytes.fill(0, size, this.size)
    this.size = size
  }
}

type Node = File | 'folder'
type Names = Map<string, Node>
type Renaming = { folder: string; apply: (names: Names) => void }

/** How much of what was not synced has reached the disk. */
const LUCKS = ['none', 'all', 'first ones', 'few', 'half', 'most'] as const
type Luck = (typeof LUCKS)[number]
const SHARE = { few: 0.1, half: 0.5, most: 0.9 }

/** Times have to rise from cut to cut. */
export class PowerCuts {
  readonly #root: string
  readonly #happenings: Happening[]
  readonly #random: () => number
  /** What a process sees, and what is certain on disk. */
  readonly #seen: Names = new Map()
  readonly #certain: Names
  readonly #byInode = new Map<bigint, File>()
  #renamings: Renaming[] = []
  #next = 0

  /** `base`: the folder as it was, and safe, before the journal began; `root` is its path in the journal. */
  constructor(base: string, root: string, happenings: Happening[], random: () => number) {
    this.#root = root
    this.#happenings = happenings
    this.#random = random
    for (const entry of readdirSync(base, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name)
      const name = join(root, relative(base, path))
      this.#seen.set(name, entry.isDirectory() ? 'folder' : fileOf(readFileSync(path)))
    }
    this.#certain = new Map(this.#seen)
  }

  /** Writes the disk as of `time` into a new folder. Returns how lucky it was. */
  cutAt(time: bigint, target: string): Luck {
    for (; this.#happenings[this.#next] !== undefined; this.#next++) {
      const one = this.#happenings[this.#next] as Happening
      if (one.ended > time) break
      this.#happen(one)
    }
    const underWay = this.#happenings[this.#next]
    const unfinished = underWay !== undefined && underWay.began <= time ? underWay : null
    const luck = LUCKS[Math.floor(this.#random() * LUCKS.length)] as Luck
    this.#write(target, luck, unfinished)
    return luck
  }

  #happen(one: Happening): void {
    switch (one.kind) {
      case 'open':
        return this.#open(one)
      case 'write':
      case 'cut':
        return void this.#byInode.get(one.inode)?.pending.push(one)
      case 'sync':
        return this.#byInode.get(one.inode)?.sync()
      case 'mkdir':
        return this.#rename(one.path, (names) => names.set(one.path, 'folder'))
      case 'unlink':
        return this.#rename(one.path, (names) => names.delete(one.path))
      case 'rename': {
        const node = this.#seen.get(one.path)
        return this.#rename(one.path, (names) => {
          names.delete(one.path)
          if (node !== undefined) names.set(one.to, node)
        })
      }
      case 'sync folder':
        for (const { folder, apply } of this.#renamings)
          if (folder === one.path) apply(this.#certain)
        this.#renamings = this.#renamings.filter(({ folder }) => folder !== one.path)
    }
  }

  #open({ path, inode, created }: { path: string; inode: bigint; created: boolean }): void {
    const known = this.#seen.get(path)
    const file = created || !(known instanceof File) ? new File() : known
    this.#byInode.set(inode, file)
    if (file !== known) this.#rename(path, (names) => names.set(path, file))
  }

  #rename(path: string, apply: (names: Names) => void): void {
    apply(this.#seen)
    this.#renamings.push({ folder: dirname(path), apply })
  }

  #write(target: string, luck: Luck, unfinished: Happening | null): void {
    const names = new Map(this.#certain)
    const kept = luck === 'none' ? 0 : luck === 'all' ? 1 : this.#random()
    for (const { apply } of this.#renamings.slice(0, Math.round(kept * this.#renamings.length)))
      apply(names)
    mkdirSync(target, { recursive: true, mode: 0o700 })
    for (const [path, node] of [...names].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      const place = join(target, relative(this.#root, path))
      if (node === 'folder') mkdirSync(place, { recursive: true, mode: 0o700 })
      else if (names.has(dirname(path)) || dirname(path) === this.#root)
        this.#writeFile(place, node, luck, unfinished)
    }
  }

  #writeFile(place: string, file: File, luck: Luck, unfinished: Happening | null): void {
    if (RESERVE.test(place)) return
    if (SHARED_MEMORY.test(place)) return writeFileSync(place, this.#noise())
    const image = file.copy()
    const late = unfinished !== null && isChangeOf(unfinished, file, this.#byInode)
    const pending = late ? [...file.pending, unfinished as Change] : file.pending
    for (const change of this.#lucky(pending, luck)) image.apply(change)
    writeFileSync(place, image.bytes.subarray(0, image.size), { mode: 0o600 })
  }

  #lucky(pending: Change[], luck: Luck): Change[] {
    if (luck === 'none') return []
    if (luck === 'all') return pending
    const sectors = pending.flatMap(inSectors)
    if (luck === 'first ones')
      return sectors.slice(0, Math.floor(this.#random() * (sectors.length + 1)))
    return sectors.filter(() => this.#random() < SHARE[luck])
  }

  #noise(): Buffer {
    const noise = Buffer.alloc(this.#random() < 0.5 ? 0 : 32 * 1024)
    for (let at = 0; at < noise.length; at++) noise[at] = Math.floor(this.#random() * 256)
    return noise
  }
}

function fileOf(bytes: Buffer): File {
  const file = new File()
  file.bytes = Buffer.from(bytes)
  file.size = bytes.length
  return file
}

function isChangeOf(one: Happening, file: File, byInode: Map<bigint, File>): boolean {
  return (one.kind === 'write' || one.kind === 'cut') && byInode.get(one.inode) === file
}

/** A disk writes sectors whole, and in any order. */
function inSectors(change: Change): Change[] {
  if (change.kind === 'cut') return [change]
  const parts: Change[] = []
  for (let from = 0; from < change.data.length;) {
    const at = change.at + from
    const to = Math.min(change.data.length, from + SECTOR - (at % SECTOR))
    parts.push({ ...change, at, data: change.data.subarray(from, to) })
    from = to
  }
  return parts
}
