// The client's intake: what a hostile box and a disloyal member may show to a device.
import assert from 'node:assert/strict'
import type { Core } from '../../../client/core.ts'
import { takeIn } from '../../../client/pull.ts'
import type { MessageView } from '../../../client/views.ts'
import { equal } from '../../../protocol/bytes.ts'
import { encodeContent } from '../../../protocol/content.ts'
import { keyAtGeneration, keyCommitment } from '../../../protocol/epoch-keys.ts'
import { type Frame, encodeFrame } from '../../../protocol/frames.ts'
import { Random } from '../../../scripts/fuzz/random.ts'
import { Broken, must, type Target } from '../../../scripts/fuzz/target.ts'
import { copyStore } from '../../helpers/hostile.ts'
import { asBlob, Dice } from '../dice.ts'
import { digest } from '../digest.ts'
import { nextFrames } from '../intake-acts.ts'
import { layScene, openCore, type Scene, shownBy } from '../scene.ts'

const MOST_ACTS = 6

class Stage {
  readonly #scene: Scene
  /** What is shown before anything comes, and after all that is honest has come. */
  readonly #before: Set<string>
  readonly #honest: Set<string>
  readonly #honestStanding: Set<string>
  frames = 0
  problems = 0
  forged = 0

  private constructor(
    scene: Scene,
    parts: { before: Set<string>; honest: Set<string>; standing: Set<string> },
  ) {
    this.#scene = scene
    this.#before = parts.before
    this.#honest = parts.honest
    this.#honestStanding = parts.standing
  }

  static async lay(): Promise<Stage> {
    const scene = await layScene()
    const core = await openCore(await copyStore(scene.store), scene.now)
    const before = new Set((await shownBy(core)).map(([key]) => key))
    const standing = new Set(standingOf(core))
    for (const frame of scene.frames) {
      await takeIn(core, [frame])
      for (const one of standingOf(core)) standing.add(one)
    }
    const honest = new Set((await shownBy(core)).map(([key]) => key))
    must(honest.size > before.size, 'the scene has something to show')
    must((await core.store.list('problems')).length === 0, 'nothing honest is a problem')
    return new Stage(scene, { before, honest, standing })
  }

