// The answers to one alert, in a log of their own: 10,000 answers reach the coordinators, not 10,000
// readers each. The log's id is the alert's message id.
import { type AnswerEntry, checkAnswer } from './answer.ts'
import { equal } from './bytes.ts'
import type { Channel } from './channel.ts'
import { emptyHead, type Head, nextHead, stubOf } from './chain.ts'
import type { Entry } from './entry.ts'
import { ensure } from './errors.ts'
import { asId, type DeviceId, IdMap, type LogId, type MessageId, type PersonId } from './ids.ts'
import { Journal } from './journal.ts'

export class AnswerLog {
  readonly id: LogId
  readonly alert: MessageId
  /** The channel that the alert stands in, and where. */
  readonly channel: Channel
  readonly alertN: number
  readonly journal = new Journal()
  head: Head
  readonly seqs = new IdMap<PersonId, number>()

  constructor(channel: Channel, alert: MessageId) {
    const n = channel.alerts.get(alert)
    ensure(n !== undefined, 'not_found', 'alert')
    this.channel = channel
    this.alert = alert
    this.alertN = n
    this.id = asId<LogId>(alert)
    this.head = emptyHead(this.id)
  }

  /** Only a person who was alerted answers, for themselves, to a response key of the channel. */
  check(entry: Entry): asserts entry is AnswerEntry {
    ensure(equal(entry.prefix.org, this.channel.directory.org), 'wrong_organisation')
    ensure(equal(entry.prefix.log, this.id), 'not_found', 'log')
    const device = this.channel.directory.devices.get(asId<DeviceId>(entry.prefix.signer))
    ensure(device !== undefined, 'device_unknown')
    ensure(device.from !== null, 'device_pending')
    checkAnswer(entry, device.signPk)
    const { person, respEpoch, seq } = entry.fields
    ensure(equal(person, device.person), 'not_allowed', 'answer for somebody else')
    // Whoever is or was in the audience: readers who come later must judge as those did who came at once.
    ensure(this.channel.spans.has(person), 'not_allowed', 'not in the audience')
    ensure(
      this.channel.respKeys.some((key) => equal(key.epoch, respEpoch)),
      'epoch_moved',
      'response key',
    )
    const last = this.seqs.get(person) ?? 0
    // Other devices of the person cannot read this log: the refusal tells them where it stands.
    ensure(seq > last, 'seq_low', String(last))
  }

  accept(entry: Entry): void {
    this.check(entry)
    this.apply(entry)
  }

  /** Applies an answer that was checked. */
  apply(entry: AnswerEntry): void {
    this.journal.assign(this, 'head', nextHead(this.head, stubOf(entry)))
    this.journal.set(this.seqs, entry.fields.person, entry.fields.seq)
  }

  /** An answer that stands in the log but is refused: it keeps its place, without effect. */
  skip(entry: Entry): void {
    this.journal.assign(this, 'head', nextHead(this.head, stubOf(entry)))
  }

  /** The channels whose members read the answers. */
  readers(): LogId[] {
    return this.channel.respKeys.map((key) => key.channel)
  }
}
