// A box of this process for tests: on a folder of its own, with a silent log and, where a test wants
// it, a clock that the test moves.
import { mkdtempSync, rmSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { type Cleaner, cleanUp } from '../helpers/cleanup.ts'
import type { Core } from '../../client/core.ts'
import { createChannel } from '../../client/channels.ts'
import { join as enrol } from '../../client/enrol.ts'
import { MemoryStore } from '../../client/memory-store.ts'
import { invite, inviteAll } from '../../client/people.ts'
import { pull } from '../../client/pull.ts'
import { upkeep } from '../../client/upkeep.ts'
import {
  type Input,
  readRefusal,
  type RouteName,
  ROUTES,
  SIGNATURE_HEADER,
  WINDOW_HEADER,
} from '../../protocol/api.ts'
import { fromBase64Url, toBase64Url } from '../../protocol/bytes.ts'
import { type Codec, encode } from '../../protocol/codec.ts'
import { encodeContent } from '../../protocol/content.ts'
import { asId, type LogId, type MessageId, type OrgId, type PersonId } from '../../protocol/ids.ts'
import { CHANNEL_TYPE, KIND, ROLE, type RoleName } from '../../protocol/kinds.ts'
import { sealMessage } from '../../protocol/message-keys.ts'
import { EMPTY_PROFILE } from '../../protocol/profile.ts'
import { type Method, signRequest } from '../../protocol/request.ts'
import { randomBytes } from '../../protocol/sodium.ts'
import { type Box, startBox } from '../../server/box.ts'
import type { Config } from '../../server/config.ts'
import { type Clock, type Overrides, prepareData } from '../../server/context.ts'
import { foundOrganisation } from '../../server/found.ts'

/** Moves only when told, so that no bucket refills and no window turns behind a test's back. */
export class TestClock implements Clock {
  #wall = Date.now()
  #passed = 0

  now(): number {
    return this.#wall
  }

  monotonic(): number {
    return this.#passed
  }

  pass(milliseconds: number): void {
    this.#wall += milliseconds
    this.#passed += milliseconds
  }
}

export const silent = pino({ level: 'silent' })

export function tempFolder(t: Cleaner): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  cleanUp(t, () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Where requests go; the box may be another process. */
export type Address = { url: string; host: string; port: number }

export type TestBox = Address & {
  data: string
  box: Box
  org: OrgId
  /** The founding card as it stands on paper. */
  card: string
  clock: Clock
  stop(): Promise<void>
}

export async function foundIn(data: string, org = 'Stadtwerke Musterstadt') {
  const unlock = prepareData(data)
  try {
    return await foundOrganisation(data, org, 'Olga Owner', 'http://127.0.0.1:8470')
  } finally {
    unlock()
  }
}

const settings = (data: string) =>
  ({
    data,
    host: '127.0.0.1',
    port: 0,
    origin: null,
    logLevel: 'silent',
    tls: null,
    operator: null,
    deliver: null,
    app: null,
  }) as const

export function serveData(
  data: string,
  overrides: Overrides = {},
  config: Partial<Config> = {},
): Promise<Box> {
  return startBox({ ...settings(data), ...config }, { log: silent, ...overrides })
}

/** A founded organisation on a running box, which ends with the test. */
export async function startTestBox(t: Cleaner, clock?: Clock): Promise<TestBox> {
  const data = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  const { org, card } = await foundIn(data)
  const box = await serveData(data, clock === undefined ? {} : { clock })
  const { host, port } = new URL(box.url)
  let stopped: Promise<void> | null = null
  const stop = (): Promise<void> => (stopped ??= box.stop())
  cleanUp(t, async () => {
    await stop()
    rmSync(data, { recursive: true })
  })
  const used = clock ?? box.context.clock
  return { data, url: box.url, host, port: Number(port), box, org, card, clock: used, stop }
}

/** A device that lives in memory, with its signed line to the box. */
export async function joinWith(box: Address, card: string): Promise<Core> {
  const { core } = await enrol({ store: new MemoryStore() }, card, box.url)
  return core
}

export async function inviteOne(
  owner: Core,
  name: string,
  role: RoleName = 'member',
): Promise<{ person: PersonId; card: string }> {
  await pull(owner)
  return invite(owner, { profile: { ...EMPTY_PROFILE, name }, role: ROLE[role] })
}

export async function cardsFor(owner: Core, names: string[]): Promise<string[]> {
  await pull(owner)
  const people = names.map((name) => {
    return { profile: { ...EMPTY_PROFILE, name }, role: ROLE.member }
  })
  return (await inviteAll(owner, people)).map(({ card }) => card)
}

export async function joinAs(box: Address, owner: Core, name: string, role: RoleName = 'member') {
  const { card } = await inviteOne(owner, name, role)
  return joinWith(box, card)
}

export async function openGroup(owner: Core, others: Core[], title = 'Crisis team') {
  await pull(owner)
  const people = others.map(({ replica }) => replica.identity.person)
  const id = await createChannel(owner, title, CHANNEL_TYPE.group, people)
  for (const other of others) await catchUp(other)
  return id
}

export async function catchUp(core: Core): Promise<void> {
  await pull(core)
  await upkeep(core)
}

type MessageOptions = { seq?: number; mid?: MessageId; bytes?: number; after?: number }

/** A sealed text as the device would send it next; `after` counts texts that are on their way already. */
export function sealedText(
  core: Core,
  log: LogId,
  text: string,
  options: MessageOptions = {},
): Uint8Array {
  const channel = core.replica.channels.get(log)
  const epoch = channel?.currentEpoch(0) ?? null
  if (channel === undefined || epoch === null) throw new TypeError('the channel has no keys here')
  const ak = core.replica.epochKey(epoch.id, epoch.gen)
  if (ak === null) throw new TypeError('this device holds no key')
  const known = channel.seqs.get(core.replica.identity.device) ?? 0
  const { seq = known + 1 + (options.after ?? 0), mid = asId<MessageId>(randomBytes(16)) } = options
  const content = encodeContent({ type: 'text', text, replyTo: null })
  const plain = options.bytes === undefined ? content : new Uint8Array(options.bytes)
  const keys = [{ epoch: epoch.id, gen: epoch.gen, ak }]
  const draft = { kind: KIND.text, context: core.context(log), seq, mid, ttl: 0, keys, plain }
  return sealMessage(draft, core.replica.pair.secretKey)
}

export type Reply = {
  status: number
  /** The refusal's code; empty when the request was accepted. */
  code: string
  headers: Record<string, string | string[] | undefined>
  bytes: Uint8Array
  /** When it began to arrive, in nanoseconds of the monotonic clock. */
  at: bigint
}

type RawRequest = {
  method?: string
  path: string
  headers?: Record<string, string>
  body?: Uint8Array
  /** Leaves the length out, so that the body comes in chunks. */
  chunked?: boolean
  port: number
}

/** One HTTP request on a connection of its own, byte for byte as told. */
export function rawRequest({ method = 'POST', path, headers = {}, ...rest }: RawRequest) {
  const { body = new Uint8Array(0), chunked = false, port } = rest
  const length = chunked ? {} : { 'Content-Length': String(body.length) }
  return new Promise<Reply>((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method, path, agent: false as const }
    const request = httpRequest({ ...options, headers: { ...length, ...headers } }, (response) => {
      const at = process.hrtime.bigint()
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const bytes = new Uint8Array(Buffer.concat(chunks))
        const code = readRefusal(bytes)?.code ?? ''
        resolve({ status: response.statusCode ?? 0, code, headers: response.headers, bytes, at })
      })
    })
    request.on('error', reject)
    if (chunked) request.write(body.subarray(0, 1))
    request.end(chunked ? body.subarray(1) : body)
  })
}

