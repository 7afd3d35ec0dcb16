// The command line of Holdfast: one verb, its options, its result, an exit code.
import { Output } from './output.ts'
import { helpText, readArguments, type Verb } from './verb.ts'

/** Loaded when asked for: a box needs nothing of the device engine, and starts without it. */
const people = () => import('./people-verbs.ts')
const messages = () => import('./message-verbs.ts')
const alerts = () => import('./alert-verbs.ts')

const VERBS: Record<string, () => Promise<Verb>> = {
  init: async () => (await import('./init-verb.ts')).init,
  serve: async () => (await import('./serve-verb.ts')).serve,
  join: async () => (await people()).join,
  whoami: async () => (await people()).whoami,
  invite: async () => (await people()).invite,
  cosign: async () => (await people()).cosign,
  role: async () => (await people()).role,
  approve: async () => (await people()).approve,
  import: async () => (await import('./import.ts')).importRoster,
  people: async () => (await people()).people,
  channel: async () => (await import('./channel-verbs.ts')).channel,
  send: async () => (await messages()).send,
  save: async () => (await import('./file-verbs.ts')).save,
  sync: async () => (await messages()).sync,
  listen: async () => (await messages()).listen,
  alert: async () => (await alerts()).alert,
  answer: async () => (await alerts()).answer,
  rollcall: async () => (await alerts()).rollcall,
  gateway: async () => (await import('./gateway-verb.ts')).gateway,
  revoke: async () => (await people()).revoke,
  doctor: async () => (await import('./operate-verbs.ts')).doctor,
  status: async () => (await import('./operate-verbs.ts')).status,
  support: async () => (await import('./support-verb.ts')).support,
  scrub: async () => (await import('./operate-verbs.ts')).scrub,
  mend: async () => (await import('./mend-verb.ts')).mendBox,
  backup: async () => (await import('./backup-verbs.ts')).backup,
  restore: async () => (await import('./backup-verbs.ts')).restore,
  deliver: async () => (await import('./deliver-verb.ts')).deliver,
  restored: async () => (await import('./restored-verb.ts')).restored,
  certificates: async () => (await import('./certificates-verb.ts')).certificates,
  install: async () => (await import('./install-verb.ts')).installBox,
  update: async () => (await import('./update-verb.ts')).updateBox,
  verify: async () => (await import('./verify-verb.ts')).verify,
  'release-key': async () => (await import('./release-verbs.ts')).releaseKey,
  'release-sign': async () => (await import('./release-verbs.ts')).releaseSign,
  version: async () => (await import('./version-verb.ts')).version,
  away: async () => (await import('./away-verb.ts')).away,
}

const USAGE = 2

async function overview(): Promise<string> {
  const verbs = Object.entries(VERBS).map(async ([name, load]) => {
    const { summary } = await load()
    return `  ${name.padEnd(12)} ${summary}`
  })
  const lines = await Promise.all(verbs)
  return [
    'Holdfast: the crisis line that stays up when e-mail, Teams and the corporate network are down.',
    '',
    'holdfast VERB … [--json] [--help]',
    '',
    ...lines,
    '',
    'Exit codes: 0 done, 1 refused or failed, 2 wrong usage. holdfast VERB --help teaches each verb.',
    '',
  ].join('\n')
}

async function main(argv: string[]): Promise<number> {
  const [first, ...rest] = argv
  const name = first === '--version' ? 'version' : first
  if (name === undefined) {
    process.stderr.write(await overview())
    return USAGE
  }
  if (name === '--help' || name === 'help') {
    process.stdout.write(await overview())
    return 0
  }
  const load = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined
  if (load === undefined) {
    process.stderr.write(`There is no verb "${name}".\n\n${await overview()}`)
    return USAGE
  }
  try {
    const verb = await load()
    const args = readArguments(verb, rest)
    if (args.flag('help')) process.stdout.write(helpText(verb))
    else await verb.run(args)
    return 0
  } catch (error) {
    return new Output(rest.includes('--json')).failure(error)
  }
}

process.exitCode = await main(process.argv.slice(2))
