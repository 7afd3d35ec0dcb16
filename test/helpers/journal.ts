// A machine of a test that has nothing but a journal: systemd's own, with settings and a disk that the test gives it.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Cleaner, cleanUp } from './cleanup.ts'
import { until } from './town-clock.ts'

const JOURNALD = '/lib/systemd/systemd-journald'
/** The one name under which a test speaks to it. */
const NAMED = '--identifier=test'
const LONGEST = 256 * 1024 * 1024

export const canKeepJournals = (): boolean => process.getuid?.() === 0 && existsSync(JOURNALD)

export class Journal {
  readonly #child: ChildProcess
  readonly #words: string

  private constructor(t: Cleaner, etc: string) {
    // Nothing of it reaches the kernel of this machine.
    writeFileSync(join(etc, 'journald.conf'), '[Journal]\nAudit=\nReadKMsg=no\n')
    const script = [
      'mount -t tmpfs -o size=1g log /var/log',
      'mount -t tmpfs run /run',
      'mkdir -p /var/log/journal /run/systemd/journal',
      `mount --bind ${etc} /etc/systemd`,
      `exec ${JOURNALD}`,
    ].join(' && ')
    const env = { ...process.env, SYSTEMD_LOG_TARGET: 'console' }
    const how = ['--mount', '--propagation', 'private', 'sh', '-c', script]
    this.#words = join(etc, 'said')
    const words = openSync(this.#words, 'w')
    this.#child = spawn('unshare', how, { env, stdio: ['ignore', 'ignore', words] })
    closeSync(words)
    const gone = once(this.#child, 'exit')
    cleanUp(t, async () => {
      this.#child.kill('SIGKILL')
      await gone
    })
  }

  /** `etc`: what lies in /etc/systemd. It ends with the test. */
  static async start(t: Cleaner, etc: string): Promise<Journal> {
    const journal = new Journal(t, etc)
    const there = (): boolean =>
      journal.#inside('test', '-S', '/run/systemd/journal/stdout').status === 0
    await until(there, 'a journal')
    // At boot systemd-journal-flush.service says that the disk is there.
    journal.run('journalctl', '--flush')
    return journal
  }

  /** What it says of itself where there is no journal yet: of its settings what it does not take. */
  get said(): string {
    return readFileSync(this.#words, 'utf8')
  }

  /** What starts a program whose both outputs go to the journal, as systemd starts it. */
  feeding(...program: string[]): string[] {
    return this.#entering('systemd-cat', NAMED, ...program)
  }

  run(...command: string[]): string {
    const { status, stdout, stderr } = this.#inside(...command)
    assert.equal(status, 0, `${command.join(' ')}: ${stderr}${this.said}`)
    return stdout
  }

  /** What programs have said, oldest first. `more`: which of it, as journalctl(1) is asked. */
  lines(...more: string[]): string[] {
    const { stdout } = this.#inside('journalctl', '--quiet', '--output=cat', NAMED, ...more)
    return stdout.split('\n').filter((line) => line !== '')
  }

  #entering(...command: string[]): string[] {
    return ['nsenter', '--mount', '--target', String(this.#child.pid), '--', ...command]
  }

  #inside(...command: string[]) {
    const [program = '', ...args] = this.#entering(...command)
    return spawnSync(program, args, { encoding: 'utf8', maxBuffer: LONGEST })
  }
}
