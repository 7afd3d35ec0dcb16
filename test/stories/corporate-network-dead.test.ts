// The network of the company is dead and in other hands. Whoever is on the other side of the box goes on as if nothing
// had happened, and whoever is led astray inside is told, and gives nothing away.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Core } from '../../client/core.ts'
import { SqliteStore } from '../../client/node/sqlite-store.ts'
import { CARD_SECRET_BYTES } from '../../protocol/card-secret.ts'
import { fromPaper } from '../../protocol/card-text.ts'
import { begunBy, capture, type Capture, type Packet } from '../helpers/capture.ts'
import {
  going,
  holdfast,
  json,
  type Line,
  MAIN,
  type Outcome,
  refusal,
  tempFolder,
} from '../helpers/cli.ts'
import {
  advertise,
  cables,
  type Cables,
  COMPANY,
  companyWorld,
  type CompanyWorld,
  FEET,
  hardwareOf,
  ORIGIN,
  program,
  PROXY,
  PUSH,
  PUSH_HOST,
  RESOLVER,
  standing,
  tried,
  USER,
} from '../helpers/company-world.ts'
import type { Offer } from '../helpers/dhcp.ts'
import type { Manner } from '../helpers/hostile-company.ts'
import { canMakeNamespaces, type Machine } from '../helpers/namespaces.ts'
import { until } from '../helpers/town-clock.ts'

const has = (name: string): boolean => spawnSync('which', [name]).status === 0
const able = ['nft', 'tcpdump', 'systemd-socket-activate'].every(has) && canMakeNamespaces()
const skip = process.env['CI'] === 'true' || able ? false : 'apt-get install tcpdump, as root'

const SECRET = 'The pumps of plant 2 stand under water.'
const WAITING = 'Nobody in the office can work.'

/** A device at a place, and whom it trusts to vouch for names. */
class Device {
  readonly state: string
  readonly #world: CompanyWorld
  #place: Machine
  #env: Record<string, string>

  constructor(world: CompanyWorld, name: string) {
    this.state = join(world.folder, name.replaceAll(' ', '-'))
    this.#world = world
    this.#place = world.phone
    this.#env = { NODE_EXTRA_CA_CERTS: world.tls.known }
  }

  goOutside(): void {
    this.#place = this.#world.phone
    this.#env = { NODE_EXTRA_CA_CERTS: this.#world.tls.known }
  }

  /** `managed`: the company has put its own authority on it. */
  goToTheOffice(managed: boolean): void {
    const { office, tls } = this.#world
    this.#place = office
    this.#env = { ...PROXY, NODE_EXTRA_CA_CERTS: managed ? tls.company : tls.known }
  }

  get #here() {
    return { program: this.#place.command([process.execPath, MAIN]), env: this.#env }
  }

