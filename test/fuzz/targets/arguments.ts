// The command line: whatever stands behind a verb, and the settings of the box.
import { certificates } from '../../../cli/certificates-verb.ts'
import { channel } from '../../../cli/channel-verbs.ts'
import { gateway } from '../../../cli/gateway-verb.ts'
import { importRoster } from '../../../cli/import.ts'
import { init } from '../../../cli/init-verb.ts'
import { alert, answer, rollcall } from '../../../cli/alert-verbs.ts'
import { save } from '../../../cli/file-verbs.ts'
import { listen, send, sync } from '../../../cli/message-verbs.ts'
import {
  approve,
  cosign,
  invite,
  join,
  people,
  revoke,
  role,
  whoami,
} from '../../../cli/people-verbs.ts'
import { serve } from '../../../cli/serve-verb.ts'
import { readArguments, type Verb } from '../../../cli/verb.ts'
import { fromUtf8, utf8 } from '../../../protocol/bytes.ts'
import { ProtocolError } from '../../../protocol/errors.ts'
import { must, type Target } from '../../../scripts/fuzz/target.ts'
import { readConfig } from '../../../server/config.ts'

const OF_THE_BOX = [init, serve, certificates, gateway]
const OF_PEOPLE = [join, whoami, invite, cosign, role, approve, importRoster, people, revoke]
const OF_CHANNELS = [channel, save, send, sync, listen, alert, answer, rollcall]
const VERBS: readonly Verb[] = [...OF_THE_BOX, ...OF_PEOPLE, ...OF_CHANNELS]

function onlyUsage(work: () => void): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    must(error.code === 'usage', `usage and not ${error.code}`)
  }
}

function judgeArguments(verb: Verb, argv: string[]): void {
  const args = readArguments(verb, argv)
  const [least, most] = verb.positionals
  const count = args.positionals.length
  must(
    args.flag('help') || (count >= least && count <= most),
    'as many arguments as the verb takes',
  )
  for (const name of Object.keys(verb.options)) {
    must(['string', 'undefined'].includes(typeof args.text(name)), 'an option is a text')
    if (args.text(name) !== undefined) onlyUsage(() => void args.need(name, 'hint'))
  }
  must(args.at(99) === '', 'what is not there is empty')
}

function judgeConfig(values: string[]): void {
  const at = (i: number): string | undefined =>
    values[i] === undefined || values[i] === '-' ? undefined : values[i]
  const flags = { data: at(0), listen: at(1), origin: at(2), logLevel: at(3) }
  const env = {
    HOLDFAST_DATA: at(4),
    HOLDFAST_LISTEN: at(5),
    HOLDFAST_ORIGIN: at(6),
    HOLDFAST_LOG: at(7),
  }
  const { host, port, origin } = readConfig(flags, env)
  must(host !== '' && Number.isInteger(port) && port >= 0 && port <= 65_535, 'somewhere to listen')
  if (origin !== null) must(new URL(origin).origin === origin, 'an origin is one')
}

const LINES = [
  ['--data', 'd', '--org', 'o', '--owner', 'w'],
  ['--data=d', '--listen', '[::1]:0', '--origin', 'https://krise.example'],
  ['CARD', '--box', 'http://127.0.0.1:1', '--state', 's', '--json'],
  ['create', 'Lage', '--audience', '--state', 's'],
  ['a', 'b', '--', '--help'],
  ['--no-json', '--help=1', '-x', '--__proto__', '--constructor=1'],
]
const SETTINGS = [
  ['d', '127.0.0.1:8470', 'https://krise.example', 'info'],
  ['-', '[::1]:65535', 'http://user@h', 'debug', 'e', 'h:1', '-', 'warn'],
  ['-', 'h:99999', 'http://[', 'silent'],
]

export const args: Target = {
  name: 'arguments',
  about: 'readArguments of every verb, readConfig of the box',
  sources: ['cli/verb.ts', 'server/config.ts'],
  longest: 600,
  batch: 300,
  runs: 3000,
  open: () => ({
    samples: [
      ...VERBS.flatMap((_, which) => LINES.map((line) => whole(which, line))),
      ...SETTINGS.map((line) => whole(VERBS.length, line)),
    ],
    run(input) {
      const which = (input[0] ?? 0) % (VERBS.length + 1)
      const words = fromUtf8Loosely(input.subarray(1)).split('\0')
      const verb = VERBS[which]
      onlyUsage(() => (verb === undefined ? judgeConfig(words) : judgeArguments(verb, words)))
    },
  }),
}

/** An argument list as the system would hand it over: texts, ended by zeros. */
const whole = (which: number, words: string[]): Uint8Array =>
  new Uint8Array([which, ...utf8(words.join('\0'))])

function fromUtf8Loosely(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes)
  } catch {
    return new TextDecoder().decode(bytes)
  }
}
