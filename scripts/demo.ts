// The main job on real input: a roster becomes an organisation, people chat and are alerted, the box is
// killed in the middle, and the devices' own state shows whether anything accepted was lost or doubled.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { enqueueAlert, enqueueAnswerTo, rollCall, type RollCallRow } from '../client/alerts.ts'
import { createChannel } from '../client/channels.ts'
import { pull } from '../client/pull.ts'
import { people } from '../client/views.ts'
import { type LogId, type MessageId } from '../protocol/ids.ts'
import { CHANNEL_TYPE } from '../protocol/kinds.ts'
import { type BoxProcess, startBoxProcess, verb } from './demo/box-process.ts'
import { enrolPhone, flush, heldBy, type Phone, say, settle } from './demo/staff.ts'
import { Table } from './demo/table.ts'

const ROSTER = join(import.meta.dirname, '../provisioning/examples/roster.csv')
const TEAM = 12
const MESSAGES_EACH = 10
const SILENT = 5
const ORG = 'Stadtwerke Musterstadt'
const TEXT = 'Fire in the control room. Leave by the north gate and answer.'

type Card = { line: number; card: string; name: string }
type Stage = { folder: string; box: BoxProcess; owner: Phone; staff: Phone[]; table: Table }

async function main(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-demo-'))
  const table = new Table()
  const stage = await setUp(folder, table)
  try {
    const team = await openTeam(stage)
    await chat(stage, team)
    const audience = await openAudience(stage)
    await alertAll(stage, audience)
    await killInTraffic(stage, team)
    const faults = await prove(stage, team)
    table.print()
    process.stdout.write(
      faults.length === 0
        ? 'Nothing accepted was lost, nothing is there twice.\n'
        : `${faults.join('\n')}\n`,
    )
    return faults.length === 0 ? 0 : 1
  } finally {
    await Promise.all([stage.owner, ...stage.staff].map((phone) => phone.close()))
    await stage.box.kill('SIGTERM')
    rmSync(folder, { recursive: true })
  }
}

async function setUp(folder: string, table: Table): Promise<Stage> {
  const data = join(folder, 'box')
  const founded = await table.step(
    'found the organisation',
    async () => (await verb('init', '--data', data, '--org', ORG, '--owner', 'Olga Owner'))[0],
    () => ORG,
  )
  const box = await table.step(
    'start the box',
    () => startBoxProcess(data, 0),
    ({ url }) => url,
  )
  const card = String(founded?.['card'])
  const owner = await table.step(
    'the owner joins',
    () => enrolPhone(folder, 'owner', card, box.url),
    () => '1 device',
  )
  const cards = await table.step(
    'import the roster',
    () => importCards(folder, owner),
    (made) => `${made.length} cards`,
  )
  const staff = await table.step(
    'enrol from the cards',
    () => enrolAll(folder, cards, box.url),
    (all) => `${all.length} devices, live`,
  )
  return { folder, box, owner, staff, table }
}

/** Through the verb itself, on the owner's own folder, while the owner's device is live. */
async function importCards(folder: string, owner: Phone): Promise<Card[]> {
  const lines = await verb('import', ROSTER, '--state', join(folder, owner.name))
  return lines.filter((line) => 'card' in line) as Card[]
}

async function enrolAll(folder: string, cards: Card[], box: string): Promise<Phone[]> {
  const staff: Phone[] = []
  for (const { line, card, name } of cards)
    staff.push(await enrolPhone(folder, `${name}-${line}`, card, box))
  return staff
}

async function openTeam({ owner, staff, table }: Stage): Promise<LogId> {
  const members = staff.slice(0, TEAM - 1).map(({ core }) => core.replica.identity.person)
  const create = (): Promise<LogId> =>
    owner.core.run(async () => {
      await pull(owner.core)
      return createChannel(owner.core, 'Crisis team', CHANNEL_TYPE.group, members)
    })
  return table.step('open the crisis channel', create, () => `${TEAM} people`)
}

async function openAudience({ owner, table }: Stage): Promise<LogId> {
  const create = (): Promise<LogId> =>
    owner.core.run(async () => {
      await pull(owner.core)
      const all = people(owner.core.replica).map(({ person }) => person)
      return createChannel(owner.core, 'All staff', CHANNEL_TYPE.audience, all)
    })
  return table.step('open the all-staff audience', create, () => '41 people')
}

const teamOf = ({ owner, staff }: Stage): Phone[] => [owner, ...staff.slice(0, TEAM - 1)]

async function chat(stage: Stage, team: LogId): Promise<void> {
  const phones = teamOf(stage)
  await Promise.all(phones.map(settle))
  const talk = async (): Promise<number> => {
    await Promise.all(
      phones.map((phone, i) => say(phone, team, `Here is ${phone.name}, number ${i}.`)),
    )
    await Promise.all(phones.map(settle))
    return phones.length
  }
  await stage.table.step(
    'everybody in the team says a word',
    talk,
    (count) => `${count} messages, ${count * (count - 1)} deliveries`,
  )
}

