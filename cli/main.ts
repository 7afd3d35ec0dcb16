// The command line of Holdfast: one verb, its options, its result, an exit code.
import * as alerts from './alert-verbs.ts'
import * as box from './box-verbs.ts'
import { channel } from './channel-verbs.ts'
import { save } from './file-verbs.ts'
import { gateway } from './gateway-verb.ts'
import { importRoster } from './import.ts'
import * as messages from './message-verbs.ts'
import { Output } from './output.ts'
import * as people from './people-verbs.ts'
import { helpText, readArguments, type Verb } from './verb.ts'

const VERBS: Record<string, Verb> = {
  init: box.init,
  serve: box.serve,
  join: people.join,
  whoami: people.whoami,
  invite: people.invite,
  cosign: people.cosign,
  role: people.role,
  approve: people.approve,
  import: importRoster,
  people: people.people,
  channel,
  send: messages.send,
  save,
  sync: messages.sync,
  listen: messages.listen,
  alert: alerts.alert,
  answer: alerts.answer,
  rollcall: alerts.rollcall,
  gateway,
  revoke: people.revoke,
}

const USAGE = 2

function overview(): string {
  const lines = Object.entries(VERBS).map(
    ([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`,
  )
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
  const [name, ...rest] = argv
  if (name === undefined) {
    process.stderr.write(overview())
    return USAGE
  }
  if (name === '--help' || name === 'help') {
    process.stdout.write(overview())
    return 0
  }
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined
  if (verb === undefined) {
    process.stderr.write(`There is no verb "${name}".\n\n${overview()}`)
    return USAGE
  }
  try {
    const args = readArguments(verb, rest)
    if (args.flag('help')) process.stdout.write(helpText(verb))
    else await verb.run(args)
    return 0
  } catch (error) {
    return new Output(rest.includes('--json')).failure(error)
  }
}

process.exitCode = await main(process.argv.slice(2))