  verb(...args: string[]): Promise<Line[]> {
    return json([...args, '--state', this.state], this.#here)
  }

  outcome(...args: string[]): Promise<Outcome> {
    return holdfast([...args, '--state', this.state], this.#here)
  }

  listen(t: TestContext) {
    return going(t, ['listen', '--state', this.state], this.#here)
  }

  async subscribe(endpoint: string): Promise<void> {
    const wanted = { program: this.#place.command(program('subscribe.ts')), env: this.#env }
    await json([this.state, endpoint], wanted)
  }
}

const texts = (lines: readonly Line[]): unknown[] => lines.map(({ text }) => text)

async function invited(olga: Device, name: string): Promise<string> {
  const [made] = await olga.verb('invite', '--name', name)
  return String(made?.['card'])
}

async function newcomer(world: CompanyWorld, olga: Device, name: string): Promise<Device> {
  const device = new Device(world, name)
  await device.verb('join', await invited(olga, name), '--box', ORIGIN)
  return device
}

/** Erika is on the line: she hears and is heard. */
async function talk(t: TestContext, erika: Device, olga: Device): Promise<void> {
  const line = erika.listen(t)
  await until(() => /Connected/.test(line.said()), 'Erika is connected')
  await olga.verb('send', 'Crisis team', 'Is anybody there?')
  await until(() => texts(line.lines()).includes('Is anybody there?'), 'the message for Erika')
  await erika.verb('send', 'Crisis team', 'I am.')
  assert.ok(texts(await olga.verb('sync')).includes('I am.'))
  line.child.kill('SIGTERM')
  assert.deepEqual(await line.gone, [0, null])
}

/** Erika is not on the line: a push wakes her, and her answer counts. */
async function alarm({ pushes }: CompanyWorld, erika: Device, olga: Device): Promise<void> {
  await erika.subscribe(`https://${PUSH_HOST}/wpush/v2/erika`)
  const [sent] = await olga.verb('alert', 'All staff', 'Leave by the north gate.')
  const pushed = (): Line | undefined => pushes.lines().find((line) => 'pushed' in line)
  await until(() => pushed() !== undefined, 'the push')
  const { host, urgency } = pushed() ?? {}
  assert.deepEqual([host, urgency], [PUSH_HOST, 'high'])
  const alert = (await erika.verb('sync')).find(({ kind }) => kind === 'alert')
  assert.equal(alert?.['text'], 'Leave by the north gate.')
  await erika.verb('answer', String(sent?.['id']), 'safe')
  const rows = await olga.verb('rollcall', String(sent?.['id']))
  const said = rows.find(({ name }) => name === 'Erika Beispiel')
  assert.equal(said?.['answer'], 'safe')
}

/** The desk takes what the company hands out: who tells it names, and where its proxy is. */
function believeTheCompany({ office }: CompanyWorld): void {
  const { stdout, stderr } = office.run([...program('dhcp.ts'), '10.10.1.255'])
  assert.notEqual(stdout, '', stderr)
  const { router, resolver, proxy } = JSON.parse(stdout) as Offer
  assert.deepEqual([router, resolver], [COMPANY, COMPANY])
  assert.match(proxy, /wpad/)
  office.asks(resolver)
}

async function answerAs({ attacker }: CompanyWorld, manner: Manner): Promise<void> {
  attacker.tell(manner)
  const last = () => attacker.lines().findLast((line) => 'manner' in line)?.['manner']
  await until(() => last() === manner, manner)
}

/** What came out of the tunnels that somebody believed in. */
const inside = ({ attacker }: CompanyWorld): Buffer =>
  Buffer.concat(
    attacker
      .lines()
      .filter(({ heard }) => heard === 'inside')
      .map(({ bytes }) => Buffer.from(String(bytes), 'base64')),
  )

async function ledAstray(
  t: TestContext,
  world: CompanyWorld,
  udo: Device,
  card: string,
): Promise<void> {
  const nina = new Device(world, 'Nina Beispiel')
  const refused = async (managed: boolean, manner: Manner, ...words: RegExp[]): Promise<void> => {
    await answerAs(world, manner)
    for (const one of [udo, nina]) one.goToTheOffice(managed)
    const outcomes = [
      await udo.outcome('sync'),
      await udo.outcome('send', 'Crisis team', SECRET),
      await nina.outcome('join', card, '--box', ORIGIN),
    ]
    for (const outcome of outcomes) refusal(outcome, 1, ...words)
  }
  await refused(false, 'posing', /cannot be reached/)
  assert.equal(inside(world).length, 0, 'nobody believes a certificate of somebody unknown')
  await refused(true, 'page', /not the box of this organisation/)
  await refused(true, 'posing')
  await answerAs(world, 'page')
  const line = udo.listen(t)
  await until(() => /Not connected: .*not the box/.test(line.said()), 'the listener says so')
  assert.deepEqual(line.lines(), [])
  line.child.kill('SIGTERM')
  await line.gone
}

/** The keys by which a device and a card act, and what people wrote, as far as bytes can be recognised. */
async function secrets(device: Device, card: string): Promise<Buffer[]> {
  const store = new SqliteStore(device.state)
  const core = await Core.open({ store })
  await store.close()
  assert.ok(core)
  const keys = [core.signer.secretKey.subarray(0, 32), fromPaper(card, CARD_SECRET_BYTES)]
  const forms = keys.flatMap((key) => {
    const bytes = Buffer.from(key)
    const written = (['hex', 'base64', 'base64url'] as const).map((form) => bytes.toString(form))
    return [bytes, ...written.map((text) => Buffer.from(text.replaceAll('=', '')))]
  })
  return [
    ...forms,
    ...[card, SECRET, WAITING, 'Beispiel', 'Crisis team'].map((x) => Buffer.from(x)),
  ]
}

async function gaveNothingAway(world: CompanyWorld, udo: Device, card: string): Promise<void> {
  const believed = inside(world)
  for (const route of ['/v1/sync', '/v1/card']) assert.ok(believed.includes(route), route)
  for (const secret of await secrets(udo, card))
    assert.ok(!believed.includes(secret), secret.toString('latin1'))
  const lines = world.attacker.lines()
  const names = lines.filter(({ heard }) => heard === 'name').map(({ name }) => name)
  assert.deepEqual([...new Set(names)], [new URL(ORIGIN).host], 'nobody looks for a proxy')
  assert.deepEqual(
    lines.filter(({ heard }) => heard === 'plain'),
    [],
    'nobody takes the proxy that is offered, nor goes without TLS',
  )
}

/** A word that the machine at the other end of the cable sends shows that everything before it has been heard. */
function ended(to: string, from: Machine, heard: Capture): Promise<Packet[]> {
  const words = `the last word to ${to}`
  return heard.end(words, () => void from.run(['bash', '-c', `echo ${words} > /dev/udp/${to}/9`]))
}

const begun = ({ box, devices }: Cables, foot: keyof typeof FEET, packets: Packet[]): string[] =>
  begunBy(hardwareOf(box, devices[foot]), packets)

async function wentNowhereElse(world: CompanyWorld): Promise<void> {
  const uplink = await ended(FEET.uplink, world.internet, world.heard.uplink)
  const company = await ended(FEET.inside, world.company, world.heard.inside)
  assert.deepEqual(
    { uplink: begun(world, 'uplink', uplink), company: begun(world, 'inside', company) },
    { uplink: [`tcp ${PUSH}:443`, `udp ${RESOLVER}:53`], company: [] },
  )
  const offers = company.filter((one) => one.sourcePort === 67 && one.targetPort === 68)
  assert.ok(offers.length > 0, 'leases were offered all the time')
  assert.equal(tried(world.box), 0, 'the process with the keys has not even tried')
}

test(
  'The company is dead and hostile: outside people talk and are alerted, inside nobody is deceived',
  { skip },
  async (t) => {
    const world = await companyWorld(t)
    const before = standing(world.box)
    const olga = new Device(world, 'Olga Owner')
    await olga.verb('join', world.card, '--box', ORIGIN)
    const erika = await newcomer(world, olga, 'Erika Beispiel')
    const udo = await newcomer(world, olga, 'Udo Beispiel')
    await olga.verb('channel', 'create', 'Crisis team', 'Erika Beispiel', 'Udo Beispiel')
    await olga.verb('channel', 'create', 'All staff', '--audience', '--all')
    await udo.verb('sync')

    advertise(world.company)
    await talk(t, erika, olga)
    await alarm(world, erika, olga)

    const card = await invited(olga, 'Nina Beispiel')
    believeTheCompany(world)
    await ledAstray(t, world, udo, card)
    await udo.verb('send', 'Crisis team', WAITING, '--queue')
    await gaveNothingAway(world, udo, card)

    udo.goOutside()
    assert.ok(texts(await udo.verb('sync')).includes('Leave by the north gate.'))
    const news = texts(await olga.verb('sync'))
    assert.equal(news.filter((text) => text === WAITING).length, 1)
    assert.ok(!news.includes(SECRET), 'what was refused is not said later')
    await new Device(world, 'Nina Beispiel').verb('join', card, '--box', ORIGIN)

    assert.equal(standing(world.box), before)
    await wentNowhereElse(world)
  },
)

test(
  'Where there is no firewall, the same ears tell of whoever goes elsewhere',
  { skip },
  async (t) => {
    const machines = cables(t, () => '')
    const { box, company, devices } = machines
    const heard = await capture(t, box, devices.inside, tempFolder(t))
    for (const place of [`tcp/${COMPANY}/443`, `udp/${COMPANY}/53`])
      box.run(['bash', '-c', `echo hello > /dev/${place}`], USER.box)
    const packets = await ended(FEET.inside, company, heard)
    // Beside what the kernel says of IPv6 by itself.
    const places = begun(machines, 'inside', packets).filter((place) => !place.startsWith('icmpv6'))
    assert.deepEqual(places, [`tcp ${COMPANY}:443`, `udp ${COMPANY}:53`])
    assert.ok(tried(box) >= places.length)
    const before = standing(box)
    advertise(company)
    await until(() => standing(box) !== before, 'the box follows a router of the company')
  },
)
