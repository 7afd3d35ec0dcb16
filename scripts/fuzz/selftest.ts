// Do the fuzzers bite? Checks are taken out of the product one at a time (scripts/mutation), and the target
// that is there for them has to find out.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { environmentWithout, type Removal } from '../mutation/run-without.ts'

const ROOT = join(import.meta.dirname, '../..')

/** What scripts/fuzz.ts begins a finding with. */
export const FINDING = 'FINDING in'

type Bite = { target: string; file: string; text: string; instead?: string; seconds: number }

/** What stands at `text` is taken out; the target has to find it within so many seconds. */
export const BITES: readonly Bite[] = [
  {
    target: 'entry',
    file: 'protocol/codec.ts',
    text: "    ensure(this.left === 0, 'malformed', 'trailing bytes')",
    seconds: 20,
  },
  {
    target: 'fields',
    file: 'protocol/codec.ts',
    text: "    ensure(n <= this.left, 'malformed', 'too short')",
    seconds: 20,
  },
  {
    target: 'entry',
    file: 'protocol/entry.ts',
    text: "  ensure(head.era === 0, 'malformed', 'era')",
    seconds: 20,
  },
  {
    target: 'payload',
    file: 'protocol/payload.ts',
    text: 'body.length > AEAD_TAG &&',
    seconds: 20,
  },
  {
    target: 'content',
    file: 'protocol/content.ts',
    text: "      ensure(shortAnswers(head.answers).length === head.answers.length, 'malformed', 'answers')",
    seconds: 20,
  },
  {
    target: 'outside',
    file: 'protocol/receipt.ts',
    text: "  ensure(rest.era === 0, 'malformed', 'era')",
    seconds: 20,
  },
  {
    target: 'sealed',
    file: 'protocol/padding.ts',
    text: "  ensure(bucket(end + 1) === padded.length, 'malformed', 'padding length')",
    seconds: 20,
  },
  {
    target: 'frames',
    file: 'protocol/frames.ts',
    text: '  r.end()\n  return frame',
    instead: '  return frame',
    seconds: 20,
  },
  {
    target: 'api',
    file: 'protocol/codec.ts',
    text: "    ensure(this.left === 0, 'malformed', 'trailing bytes')",
    seconds: 20,
  },
  {
    target: 'texts',
    file: 'protocol/card-text.ts',
    text: "  ensure(bitsToText(bytes) === plain.slice(0, characters), 'card_mistyped', 'spare bits')",
    seconds: 20,
  },
  {
    target: 'texts',
    file: 'protocol/bytes.ts',
    text: '    if (toBase64Url(bytes) === text) return bytes',
    instead: '    return bytes',
    seconds: 20,
  },
  {
    target: 'directory',
    file: 'protocol/directory-rights.ts',
    text: "    ensure(second !== null, 'second_signature', act)",
    instead: '    return',
    seconds: 30,
  },
  {
    target: 'directory',
    file: 'protocol/directory-rights.ts',
    text: "  ensure(!lastOwner || role === ROLE.owner, 'last_owner')",
    seconds: 40,
  },
  {
    target: 'directory',
    file: 'protocol/directory-apply.ts',
    text: "journal.assign(lost, 'until', n)",
    instead: 'lost.until = n',
    seconds: 20,
  },
  {
    target: 'channel',
    file: 'protocol/channel.ts',
    text: 'return mayInChannel(this.type, act, stands, role)',
    instead: 'return true',
    seconds: 30,
  },
  {
    target: 'channel',
    file: 'protocol/channel-apply.ts',
    text: '  endKeys(channel, member, false)',
    seconds: 40,
  },
  {
    target: 'answers',
    file: 'protocol/answer-log.ts',
    text: "    ensure(device.from !== null, 'device_pending')",
    seconds: 20,
  },
  {
    target: 'intake',
    file: 'client/intake.ts',
    text: 'if (twice || this.#isAlertElsewhere',
    instead: 'if (this.#isAlertElsewhere',
    seconds: 30,
  },
  {
    target: 'intake',
    file: 'client/pull.ts',
    text: "    ensure(equal(keyCommitment(here, known.core, g), commit), 'epoch_commit', 'history')",
    seconds: 30,
  },
  {
    target: 'rows',
    file: 'protocol/codec.ts',
    text: "    ensure(this.left === 0, 'malformed', 'trailing bytes')",
    seconds: 20,
  },
  {
    target: 'stored',
    file: 'client/rows.ts',
    text: "  ensure(key.length >= PLACE_BYTES, 'database_damaged', 'a place')",
    seconds: 30,
  },
  {
    target: 'roster',
    file: 'client/roster-check.ts',
    text: "firstLine === undefined ? [] : [why('mailTwice', { mail, first: firstLine })]",
    instead: '[]',
    seconds: 20,
  },
  {
    target: 'gateway-config',
    file: 'cli/gateway/secret.ts',
    text: 'Object.hasOwn(env, name) ? env[name] : undefined',
    instead: 'env[name]',
    seconds: 20,
  },
  { target: 'webhook', file: 'cli/gateway/template.ts', text: '.toWellFormed()', seconds: 10 },
  { target: 'arguments', file: 'server/config.ts', text: '&& port <= 65535', seconds: 10 },
  { target: 'http', file: 'server/box.ts', text: '    requireHostHeader: false,', seconds: 10 },
  {
    target: 'box-database',
    file: 'server/store/database.ts',
    text: "  ensure(version >= 0, 'database_damaged', path)",
    seconds: 80,
  },
  {
    target: 'device-database',
    file: 'client/node/sqlite-store.ts',
    text: 'SQLITE_(NOTADB|CORRUPT|ERROR|IOERR)',
    instead: 'SQLITE_(NOTADB|CORRUPT)',
    seconds: 80,
  },
]

export function removalOf({ file, text, instead = '' }: Bite): Removal {
  const source = readFileSync(join(ROOT, file), 'utf8')
  const start = source.indexOf(text)
  if (start === -1 || source.indexOf(text, start + 1) !== -1)
    throw new Error(`${file} does not hold exactly once: ${text}`)
  return { file, start, end: start + text.length, replacement: instead }
}

/** Whether the coverage-guided engine finds something when the check is missing. */
export function bites(bite: Bite): Promise<boolean> {
  const args = ['scripts/fuzz.ts', '--target', bite.target, '--seconds', String(bite.seconds)]
  const env = environmentWithout([removalOf(bite)])
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
    // One finding is enough: what it would find in the time that is left makes no difference.
    if (said.includes(FINDING)) child.kill('SIGKILL')
  })
  return new Promise((resolve) => {
    child.on('exit', () => resolve(said.includes(FINDING)))
  })
}

export async function selftest(say: (text: string) => void): Promise<boolean> {
  let good = true
  for (const bite of BITES) {
    const found = await bites(bite)
    good &&= found
    const what = bite.text.trim().split('\n')[0]
    say(`${found ? 'found' : 'NOT FOUND'}  ${bite.target}  ${bite.file}  ${what}`)
  }
  return good
}
