// A box of the attacker's: it checks nothing, takes everything, shows whatever its owner puts into its logs
// and signs heads for that with its own key. Several of them show several worlds. In memory and without
// HTTP: what a phone asks comes in as bytes and what it hears goes out as bytes.
import type { Network } from '../../client/network.ts'
import { entryRow, readPlace, readRow, STANDING } from '../../client/rows.ts'
import { type Input, type Output, type RouteName, ROUTES } from '../../protocol/api.ts'
import { signHead } from '../../protocol/box-report.ts'
import { equal, fromBase64Url, toBase64Url } from '../../protocol/bytes.ts'
import { emptyHead, type Head, nextHead, stubOf } from '../../protocol/chain.ts'
import { channelIdOf } from '../../protocol/channel.ts'
import { type Codec, decode, encode } from '../../protocol/codec.ts'
import { decodeKept } from '../../protocol/entry.ts'
import { epochIdOf } from '../../protocol/epoch-core.ts'
import { encodeFrame, type Frame, joinFrames } from '../../protocol/frames.ts'
import { type DeviceId, type EpochId, IdMap, type LogId, type OrgId } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'
import { MAX_REQUEST } from '../../protocol/limits.ts'
import { decodePrekey } from '../../protocol/prekey.ts'
import { decodeRequestSignature } from '../../protocol/request.ts'
import type { SignPair } from '../../protocol/sodium.ts'
import type { Phone } from './town-phones.ts'

type Log = { entries: Uint8Array[]; heads: Head[] }
type Wrap = { id: number; log: LogId; epoch: EpochId; gen: number; wrap: Uint8Array }
export type Posted = { [R in RouteName]: { route: R; input: Input<R> } }[RouteName]
type Answers = { [R in Exclude<RouteName, 'sync'>]?: (input: Input<R>) => Output<R> }

const WINDOW = toBase64Url(new Uint8Array(16))

export class ForgingBox implements Network {
  readonly org: OrgId
  readonly pair: SignPair
  readonly logs = new IdMap<LogId, Log>()
  readonly prekeys = new IdMap<DeviceId, Uint8Array>()
  /** Handed out with every answer, asked for or not. */
  readonly morePrekeys: Uint8Array[] = []
  readonly wraps: Wrap[] = []
  readonly parcels: { id: number; to: DeviceId; bytes: Uint8Array }[] = []
  /** Everything that phones have sent, decoded. */
  readonly posted: Posted[] = []
  readonly receipts: Uint8Array[] = []
  /** Clock of the box, in milliseconds. */
  now: () => number
  /** Whether catch-ups end with signed heads. */
  signsHeads = true
  /** Whether a phone may know more than this box, as after a rollback. */
  mayBeBehind = false

  constructor(org: OrgId, pair: SignPair, now: () => number) {
    this.org = org
    this.pair = pair
    this.now = now
  }

  /** Knows what this phone knows. */
  static async like(phone: Phone, pair: SignPair): Promise<ForgingBox> {
    const { core } = phone
    const box = new ForgingBox(core.replica.identity.org, pair, () => core.clock.now())
    for (const { key, value } of await core.store.list('entries')) {
      const row = readRow(entryRow, value)
      if (row.standing === STANDING.stub) throw new TypeError('a phone that knows stubs only')
      box.appendTo(readPlace(key).log, row.bytes)
    }
    const devices = [...core.replica.directory.devices.keys()]
    const { prekeys } = await core.line.call('prekeys', { devices }, core.signer)
    for (const prekey of prekeys) box.prekeys.set(decodePrekey(prekey).device, prekey)
    return box
  }

  /** Another box with the same past, which may go on differently. */
  fork(): ForgingBox {
    const copy = new ForgingBox(this.org, this.pair, this.now)
    for (const [id, { entries, heads }] of this.logs.entries())
      copy.logs.set(id, { entries: [...entries], heads: [...heads] })
    for (const [device, prekey] of this.prekeys.entries()) copy.prekeys.set(device, prekey)
    copy.wraps.push(...this.wraps)
    copy.signsHeads = this.signsHeads
    return copy
  }

  /** To the log that the entry names, whatever it says. */
  append(bytes: Uint8Array): { log: LogId; n: number } {
    const entry = decodeKept(bytes)
    return this.appendTo(entry.kind === KIND.create ? channelIdOf(entry) : entry.prefix.log, bytes)
  }

  appendTo(log: LogId, bytes: Uint8Array): { log: LogId; n: number } {
    const known = this.logs.get(log) ?? { entries: [], heads: [emptyHead(log)] }
    this.logs.set(log, known)
    const last = known.heads.at(-1) ?? emptyHead(log)
    known.entries.push(bytes)
    known.heads.push(nextHead(last, stubOf(decodeKept(bytes))))
    return { log, n: known.entries.length }
  }

  /** Forgets what stands behind index `n` of a log. */
  cut(log: LogId, n: number): void {
    const known = this.logs.get(log)
    if (known === undefined) return
    known.entries.length = n
    known.heads.length = n + 1
  }

  headAt(log: LogId, n?: number): Head {
    return this.logs.get(log)?.heads.at(n ?? -1) ?? emptyHead(log)
  }