async function alertAll(stage: Stage, audience: LogId): Promise<void> {
  const { owner, staff, table } = stage
  const alert = await table.step(
    'alert all staff',
    () => sendAlert(owner, audience),
    () => 'LIVE, on the disk of the box',
  )
  await table.step(
    'devices hold the alert',
    () => waitForAlert(staff, audience, alert),
    (count) => `${count} of ${staff.length}`,
  )
  const answering = staff.slice(0, staff.length - SILENT)
  await table.step(
    'people answer',
    () => answerAll(answering, alert),
    () => `${answering.length} answers`,
  )
  const rows = await table.step('roll call', () => callRoll(owner, alert), summary)
  if (rows.filter(({ state }) => state === 'answered').length !== answering.length)
    throw new Error('the roll call misses answers')
}

const summary = (rows: RollCallRow[]): string =>
  (['answered', 'received', 'waiting', 'unreachable'] as const)
    .map((state) => `${rows.filter((row) => row.state === state).length} ${state}`)
    .join(', ')

function sendAlert(owner: Phone, audience: LogId): Promise<MessageId> {
  return owner.core.run(async () => {
    const channel = owner.core.replica.channels.get(audience)
    if (channel === undefined) throw new Error('no audience')
    const id = await enqueueAlert(owner.core, channel, TEXT)
    await flush(owner)
    return id
  })
}

/** Live delivery does it; the deadline only bounds a failure. */
async function waitForAlert(staff: Phone[], audience: LogId, alert: MessageId): Promise<number> {
  const has = (phone: Phone): boolean =>
    phone.core.replica.channels.get(audience)?.alerts.has(alert) ?? false
  const until = performance.now() + 30_000
  while (performance.now() < until && !staff.every(has))
    await new Promise((resolve) => setTimeout(resolve, 5))
  return staff.filter(has).length
}

async function answerAll(staff: Phone[], alert: MessageId): Promise<void> {
  const choices = ['safe', 'need help', 'on my way']
  const one = (phone: Phone, i: number): Promise<void> =>
    phone.core.run(async () => {
      await enqueueAnswerTo(phone.core, alert, choices[i % choices.length] as string)
      await flush(phone)
    })
  await Promise.all(staff.map(one))
  await Promise.all(staff.map(settle))
}

function callRoll(owner: Phone, alert: MessageId): Promise<RollCallRow[]> {
  return owner.core.run(async () => {
    await pull(owner.core)
    return rollCall(owner.core, alert)
  })
}

/** The team writes as fast as it can; the box dies in the middle and comes back on the same port. */
async function killInTraffic(stage: Stage, team: LogId): Promise<void> {
  const phones = teamOf(stage)
  const confirmed = (): number => phones.reduce((sum, phone) => sum + phone.confirmed.size, 0)
  const before = confirmed()
  const traffic = Promise.all(phones.map((phone) => talkOn(phone, team)))
  const killed = await stage.table.step(
    'kill the box in the middle (SIGKILL)',
    async () => {
      while (confirmed() - before < (TEAM * MESSAGES_EACH) / 2)
        await new Promise((resolve) => setTimeout(resolve, 1))
      await stage.box.kill('SIGKILL')
      return confirmed() - before
    },
    (count) => `after ${count} confirmed messages`,
  )
  const { port } = stage.box
  stage.box = await stage.table.step(
    'start it again',
    () => startBoxProcess(join(stage.folder, 'box'), port),
    () => 'same data, same port',
  )
  const rest = async (): Promise<void> => {
    await traffic
    await Promise.all(phones.map(settle))
  }
  await stage.table.step(
    'the outboxes empty',
    rest,
    () => `${TEAM * MESSAGES_EACH} messages, ${killed} of them confirmed before`,
  )
}

async function talkOn(phone: Phone, team: LogId): Promise<void> {
  for (let i = 0; i < MESSAGES_EACH; i++) await say(phone, team, `${phone.name} reports, ${i}`)
}

/** From the devices' own verified state: every confirmed message once, on every device, at one place. */
async function prove(stage: Stage, team: LogId): Promise<string[]> {
  const phones = teamOf(stage)
  const check = async (): Promise<{ faults: string[]; held: number }> => {
    await Promise.all(phones.map(settle))
    // The outboxes are empty, so everything that was said has been accepted.
    const accepted = new Set(phones.flatMap((phone) => [...phone.said]))
    const views = await Promise.all(phones.map((phone) => heldBy(phone, team)))
    const faults = views.flatMap((view, i) => faultsOf(phones[i] as Phone, view, accepted))
    const transcripts = new Set(views.map((view) => JSON.stringify(view)))
    if (transcripts.size !== 1) faults.push('the devices hold different transcripts')
    return { faults, held: views[0]?.length ?? 0 }
  }
  const { faults } = await stage.table.step(
    'compare the devices',
    check,
    ({ faults: found, held }) =>
      `${held} messages on each of ${phones.length}, ${found.length} faults`,
  )
  return faults
}

function faultsOf(
  phone: Phone,
  view: { id: string; text: string }[],
  accepted: Set<string>,
): string[] {
  const ids = view.map(({ id }) => id)
  const held = new Set(ids)
  const texts = new Set(view.map(({ text }) => text))
  const lost = [...accepted].filter((id) => !held.has(id))
  const faults: string[] = []
  if (held.size !== ids.length || texts.size !== view.length)
    faults.push(`${phone.name}: something is there twice`)
  if (lost.length > 0) faults.push(`${phone.name}: ${lost.length} accepted messages are missing`)
  return faults
}

process.exitCode = await main()