  async play(input: Uint8Array): Promise<void> {
    const scene = this.#scene
    const store = await copyStore(scene.store)
    const core = await openCore(store, scene.now)
    const dice = new Dice(input)
    for (let i = 0; i < MOST_ACTS && !dice.over; i++) {
      const frames = nextFrames(scene, core, dice)
      this.frames += frames.length
      await takeIn(core, frames)
    }
    this.problems += (await store.list('problems')).length
    const shown = await shownBy(core)
    const keys = new Set(shown.map(([key]) => key))
    for (const one of this.#before) must(keys.has(one), 'what was shown stays')
    for (const [key, { from }] of shown) {
      const byMalte = from !== null && from.toHex() === scene.malte.person.toHex()
      if (byMalte && !this.#honest.has(key)) this.forged++
      must(byMalte || this.#honest.has(key), 'nothing is shown that its sender has not said')
    }
    this.#judgeStanding(core)
    judgeIds(shown.map(([, view]) => view))
    judgeKeys(core)
    sameAgain(core, await openCore(store, scene.now))
  }

  /** A member cannot change anybody's standing but that of their own devices. */
  #judgeStanding(core: Core): void {
    const own = this.#scene.malte.person.toHex()
    const ours = this.#scene.tablet.person.toHex()
    for (const one of standingOf(core)) {
      const about = one.split(' ')[1]
      // The tablet stands for its person: what it signs is that person's word.
      must(
        about === own || about === ours || this.#honestStanding.has(one),
        `a standing nobody gave: ${one}`,
      )
    }
  }

  samples(): Uint8Array[] {
    const { frames } = this.#scene
    const random = new Random(23)
    const chance = Array.from({ length: 40 }, () =>
      Uint8Array.from({ length: 6 + random.below(50) }, () => random.below(256)),
    )
    const raw = frames.map((frame) => new Uint8Array([2, ...asBlob(encodeFrame(frame))]))
    const anew = frames.flatMap((frame) => resigned(frame))
    return [...chance, Uint8Array.of(0, 0, 23), ...raw, ...anew, ...forgeries()]
  }
}

function resigned(frame: Frame): Uint8Array[] {
  if (frame.type !== 'entry') return []
  // After all honest frames, by either helper, in the log that the entry names.
  return [0, 1].map((by) => new Uint8Array([0, 0, 23, 4, by, 1, ...asBlob(frame.bytes), 0, 0]))
}

const EVERYTHING_HONEST = [0, 0, 23]
/** Without the wrap that comes first and the bundle that comes last. */
const WITHOUT_KEYS = [0, 1, 20]

/** As `forgedMessage` reads it. */
function forgery(channel: number, signer: number[], kind: number, plain: Uint8Array): number[] {
  const [nextNumber, id, trueKey] = [0, 1, 1]
  return [5, channel, ...signer, nextNumber, id, trueKey, kind, ...asBlob(plain)]
}

/** Attacks to begin with: false words in true seals, in a wrong name, twice under one id; false keys. */
function forgeries(): Uint8Array[] {
  const text = encodeContent({ type: 'text', text: 'Alles gut', replyTo: null })
  const other = encodeContent({ type: 'text', text: 'Alles schlecht', replyTo: null })
  const names = encodeContent({ type: 'names', title: 'Falscher Titel', people: [] })
  const [own, asText, asControl] = [[0], 0, 3]
  const attacks = [0, 1, 2].flatMap((channel) => [
    forgery(channel, own, asText, text),
    forgery(channel, own, asControl, names),
    [...forgery(channel, own, asText, text), ...forgery(channel, own, asText, other)],
    ...[0, 1, 2, 3].map((device) => forgery(channel, [3, device], asText, text)),
  ])
  return [
    ...attacks.map((acts) => Uint8Array.from([...EVERYTHING_HONEST, ...acts])),
    // A bundle of false keys, when the true ones have not come.
    Uint8Array.from([...WITHOUT_KEYS, 8, 255, 255, ...new Uint8Array(40).fill(1)]),
  ]
}

/** Nobody shows two messages under one id. */
function judgeIds(shown: Iterable<MessageView>): void {
  const seen = new Set<string>()
  for (const { channel, id, from } of shown) {
    const key = `${channel.toHex()} ${id.toHex()} ${from?.toHex()}`
    must(!seen.has(key), 'one message under one id')
    seen.add(key)
  }
}

/** Every key that is held was promised in the log by whoever announced it. */
function judgeKeys({ replica }: Core): void {
  for (const [id, { channel, gen, ak }] of replica.keys.entries()) {
    const epoch = replica.channels.get(channel)?.epochs.get(id)
    const promised = [...(epoch?.commits ?? [])].some(
      ([g, commit]) =>
        epoch !== undefined &&
        g >= gen &&
        equal(keyCommitment(keyAtGeneration({ gen, ak }, id, g), epoch.core, g), commit),
    )
    must(promised, 'a key that nobody announced')
  }
}

function* standingOf({ replica }: Core): Generator<string> {
  const { directory } = replica
  for (const { id } of directory.persons.values())
    yield `role ${id.toHex()} ${directory.roleNow(id)}`
  for (const { id, person, from, until } of directory.devices.values())
    yield `device ${person.toHex()} ${id.toHex()} ${from === null ? 'waits' : 'in'} ${until === null ? 'stays' : 'gone'}`
  yield `box ${directory.boxPk?.toHex()}`
}

/** What is in memory is what is on disk. */
function sameAgain(core: Core, again: Core): void {
  const [mine, other] = [core.replica, again.replica]
  must(digest(mine.directory) === digest(other.directory), 'the directory is loaded as it was')
  for (const state of mine.channels.values()) {
    if (state.head.n === 0) continue
    const loaded = other.channels.get(state.id)
    must(loaded !== undefined, 'a channel is loaded')
    same(state, loaded, 'a channel')
  }
  for (const log of mine.answers.values()) {
    if (log.head.n === 0) continue
    const loaded = other.answers.get(log.id)
    must(loaded !== undefined, 'answers are loaded')
    must(digest(loaded.head) === digest(log.head), 'answers are loaded as they were')
    must(digest(loaded.seqs) === digest(log.seqs), 'answers are loaded as they were')
  }
  must(digest(mine.keys) === digest(other.keys), 'keys are loaded as they were')
}

function same(one: object, other: object, what: string): void {
  if (digest(one) === digest(other)) return
  try {
    assert.deepEqual(digest(other).split(/(?<=[,{])/), digest(one).split(/(?<=[,{])/))
  } catch (error) {
    throw new Broken(`${what} is loaded as it was\n${error instanceof Error ? error.message : ''}`)
  }
}

export const intake: Target = {
  name: 'intake',
  about: 'takeIn: frames of a hostile box, entries of a disloyal member; the store opens again',
  sources: ['client/intake.ts', 'client/intake-keys.ts', 'client/pull.ts', 'client/replica.ts'],
  longest: 2500,
  batch: 10,
  runs: 60,
  async open() {
    const stage = await Stage.lay()
    return {
      samples: stage.samples(),
      run: (input) => stage.play(input),
      facts: () => ({ frames: stage.frames, problems: stage.problems, forged: stage.forged }),
    }
  },
}
