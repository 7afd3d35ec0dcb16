// Running the box.
import { resolve } from 'node:path'
import { isSea } from 'node:sea'
import { type Kept, keepCertificates } from '../provisioning/certificates/keep.ts'
import type { CertificateSettings } from '../provisioning/certificates/settings.ts'
import { backupChore } from '../provisioning/backup/chore.ts'
import { type BackupSettings, readBackups } from '../provisioning/backup/settings.ts'
import { type Chore, doChores } from '../provisioning/operate/chores.ts'
import { scrubChore } from '../provisioning/operate/scrub.ts'
import type { TrustDoor } from '../provisioning/trust/door.ts'
import { groups } from '../provisioning/trust/page.ts'
import { ProtocolError } from '../protocol/errors.ts'
import { startBox, type Box } from '../server/box.ts'
import type { Config } from '../server/config.ts'
import { organisationsIn, prepareData } from '../server/context.ts'
import { type Logger, systemLog } from '../server/log.ts'
import { isBelowFloor } from '../server/node-floor.ts'
import { given, optionsOf } from './box-options.ts'
import { CERTIFICATE_OPTIONS, settingsOf } from './box-settings.ts'
import { found } from './init-verb.ts'
import { cardText } from './paper.ts'
import { selfCommand } from './self.ts'
import { oldNode } from './version-verb.ts'
import type { Arguments, Verb } from './verb.ts'

const DEFAULT_ORG = 'My organisation'
const DEFAULT_OWNER = 'Owner'

export const serve: Verb = {
  usage: 'serve --data DIR --listen HOST:PORT [--origin URL]',
  summary: 'Runs the box until SIGTERM.',
  help: `
It accepts connections once it prints where it listens. On SIGTERM it finishes what is under way and
stops; what it has accepted is on disk at any time.`,
  options: {
    ...optionsOf(
      'data',
      'listen',
      'origin',
      'also',
      'app',
      'logLevel',
      'tlsCert',
      'tlsKey',
      'deliver',
      'operator',
    ),
    ...optionsOf(...CERTIFICATE_OPTIONS),
    ...optionsOf('backupTo', 'backupEvery', 'backupKeep'),
    'first-run': { type: 'boolean', help: 'found an organisation when there is none' },
    org: { type: 'string', value: 'NAME', help: 'with --first-run: name of the organisation' },
    owner: { type: 'string', value: 'NAME', help: 'with --first-run: name of the first owner' },
  },
  positionals: [0, 0],
  async run(args) {
    const { box: settings, certificates } = settingsOf(args)
    const backups = readBackups(given(args), process.env)
    if (isBelowFloor(process.versions.node)) args.out.note(oldNode(process.versions.node))
    const made = args.flag('first-run') ? await firstRun(args, settings) : null
    const log = systemLog(settings.logLevel)
    let renewed = (): void => {}
    const kept = certificates && (await keep(settings, certificates, log, () => renewed()))
    const box = await startFounded(settings, log, kept)
    renewed = () => box.renew()
    const endChores = doChores(choresOf(settings.data, backups, certificates), selfCommand(), log)
    const stopped = untilStopped(box)
    args.out.result({ listening: box.url }, `Holdfast listens on ${box.url}`)
    if (kept?.door) args.out.say(trustText(kept.door))
    args.out.say(`Data: ${resolve(settings.data)}`)
    if (made !== null) welcome(args, box.url, made.card, args.text('owner') ?? DEFAULT_OWNER)
    await stopped
    await kept?.stop()
    await endChores()
  },
}

function keep(
  { data }: Config,
  certificates: CertificateSettings,
  log: Logger,
  renewed: () => void,
): Promise<Kept> {
  prepareData(data)()
  return keepCertificates(certificates, log, renewed)
}

function choresOf(
  data: string,
  backups: BackupSettings | null,
  certificates: CertificateSettings | null,
): Chore[] {
  const tls = certificates?.folder ?? null
  return [scrubChore(data), ...(backups === null ? [] : [backupChore(backups, data, tls)])]
}

const trustText = ({ port, fingerprint }: TrustDoor): string =>
  `Phones are guided on port ${port} over http. On paper beside each card: ${groups(fingerprint)}`

/** Whatever is in the way ends what was started before: nothing half stays alive. */
async function startFounded(settings: Config, log: Logger, kept: Kept | null): Promise<Box> {
  try {
    const box = await startBox(settings, { log })
    if (box.context.orgs.size > 0) return box
    await box.stop()
    throw new ProtocolError('data_missing', resolve(settings.data))
  } catch (error) {
    await kept?.stop()
    throw error
  }
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
    process.on('SIGHUP', () => box.renew())
    process.once('SIGTERM', stop)
    process.once('SIGINT', stop)
  })
}
