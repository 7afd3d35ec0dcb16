// The channel's state machine over a directory that moves meanwhile, and the answers to its alerts.
import { Channel, type ChannelEntry } from '../../../protocol/channel.ts'
import { decodeEntry, decodeHeader, type Entry } from '../../../protocol/entry.ts'
import { CHANNEL_TYPE, type ChannelTypeName } from '../../../protocol/kinds.ts'
import { attempt, must, type Target } from '../../../scripts/fuzz/target.ts'
import { Random } from '../../../scripts/fuzz/random.ts'
import { everyEntry } from '../../helpers/every-entry.ts'
import { channelAct, FuzzChannel } from '../channel-acts.ts'
import { factsOf, judgeChannel } from '../channel-rules.ts'
import { asBlob, Dice } from '../dice.ts'
import { digest } from '../digest.ts'
import { Cast, directoryAct } from '../directory-acts.ts'

const MOST_ACTS = 10
const RANDOM_SAMPLES = 80

class Stage {
  readonly cast = new Cast()
  readonly channels: FuzzChannel[]
  readonly #base: string[]
  readonly #baseDirectory: string
  accepted = 0
  refused = 0

  constructor() {
    this.cast.world.keepRecords()
    const types = Object.keys(CHANNEL_TYPE) as ChannelTypeName[]
    this.channels = types.map((type) => new FuzzChannel(this.cast, type))
    this.cast.world.directory.journal.settle()
    this.#base = this.channels.map(({ state }) => digest(state))
    this.#baseDirectory = digest(this.cast.world.directory)
  }

  play(input: Uint8Array): void {
    const dice = new Dice(input)
    const which = dice.below(this.channels.length)
    const channel = this.channels[which] as FuzzChannel
    const { directory } = this.cast.world
    const marks = { directory: directory.journal.mark(), channel: channel.state.journal.mark() }
    try {
      if (this.#acts(channel, dice) > 0) agree(channel)
    } finally {
      channel.rollback(marks.channel)
      directory.journal.rollback(marks.directory)
    }
    must(digest(channel.state) === this.#base[which], 'the journal takes everything back')
    must(digest(directory) === this.#baseDirectory, 'the journal takes the directory back')
  }

  #acts(channel: FuzzChannel, dice: Dice): number {
    const { state } = channel
    const { directory } = this.cast.world
    let now = digest(state)
    let accepted = 0
    for (let i = 0; i < MOST_ACTS && !dice.over; i++) {
      const ofDirectory = dice.below(6) === 0
      const bytes = ofDirectory
        ? directoryAct(this.cast, directory, dice)
        : channelAct(this.cast, channel, dice)
      const whole = bytes === null ? null : attempt(() => decodeEntry(bytes))
      if (whole === null) continue
      // A payload may have expired, or was never for this reader.
      const entry = dice.below(4) === 0 ? { value: decodeHeader(whole.value.header) } : whole
      if (ofDirectory) attempt(() => directory.accept(entry.value))
      else if (this.#put(channel, entry.value, now)) accepted++
      now = digest(state)
    }
    return accepted
  }

  #put(channel: FuzzChannel, entry: Entry, now: string): boolean {
    const { state } = channel
    const before = factsOf(state, entry)
    if (attempt(() => channel.take(entry)) === null) {
      must(digest(state) === now, 'a refused entry changes nothing')
      this.refused++
      return false
    }
    this.accepted++
    judgeChannel(state, before, factsOf(state, entry), entry)
    return true
  }
}

/** Whoever reads the log from the disk comes to the same state. */
function agree({ state, log }: FuzzChannel): void {
  const again = new Channel(state.id, state.directory, () => undefined)
  for (const [i, entry] of log.entries()) again.restore(entry as ChannelEntry, i + 1)
  again.resumeAt(state.head)
  must(digest(again) === digest(state), 'a start from the log gives the same state')
}

function samples(): Uint8Array[] {
  const random = new Random(21)
  const chance = Array.from({ length: RANDOM_SAMPLES }, () =>
    Uint8Array.from({ length: 12 + random.below(100) }, () => random.below(256)),
  )
  const entries = everyEntry().examples.slice(10)
  // Into a group, nothing of the directory, as it is; then signed anew by somebody inside.
  const raw = entries.map(({ bytes }) => new Uint8Array([0, 1, 0, ...asBlob(bytes)]))
  const anew = entries.map(({ bytes }) => new Uint8Array([0, 1, 1, 0, 1, 0, ...asBlob(bytes)]))
  return [...chance, ...raw, ...anew]
}

export const channel: Target = {
  name: 'channel',
  about: 'Channel.accept in every type of channel, over a directory that moves',
  sources: [
    'protocol/channel.ts',
    'protocol/channel-messages.ts',
    'protocol/channel-operations.ts',
    'protocol/channel-apply.ts',
    'protocol/channel-state.ts',
    'protocol/payload.ts',
  ],
  longest: 1500,
  batch: 40,
  runs: 250,
  open() {
    const stage = new Stage()
    return {
      samples: samples(),
      run: (input) => stage.play(input),
      facts: () => ({ accepted: stage.accepted, refused: stage.refused }),
    }
  },
}
