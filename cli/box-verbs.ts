// Verbs that operate the box: prepare an organisation, serve it.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isSea } from 'node:sea'
import { ensure } from '../protocol/errors.ts'
import { idText } from '../protocol/ids.ts'
import { startBox, type Box } from '../server/box.ts'
import { type Config, OPTIONS, readConfig } from '../server/config.ts'
import { organisationsIn, prepareData } from '../server/context.ts'
import { foundOrganisation } from '../server/found.ts'
import { isBelowFloor } from '../server/node-floor.ts'
import { cardText } from './paper.ts'
import { oldNode } from './version-verb.ts'
import type { Arguments, Verb } from './verb.ts'

const DEFAULT_ORG = 'My organisation'
const DEFAULT_OWNER = 'Owner'

function option(name: keyof typeof OPTIONS): Verb['options'] {
  const [variable, flag, help] = OPTIONS[name]
  const [long, value] = flag.replace(/^--/, '').split(' ') as [string, string]
  return { [long]: { type: 'string', value, help: `${help}; ${variable}` } }
}

function config(args: Arguments): Config {
  const given = {
    data: args.text('data'),
    listen: args.text('listen'),
    origin: args.text('origin'),
    logLevel: args.text('log'),
    tlsCert: args.text('tls-cert'),
    tlsKey: args.text('tls-key'),
    app: args.text('app'),
  }
  const settings = readConfig(given, process.env)
  return { ...settings, app: settings.app ?? builtApp() }
}

/** Beside the built program, or where the build puts it when this runs from its sources. The executable carries it. */
function builtApp(): string | null {
  if (isSea()) return null
  const places = [join(import.meta.dirname, 'app'), join(import.meta.dirname, '../dist/app')]
  return places.find((place) => existsSync(place)) ?? null
}

/** Where devices will find the box, as far as is known before it listens. */
function addressOf({ origin, host, port }: Config): string {
  return origin ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

async function found(
  settings: Config,
  org: string,
  owner: string,
): Promise<{ org: string; card: string }> {
  ensure(
    Buffer.byteLength(org) <= 120 && Buffer.byteLength(owner) <= 120,
    'usage',
    'names have at most 120 bytes',
  )
  const unlock = prepareData(settings.data)
  try {
    const made = await foundOrganisation(settings.data, org, owner, addressOf(settings))
    return { org: idText(made.org), card: made.card }
  } finally {
    unlock()
  }
}

export const init: Verb = {
  usage: 'init --data DIR --org NAME --owner NAME',
  summary: 'Prepares an organisation and its founding card.',
  help: `
The card is shown once; the box keeps only what a used card needs. Then:
  holdfast serve --data DIR
  holdfast join CARD --box URL --state ~/holdfast-owner`,
  options: {
    ...option('data'),
    ...option('listen'),
    ...option('origin'),
    org: { type: 'string', value: 'NAME', help: 'name of the organisation' },
    owner: { type: 'string', value: 'NAME', help: 'name of the first owner' },
  },
  positionals: [0, 0],
  async run(args) {
    const settings = config(args)
    const made = await found(
      settings,
      args.need('org', 'the organisation'),
      args.need('owner', 'the first owner'),
    )
    args.out.result(
      made,
      cardText(made.card, addressOf(settings), args.need('owner', 'the first owner')),
    )
  },
}

export const serve: Verb = {
  usage: 'serve --data DIR --listen HOST:PORT [--origin URL]',
  summary: 'Runs the box until SIGTERM.',
  help: `
It accepts connections once it prints where it listens. On SIGTERM it finishes what is under way and
stops; what it has accepted is on disk at any time.`,
  options: {
    ...option('data'),
    ...option('listen'),
    ...option('origin'),
    ...option('app'),
    ...option('logLevel'),
    ...option('tlsCert'),
    ...option('tlsKey'),
    'first-run': { type: 'boolean', help: 'found an organisation when there is none' },
    org: { type: 'string', value: 'NAME', help: 'with --first-run: name of the organisation' },
    owner: { type: 'string', value: 'NAME', help: 'with --first-run: name of the first owner' },
  },
  positionals: [0, 0],
  async run(args) {
    const settings = config(args)
    if (isBelowFloor(process.versions.node)) args.out.note(oldNode(process.versions.node))
    const made = args.flag('first-run') ? await firstRun(args, settings) : null
    const box = await startBox(settings)
    if (box.context.orgs.size === 0) await refuseEmpty(box, settings)
    const stopped = untilStopped(box)
    args.out.result({ listening: box.url }, `Holdfast listens on ${box.url}`)
    args.out.say(`Data: ${resolve(settings.data)}`)
    if (made !== null) welcome(args, box.url, made.card, args.text('owner') ?? DEFAULT_OWNER)
    await stopped
  },
}

async function refuseEmpty(box: Box, settings: Config): Promise<never> {
  await box.stop()
  ensure(false, 'data_missing', resolve(settings.data))
}

async function firstRun(
  args: Arguments,
  settings: Config,
): Promise<{ org: string; card: string } | null> {
  prepareData(settings.data)()
  if (organisationsIn(settings.data).length > 0) return null
  return found(settings, args.text('org') ?? DEFAULT_ORG, args.text('owner') ?? DEFAULT_OWNER)
}

function welcome(args: Arguments, url: string, card: string, owner: string): void {
  const program = isSea() ? 'holdfast' : 'scripts/holdfast'
  args.out.say(cardText(card, url, owner))
  args.out.say(
    [
      '  What to do next, in another terminal:',
      '',
      `    ${program} join ${card} --box ${url} --state ./owner`,
      `    ${program} invite --name "Erika Beispiel" --role admin --state ./owner`,
      `    ${program} --help`,
      '',
      '  This card is shown once. If it is lost before it was used, delete the data folder and start again.',
      '',
    ].join('\n'),
  )
}

function untilStopped(box: Box): Promise<void> {
  return new Promise((done) => {
    const stop = (): void => {
      void box.stop().finally(done)
    }
    process.once('SIGTERM', stop)
    process.once('SIGINT', stop)
  })
}