  signedHead(log: LogId, n?: number): Uint8Array {
    const head = this.headAt(log, n)
    return signHead({ org: this.org, log, ...head, t: this.now() }, this.pair.secretKey)
  }

  seal(log: LogId, epoch: EpochId, gen: number, wrap: Uint8Array): void {
    this.wraps.push({ id: this.wraps.length + 1_000_000, log, epoch, gen, wrap })
  }

  fetch: typeof fetch = (input, init = {}) => {
    const path = new URL(input instanceof Request ? input.url : input).pathname
    const route = (Object.keys(ROUTES) as RouteName[]).find((name) => ROUTES[name].path === path)
    if (route === undefined) throw new TypeError(`no route ${path}`)
    const body = init.body as Uint8Array
    const value = decode(ROUTES[route].input as Codec<unknown>, body, MAX_REQUEST)
    this.posted.push({ route, input: value } as Posted)
    const caller = callerOf(new Headers(init.headers).get('holdfast-signature'))
    return Promise.resolve(answered(this.#answer(route, value, caller)))
  }

  openSocket = (): WebSocket => {
    throw new TypeError('this box speaks when it is asked')
  }

  #answer(route: RouteName, value: unknown, caller: DeviceId | null): Uint8Array {
    if (route === 'sync') return joinFrames(this.#sync(value as Input<'sync'>, caller))
    const answers: Answers = {
      card: () => ({ org: this.org, card: new Uint8Array(0) }),
      enrol: ({ items }) => this.#take(items),
      entries: ({ items }) => this.#take(items),
      wraps: ({ log, epoch, gen, wraps }) => {
        for (const wrap of wraps) this.seal(log, epoch, gen, wrap)
        return {}
      },
      prekey: ({ prekey }) => {
        this.prekeys.set(decodePrekey(prekey).device, prekey)
        return {}
      },
      prekeys: ({ devices }) => ({
        prekeys: [...devices.flatMap((one) => this.prekeys.get(one) ?? []), ...this.morePrekeys],
      }),
      receipt: ({ receipts }) => {
        this.receipts.push(...receipts)
        return {}
      },
      receipts: () => ({ receipts: this.receipts }),
      parcel: ({ to, bytes }) => {
        this.parcels.push({ id: this.parcels.length + 1, to, bytes })
        return {}
      },
    }
    const answer = answers[route] as ((input: unknown) => unknown) | undefined
    if (answer === undefined) throw new TypeError(`this box keeps no files: ${route}`)
    return encode(ROUTES[route].output as Codec<unknown>, answer(value))
  }

  #take(items: Input<'entries'>['items']): Output<'entries'> {
    const places = items.map(({ entry, wraps }) => {
      const place = this.append(entry)
      const known = decodeKept(entry)
      if (known.kind === KIND.announce)
        for (const wrap of wraps) this.seal(place.log, epochIdOf(known), 0, wrap)
      if (known.kind === KIND.extension)
        for (const wrap of wraps) this.seal(place.log, known.fields.epoch, known.fields.gen, wrap)
      return place
    })
    const logs = places.filter((one, i) => i === places.findIndex((p) => equal(p.log, one.log)))
    return { places, heads: logs.map(({ log }) => this.signedHead(log)) }
  }

  /** The directory first, then everything else to everybody. */
  #sync(input: Input<'sync'>, caller: DeviceId | null): Uint8Array[] {
    const mine = this.wraps.filter(
      ({ id, wrap }) =>
        id > input.wrapsSeen && caller !== null && equal(wrap.subarray(0, 16), caller),
    )
    const frames: Frame[] = mine.map((wrap) => ({ type: 'wrap', ...wrap }))
    const ids = [...this.logs.keys()]
    const directory = ids.filter((log) => equal(log, this.org))
    for (const log of [...directory, ...ids.filter((id) => !equal(id, this.org))]) {
      const have = input.have.find((one) => equal(one.log, log))?.n ?? 0
      const entries = this.logs.get(log)?.entries ?? []
      // A lie that the phone takes for old news would prove nothing.
      if (have > entries.length && !this.mayBeBehind)
        throw new TypeError('this box knows less than the phone that asks')
      for (const [i, bytes] of entries.slice(have).entries())
        frames.push({ type: 'entry', n: have + i + 1, bytes })
      if (this.signsHeads) frames.push({ type: 'head', bytes: this.signedHead(log) })
    }
    const parcels = this.parcels.filter(
      ({ id, to }) => caller !== null && equal(to, caller) && !input.parcels.includes(id),
    )
    for (const { id, bytes } of parcels) frames.push({ type: 'parcel', id, bytes })
    this.parcels.splice(
      0,
      this.parcels.length,
      ...this.parcels.filter(({ id }) => !input.parcels.includes(id)),
    )
    return frames.map(encodeFrame)
  }
}

function callerOf(header: string | null): DeviceId | null {
  return header === null ? null : decodeRequestSignature(fromBase64Url(header)).device
}

function answered(bytes: Uint8Array): Response {
  return new Response(bytes as Uint8Array<ArrayBuffer>, { headers: { 'holdfast-window': WINDOW } })
}
