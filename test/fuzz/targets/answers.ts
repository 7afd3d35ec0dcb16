// The log of answers to one alert: whoever answers for whomever, to whatever key.
import { AnswerLog } from '../../../protocol/answer-log.ts'
import { ANSWER_PAYLOAD_BYTES } from '../../../protocol/answer.ts'
import { concat, equal } from '../../../protocol/bytes.ts'
import { nextHead, stubOf } from '../../../protocol/chain.ts'
import { type Context, decodeEntry, type Entry, signEntry } from '../../../protocol/entry.ts'
import type { FieldsOf } from '../../../protocol/entry-fields.ts'
import { asId, type DeviceId, type LogId, NO_HASH } from '../../../protocol/ids.ts'
import { KIND } from '../../../protocol/kinds.ts'
import { hash } from '../../../protocol/labels.ts'
import { Random } from '../../../scripts/fuzz/random.ts'
import { attempt, must, type Target } from '../../../scripts/fuzz/target.ts'
import { alertedAudience, answerBy } from '../../helpers/every-entry.ts'
import { seededId } from '../../helpers/seed.ts'
import type { TestSigner } from '../../helpers/signers.ts'
import { staffedWorld } from '../../helpers/world.ts'
import { asBlob, Dice } from '../dice.ts'
import { digest } from '../digest.ts'

const MOST_ACTS = 8

class Stage {
  readonly staff = staffedWorld()
  readonly to = alertedAudience(this.staff)
  readonly log = new AnswerLog(this.to.audience.state, this.to.alert)
  readonly #signers: TestSigner[]
  readonly #base: string
  accepted = 0
  refused = 0

  constructor() {
    const { world, member } = this.staff
    const pending = world.enrol(world.card(member.person, member), 'pending')
    const lost = world.join('Lars Verloren', 'member')
    this.to.audience.add(this.staff.coordinator, [lost.person])
    world.revoke('device', lost.id, world.owner)
    this.#signers = [...world.devices, pending, lost, world.root]
    this.#base = this.#state()
  }

  /** Whether it changes the alert's channel or the directory is seen too. */
  #state(): string {
    const { channel } = this.log
    return [this.log, channel, channel.directory].map((state) => digest(state)).join('\n')
  }

  play(input: Uint8Array): void {
    const dice = new Dice(input)
    const mark = this.log.journal.mark()
    try {
      for (let i = 0; i < MOST_ACTS && !dice.over; i++) {
        const bytes = this.#act(dice)
        const entry = attempt(() => decodeEntry(bytes))
        if (entry !== null) this.#put(entry.value)
      }
    } finally {
      this.log.journal.rollback(mark)
    }
    must(this.#state() === this.#base, 'the journal takes everything back')
  }

  #act(dice: Dice): Uint8Array {
    if (dice.below(8) === 0) return dice.blob()
    const { org, devices } = this.staff.world
    const { alert, respEpoch } = this.to
    const by = dice.below(3) === 0 ? dice.one(this.#signers) : dice.one(devices)
    const own = devices.find(({ id }) => equal(id, by.id))?.person
    const person = own === undefined || dice.below(6) === 0 ? dice.one(devices).person : own
    const payload = new Uint8Array(ANSWER_PAYLOAD_BYTES + dice.one([0, 0, 0, 1, -1]))
    const ref =
      dice.below(8) === 0 ? { refN: 1, refH: this.log.head.h } : { refN: 0, refH: NO_HASH }
    const log = dice.below(12) === 0 ? seededId<LogId>('another') : asId<LogId>(alert)
    const context: Context = { org, log, signer: by.id, ...ref, t: this.staff.world.now }
    const fields: FieldsOf<typeof KIND.answer> = {
      person,
      seq: dice.below(5),
      respEpoch: dice.below(6) === 0 ? seededId('another') : respEpoch,
      bodyHash: dice.below(8) === 0 ? NO_HASH : hash('body-hash', payload),
    }
    return concat(signEntry(KIND.answer, context, fields, by.pair.secretKey), payload)
  }

  #put(entry: Entry): void {
    const { log } = this
    const before = { head: log.head, state: this.#state() }
    const seq = 'person' in entry.fields ? (log.seqs.get(entry.fields.person) ?? 0) : 0
    if (attempt(() => log.accept(entry)) === null) {
      must(this.#state() === before.state, 'a refused answer changes nothing')
      return void this.refused++
    }
    this.accepted++
    const next = nextHead(before.head, stubOf(entry))
    must(log.head.n === next.n && equal(log.head.h, next.h), 'the head follows from the answer')
    must(entry.kind === KIND.answer, 'only answers stand among answers')
    const device = this.staff.world.directory.devices.get(asId<DeviceId>(entry.prefix.signer))
    must(device !== undefined && device.from !== null, 'an enrolled device answers')
    must(equal(device.person, entry.fields.person), 'everybody answers for themselves')
    must(entry.fields.seq > seq, 'numbers of a person grow')
    must(this.to.audience.state.spans.has(device.person), 'who was asked answers')
    must(equal(entry.fields.respEpoch, this.to.respEpoch), 'answers go to a key of the channel')
    must(entry.payload?.length === ANSWER_PAYLOAD_BYTES, 'answers have one size')
  }

  samples(): Uint8Array[] {
    const random = new Random(22)
    const { member, guest, world } = this.staff
    const chance = Array.from({ length: 60 }, () =>
      Uint8Array.from({ length: 12 + random.below(60) }, () => random.below(256)),
    )
    const raw = [member, guest].map((device) => answerBy(device, this.to, world, { choice: 1 }))
    return [...chance, ...raw.map((bytes) => new Uint8Array([0, ...asBlob(bytes)]))]
  }
}

export const answers: Target = {
  name: 'answers',
  about: 'AnswerLog.accept: who answers an alert, for whom, to which key',
  sources: ['protocol/answer-log.ts', 'protocol/answer.ts'],
  longest: 3200,
  batch: 60,
  runs: 250,
  open() {
    const stage = new Stage()
    return {
      samples: stage.samples(),
      run: (input) => stage.play(input),
      facts: () => ({ accepted: stage.accepted, refused: stage.refused }),
    }
  },
}
