// The directory's state machine: sequences of entries, most of them signed with keys that count.
import { equal } from '../../../protocol/bytes.ts'
import { Directory, type DirectoryEntry } from '../../../protocol/directory.ts'
import { decodeEntry, type Entry } from '../../../protocol/entry.ts'
import { ProtocolError } from '../../../protocol/errors.ts'
import { KIND } from '../../../protocol/kinds.ts'
import { attempt, must, type Target } from '../../../scripts/fuzz/target.ts'
import { Random } from '../../../scripts/fuzz/random.ts'
import { everyEntry } from '../../helpers/every-entry.ts'
import { asBlob, Dice } from '../dice.ts'
import { digest } from '../digest.ts'
import { Cast, directoryAct } from '../directory-acts.ts'
import { factsOf, judgeDirectory } from '../directory-rules.ts'

const MOST_ACTS = 8
const ACTS_BEFORE_LATE = 3
/** Bytes that say which sequence of acts: made by chance, since mutations of them are as good. */
const RANDOM_SAMPLES = 60

class Stage {
  readonly cast = new Cast()
  readonly base: string
  readonly #root: Uint8Array
  readonly #baseLog: DirectoryEntry[]
  accepted = 0
  refused = 0

  constructor() {
    const { world } = this.cast
    this.base = digest(world.directory)
    this.#root = world.root.id
    this.#baseLog = world.log.map((bytes) => decodeEntry(bytes) as DirectoryEntry)
  }

  play(input: Uint8Array): void {
    const { directory } = this.cast.world
    const mark = directory.journal.mark()
    const { n } = directory.head
    try {
      const kept = this.#acts(directory, new Dice(input))
      if (kept.length > 0) this.#agree(directory, kept)
    } finally {
      directory.journal.rollback(mark)
    }
    must(digest(directory) === this.base, 'the journal takes everything back')
    must(directory.hashAt(n + 1) === undefined, 'the journal takes hashes back')
  }

  #acts(directory: Directory, dice: Dice): DirectoryEntry[] {
    const kept: DirectoryEntry[] = []
    let now = this.base
    let late: Directory | null = null
    for (let i = 0; i < MOST_ACTS && !dice.over; i++) {
      if (i === ACTS_BEFORE_LATE) late = this.#late(directory)
      const bytes = directoryAct(this.cast, directory, dice)
      const entry = bytes === null ? null : attempt(() => decodeEntry(bytes))
      if (entry === null) continue
      late = sameForLate(late, directory, entry.value)
      const before = factsOf(directory, this.#root)
      const done = attempt(() => directory.accept(entry.value))
      if (done === null) {
        must(digest(directory) === now, 'a refused entry changes nothing')
        this.refused++
        continue
      }
      this.accepted++
      kept.push(entry.value as DirectoryEntry)
      judgeDirectory(before, factsOf(directory, this.#root), entry.value)
      now = digest(directory)
    }
    if (late !== null)
      must(equal(late.snapshot(), directory.snapshot()), 'who begins late ends alike')
    return kept
  }

  /** Somebody who begins with a checkpoint of the state as it is now. */
  #late(directory: Directory): Directory {
    const rootPk = this.cast.world.root.pair.publicKey
    return Directory.restore(directory.org, rootPk, directory.snapshot())
  }

  /** Whoever reads the log from the disk comes to the same state. */
  #agree(directory: Directory, kept: DirectoryEntry[]): void {
    const again = new Directory(directory.org, this.cast.world.root.pair.publicKey)
    for (const entry of [...this.#baseLog, ...kept]) again.resume(entry)
    must(digest(again) === digest(directory), 'a start from the log gives the same state')
  }
}

function outcomeOf(directory: Directory, entry: Entry): string {
  try {
    directory.check(entry)
    return 'accepted'
  } catch (error) {
    if (error instanceof ProtocolError) return error.code
    throw error
  }
}

/** Who began late judges alike, and takes what is accepted; null when it has to read the past first. */
function sameForLate(late: Directory | null, directory: Directory, entry: Entry): Directory | null {
  if (late === null) return null
  const [mine, other] = [outcomeOf(directory, entry), outcomeOf(late, entry)]
  if (entry.kind === KIND.revoke && entry.fields.voidFrom > 0)
    return mine === 'accepted' ? null : late
  // Why something is refused may be told in other words: of spent cards only the ids are known.
  const alike = (mine === 'accepted') === (other === 'accepted')
  must(alike, `who begins late judges alike: ${mine} and ${other}`)
  if (mine === 'accepted') late.accept(entry)
  return late
}

function samples(stage: Stage): Uint8Array[] {
  const random = new Random(20)
  const chance = Array.from({ length: RANDOM_SAMPLES }, () =>
    Uint8Array.from({ length: 12 + random.below(80) }, () => random.below(256)),
  )
  const entries = everyEntry().examples.slice(0, 12)
  const raw = entries.map(({ bytes }) => new Uint8Array([0, ...asBlob(bytes)]))
  const anew = entries.map(({ bytes }) => {
    const signer = stage.cast.signers.findIndex(
      ({ id }) => (id as Uint8Array).toHex() === decodeEntry(bytes).prefix.signer.toHex(),
    )
    return new Uint8Array([1, Math.max(0, signer), 1, 0, ...asBlob(bytes)])
  })
  return [...chance, ...raw, ...anew]
}

export const directory: Target = {
  name: 'directory',
  about: 'Directory.accept: sequences of entries, whatever is signed by whom',
  sources: [
    'protocol/directory.ts',
    'protocol/directory-rights.ts',
    'protocol/directory-apply.ts',
    'protocol/directory-state.ts',
    'protocol/directory-snapshot.ts',
    'protocol/journal.ts',
  ],
  longest: 1500,
  batch: 40,
  runs: 250,
  open() {
    const stage = new Stage()
    return {
      samples: samples(stage),
      run: (input) => stage.play(input),
      facts: () => ({ accepted: stage.accepted, refused: stage.refused }),
    }
  },
}
