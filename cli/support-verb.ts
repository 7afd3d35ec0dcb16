// A bundle for somebody who helps.
import { existsSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { ensure, ProtocolError } from '../protocol/errors.ts'
import { supportBundle } from '../provisioning/operate/support.ts'
import { optionsOf } from './box-options.ts'
import { CERTIFICATE_OPTIONS, settingsOf } from './box-settings.ts'
import { examine } from './operate-verbs.ts'
import type { Verb } from './verb.ts'

export const support: Verb = {
  usage: 'support --data DIR --out FILE',
  summary: 'Writes what somebody who helps needs to know, without what says whose box it is.',
  help: `
  holdfast support --data DIR --out holdfast-support.json
Findings, sizes, versions, the last lines of the log: ids, addresses, hosts and whatever may be a secret are
replaced by marks. Read it before you hand it on. Nothing is sent anywhere.`,
  options: {
    ...optionsOf('data', 'listen', 'origin', 'tlsCert', 'tlsKey', ...CERTIFICATE_OPTIONS),
    ...optionsOf('operator', 'backupTo', 'backupEvery'),
    out: { type: 'string', value: 'FILE', help: 'the file to write; it must not exist' },
  },
  positionals: [0, 0],
  async run(args) {
    const out = resolve(args.need('out', 'the file'))
    ensure(!existsSync(out), 'usage', `${out} exists already`)
    const settings = settingsOf(args)
    const findings = await examine(args, settings)
    const text = supportBundle({ config: settings.box, findings, now: Date.now() })
    try {
      writeFileSync(out, text, { mode: 0o600, flag: 'wx' })
    } catch (cause) {
      throw new ProtocolError('data_unwritable', out, { cause })
    }
    args.out.result({ file: out, bytes: text.length }, `${out}. Read it before you hand it on.`)
  },
}
