// What a device has on its own disk, damaged: each row alone, and a whole store on which a device starts.
import type { Core } from '../../../client/core.ts'
import type { MemoryStore } from '../../../client/memory-store.ts'
import { enqueue } from '../../../client/outbox.ts'
import { takeIn } from '../../../client/pull.ts'
import {
  countRow,
  entryRow,
  identityRow,
  joiningRow,
  keyRow,
  laterRow,
  outboxRow,
  prekeyRow,
  problemRow,
  readRow,
  receiptRow,
  wrapRow,
  writeRow,
} from '../../../client/rows.ts'
import { type Row, type Table, TABLES } from '../../../client/store.ts'
import { messagesOf, news, people } from '../../../client/views.ts'
import { draftRow } from '../../../pwa/device/draft.ts'
import { keptRow } from '../../../pwa/device/kept-receipts.ts'
import type { Codec } from '../../../protocol/codec.ts'
import { KIND } from '../../../protocol/kinds.ts'
import { ProtocolError } from '../../../protocol/errors.ts'
import { Random } from '../../../scripts/fuzz/random.ts'
import { chosen, choosing, roundTrip, type Target } from '../../../scripts/fuzz/target.ts'
import { copyStore } from '../../helpers/hostile.ts'
import { asBlob, Dice } from '../dice.ts'
import { layScene, NOBODY, openCore, type Scene } from '../scene.ts'

const CODECS: readonly Codec<never>[] = [
  identityRow,
  joiningRow,
  entryRow,
  keyRow,
  prekeyRow,
  wrapRow,
  laterRow,
  problemRow,
  outboxRow,
  receiptRow,
  countRow,
  draftRow,
  keptRow,
] as unknown as Codec<never>[]

/** A scene in which everything that a store may hold is there. */
async function fullScene(): Promise<Scene> {
  const scene = await layScene()
  const core = await openCore(scene.store, scene.now)
  await takeIn(core, [...scene.frames, { type: 'head', bytes: new Uint8Array(148) }])
  const [team] = core.replica.channels.keys()
  if (team !== undefined)
    await enqueue(core, team, KIND.text, { type: 'text', text: 'wartet', replyTo: null })
  return scene
}

async function rowsOf({ store }: Scene): Promise<Map<Table, Row[]>> {
  const found = new Map<Table, Row[]>()
  for (const table of TABLES) found.set(table, await store.list(table))
  return found
}

export const rows: Target = {
  name: 'rows',
  about: 'every row of a device’s store by its codec',
  sources: ['client/rows.ts', 'protocol/codec.ts'],
  longest: 3000,
  batch: 600,
  runs: 4000,
  async open() {
    const held = [...(await rowsOf(await fullScene())).values()].flat().map(({ value }) => value)
    const samples = CODECS.flatMap((codec, which) =>
      held
        .filter((value) => reads(codec, value))
        .slice(0, 4)
        .map((value) => chosen(which, value)),
    )
    return {
      samples,
      run: choosing(
        CODECS.map(
          (codec) => (input: Uint8Array) =>
            roundTrip(
              'row',
              input,
              (bytes) => readRow(codec, bytes),
              (value) => writeRow(codec, value),
            ),
        ),
      ),
    }
  },
}

function reads(codec: Codec<never>, value: Uint8Array): boolean {
  try {
    readRow(codec, value)
    return true
  } catch {
    return false
  }
}

class Stage {
  readonly #scene: Scene
  readonly #rows: Map<Table, Row[]>
  opened = 0
  refused = 0

  constructor(scene: Scene, held: Map<Table, Row[]>) {
    this.#scene = scene
    this.#rows = held
  }

  async play(input: Uint8Array): Promise<void> {
    const store = await copyStore(this.#scene.store)
    const dice = new Dice(input)
    for (let i = 0; i < 3 && !dice.over; i++) {
      const table = dice.one(TABLES)
      const rowsHere = this.#rows.get(table) ?? []
      if (rowsHere.length === 0) continue
      const { key, value } = dice.one(rowsHere)
      await store.commit([
        { table, key, value: null },
        ...damaged(table, { key, value }, rowsHere, dice),
      ])
    }
    const core = await this.#opened(store)
    if (core === null) return void this.refused++
    this.opened++
    await lookAround(core)
  }

  async #opened(store: MemoryStore): Promise<Core | null> {
    try {
      return await openCore(store, this.#scene.now)
    } catch (error) {
      const damage = error instanceof ProtocolError && error.code === 'database_damaged'
      // Or the row that says who this is is gone.
      if (damage || (error instanceof TypeError && error.message === NOBODY)) return null
      throw error
    }
  }
}

function damaged(table: Table, row: Row, others: Row[], dice: Dice) {
  const bend = (bytes: Uint8Array): Uint8Array => {
    switch (dice.below(5)) {
      case 0:
        return bytes.subarray(0, dice.below(bytes.length + 1))
      case 1:
        return dice.blob()
      case 2:
        return new Uint8Array([...bytes, ...new Uint8Array(1 + dice.below(9))])
      default: {
        const out = bytes.slice()
        const at = ((dice.byte() << 8) | dice.byte()) % Math.max(1, out.length)
        if (at < out.length) out[at] = (out[at] as number) ^ (1 << dice.below(8))
        return out
      }
    }
  }
  switch (dice.below(6)) {
    case 0:
      return []
    case 1:
      return [{ table, key: bend(row.key), value: row.value }]
    case 2:
      return [{ table, key: row.key, value: dice.one(others).value }]
    default:
      return [{ table, key: row.key, value: bend(row.value) }]
  }
}

/** What a person would look at first: whatever does not open says why. */
async function lookAround(core: Core): Promise<void> {
  const looks: (() => unknown)[] = [
    () => people(core.replica),
    () => news(core),
    ...[...core.replica.channels.keys()].map((id) => () => messagesOf(core, id)),
  ]
  for (const look of looks) {
    try {
      await look()
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
    }
  }
}

export const stored: Target = {
  name: 'stored',
  about: 'a device starts on a store with damaged rows: it opens, or says what is wrong',
  sources: ['client/replica.ts', 'client/core.ts', 'client/rows.ts', 'client/views.ts'],
  longest: 400,
  batch: 10,
  runs: 120,
  async open() {
    const scene = await fullScene()
    const stage = new Stage(scene, await rowsOf(scene))
    const random = new Random(24)
    const chance = Array.from({ length: 60 }, () =>
      Uint8Array.from({ length: 5 + random.below(20) }, () => random.below(256)),
    )
    return {
      samples: [
        ...chance,
        ...TABLES.map((_, i) => new Uint8Array([i, 0, 3, 1, ...asBlob(new Uint8Array(3))])),
      ],
      run: (input) => stage.play(input),
      facts: () => ({ opened: stage.opened, refused: stage.refused }),
    }
  },
}
