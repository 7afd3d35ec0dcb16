// What has to hold in the end, channel by channel, on every device: each confirmed message once and at its
// place, one order, one chain, no gaps, nothing that cannot be verified, each sender in order.
import { waiting } from '../../../client/outbox.ts'
import { entryRow, readRow, STANDING } from '../../../client/rows.ts'
import { equal, toHex } from '../../../protocol/bytes.ts'
import type { Channel } from '../../../protocol/channel.ts'
import type { LogId } from '../../../protocol/ids.ts'
import type { Phone } from '../../helpers/town-phones.ts'
import { problems } from '../../helpers/town-verbs.ts'
import { type Line, transcriptOf } from '../transcript.ts'
import type { Player, Said } from './player.ts'

const nameOf = (log: LogId): string => toHex(log).slice(0, 8)

export class Checker {
  readonly anomalies: string[] = []
  readonly #players: Player[]
  readonly #byText: Map<string, Said>

  constructor(players: Player[]) {
    this.#players = players
    const all = players.flatMap(({ said }) => [...said.values()])
    this.#byText = new Map(all.map((said) => [said.text, said]))
  }

  async check(): Promise<void> {
    const [owner] = this.#players
    const channels = [...(owner?.phone?.core.replica.channels.values() ?? [])]
    for (const channel of channels) await this.#channel(channel)
    for (const player of this.#players) {
      if (player.phone === null) continue
      for (const problem of await problems(player.phone))
        this.#found(player, `cannot verify: ${problem}`)
      await this.#outbox(player, player.phone)
    }
  }

  async #channel(channel: Channel): Promise<void> {
    const [owner] = this.#players
    for (const player of this.#players) {
      const { phone } = player
      if (phone === null || !channel.members.has(player.person)) continue
      const own = phone.core.replica.channels.get(channel.id)
      if (own === undefined) {
        this.#found(player, `does not know channel ${nameOf(channel.id)}`)
        continue
      }
      const whole = owner?.phone ?? null
      if (whole !== null) this.#sameChain(player, phone, whole, channel)
      await this.#dense(player, phone, channel)
      this.#texts(player, channel, await transcriptOf(phone.core, channel.id))
    }
  }

  #sameChain(player: Player, phone: Phone, owner: Phone, { id, head }: Channel): void {
    const here = phone.core.replica.hashes.get(id) ?? []
    const there = owner.core.replica.hashes.get(id) ?? []
    if (here.length !== head.n + 1)
      this.#found(player, `${nameOf(id)} ends at ${here.length - 1} and not at ${head.n}`)
    const fork = here.findIndex((h, n) => there[n] === undefined || !equal(h, there[n]))
    if (fork !== -1) this.#found(player, `${nameOf(id)} has another history from ${fork} on`)
  }

  /** Every index holds something; on a device that was always there nothing is locked. */
  async #dense(player: Player, phone: Phone, { id, head, members }: Channel): Promise<void> {
    const rows = await phone.store.list('entries', id)
    if (rows.length !== head.n)
      this.#found(player, `${rows.length} entries of ${head.n} in ${nameOf(id)}`)
    if (!player.original || !members.has(player.person)) return
    const locked = rows.filter(({ value }) => readRow(entryRow, value).standing === STANDING.locked)
    if (locked.length > 0) this.#found(player, `${locked.length} locked in ${nameOf(id)}`)
  }

  #texts(player: Player, channel: Channel, lines: Line[]): void {
    const seen = new Map<string, number>()
    const last = new Map<string, number>()
    for (const { n, text } of lines) {
      const said = this.#byText.get(text)
      if (said === undefined || !equal(said.log, channel.id))
        this.#found(player, `nobody said ${text}`)
      if (seen.has(text)) this.#found(player, `${text} stands at ${seen.get(text)} and at ${n}`)
      seen.set(text, n)
      const [sender = '', count] = text.split(':')
      if (Number(count) < (last.get(sender) ?? 0)) this.#found(player, `${text} is out of order`)
      last.set(sender, Number(count))
    }
    for (const { text, log, place } of this.#byText.values()) {
      if (place === null || !equal(log, channel.id)) continue
      const at = seen.get(text)
      const entitled = player.original && channel.readable(player.person, place)
      const wrong = at === undefined ? entitled : at !== place
      if (wrong) this.#found(player, `${text} was confirmed at ${place} and stands at ${at}`)
    }
  }

  /** Nothing waits any more, nothing was dropped: it stands in its log, or was refused and says so. */
  async #outbox(player: Player, phone: Phone): Promise<void> {
    const rows = await phone.core.run(() => waiting(phone.core))
    const refused = new Set(rows.map(({ row }) => toHex(row.mid)))
    for (const { row } of rows)
      if (row.failure === '') this.#found(player, `something still waits in ${nameOf(row.log)}`)
    for (const [id, { text, log, by }] of player.said) {
      if (by !== player.device || refused.has(id)) continue
      const lines = await transcriptOf(phone.core, log)
      if (!lines.some((line) => line.text === text)) this.#found(player, `${text} was dropped`)
    }
  }

  #found(player: Player, what: string): void {
    this.anomalies.push(`${player.device}: ${what}`)
  }
}