/** The window value to sign, as any answer of the box shows it. */
export async function windowOf(box: { port: number }): Promise<Uint8Array> {
  const { headers } = await rawRequest({ port: box.port, path: '/nowhere' })
  return fromBase64Url(String(headers[WINDOW_HEADER]))
}

type Signer = Core['signer']
export type SendOptions = {
  window?: Uint8Array
  nonce?: Uint8Array
  /** What is sent, where that differs from what is signed. */
  sent?: { method?: string; host?: string; path?: string; body?: Uint8Array }
  signed?: { method?: Method; host?: string; target?: string; body?: Uint8Array }
  org?: OrgId
  chunked?: boolean
}

export function signatureFor(
  box: Address,
  signer: Signer,
  window: Uint8Array,
  request: { method: Method; host?: string; target: string; body: Uint8Array; nonce?: Uint8Array },
): string {
  const { method, host = box.host, target, body, nonce = randomBytes(16) } = request
  const who = { org: signer.org, device: signer.device, window, nonce }
  return toBase64Url(signRequest(who, { method, host, target, body }, signer.secretKey))
}

/** A signed request of a device, any part of which may be tampered with. */
export async function sendSigned(
  box: Address,
  signer: Signer,
  path: string,
  body: Uint8Array,
  options: SendOptions = {},
): Promise<Reply> {
  const { sent = {}, signed = {}, org = signer.org } = options
  const window = options.window ?? (await windowOf(box))
  const method = signed.method ?? 'POST'
  const request = {
    method,
    host: signed.host ?? box.host,
    target: signed.target ?? path,
    body: signed.body ?? body,
    ...(options.nonce === undefined ? {} : { nonce: options.nonce }),
  }
  const signature = signatureFor(box, { ...signer, org }, window, request)
  return rawRequest({
    port: box.port,
    method: sent.method ?? 'POST',
    path: sent.path ?? path,
    headers: { Host: sent.host ?? box.host, [SIGNATURE_HEADER]: signature },
    body: sent.body ?? body,
    chunked: options.chunked ?? false,
  })
}

export function bodyOf<R extends RouteName>(route: R, input: Input<R>): Uint8Array {
  return encode(ROUTES[route].input as Codec<unknown>, input)
}

/** A correct signed request. */
export function call<R extends RouteName>(
  box: Address,
  signer: Signer,
  route: R,
  input: Input<R>,
): Promise<Reply> {
  return sendSigned(box, signer, ROUTES[route].path, bodyOf(route, input))
}

/** Without a signature: what a card may ask. */
export function ask<R extends 'card' | 'enrol'>(
  box: Address,
  route: R,
  input: Input<R>,
): Promise<Reply> {
  return rawRequest({ port: box.port, path: ROUTES[route].path, body: bodyOf(route, input) })
}

/** Polls until `done` holds; the deadline only bounds a failure. */
export async function until(
  done: () => boolean | Promise<boolean>,
  what: string,
  milliseconds = 10_000,
): Promise<void> {
  const deadline = performance.now() + milliseconds
  while (!(await done())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${milliseconds} ms`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
