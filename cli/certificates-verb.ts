// Keeping the certificate of the box in a process of its own, which alone may reach the authority.
import { keepCertificates } from '../provisioning/certificates/keep.ts'
import { groups } from '../provisioning/trust/page.ts'
import { ensure } from '../protocol/errors.ts'
import { systemLog } from '../server/log.ts'
import { optionsOf } from './box-options.ts'
import { CERTIFICATE_OPTIONS, settingsOf } from './box-settings.ts'
import { untilTold } from './until-told.ts'
import type { Verb } from './verb.ts'

export const certificates: Verb = {
  usage: 'certificates (--acme NAME | --private-ca NAME) [--tls-dir DIR]',
  summary: 'Keeps the certificate of the box, until SIGTERM; serve does that by itself.',
  help: `
For a box whose processes are apart. The box is told where the file lies:
  holdfast certificates --acme crisis.musterstadt.example --tls-dir /var/lib/holdfast-tls
  holdfast serve --tls-cert /var/lib/holdfast-tls/current.pem --tls-key /var/lib/holdfast-tls/current.pem
It notices a new certificate within seconds, and nobody is disconnected.`,
  options: {
    ...optionsOf('data', 'listen', 'origin', 'logLevel', ...CERTIFICATE_OPTIONS),
    once: { type: 'boolean', help: 'end as soon as there is a good certificate' },
  },
  positionals: [0, 0],
  async run(args) {
    const { box, certificates: wanted } = settingsOf(args)
    ensure(wanted !== null, 'usage', 'which certificate? --acme NAME or --private-ca NAME')
    const log = systemLog(box.logLevel)
    const kept = await keepCertificates(wanted, log, () => {}, !args.flag('once'))
    const fingerprint = kept.door?.fingerprint ?? null
    const compare =
      fingerprint === null ? '' : `\nOn paper beside each card: ${groups(fingerprint)}`
    const told = args.flag('once') ? null : untilTold()
    args.out.result({ certificate: kept.file, fingerprint }, `${kept.file}${compare}`)
    await told
    await kept.stop()
  },
}
