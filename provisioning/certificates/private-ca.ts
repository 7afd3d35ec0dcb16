// A certificate authority of one's own, for a box that has no public name or no uplink: made once, good for the
// names of this box alone, and trusted by each phone by hand (provisioning/trust).
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ProtocolError } from '../../protocol/errors.ts'
import { writeWhole } from '../whole-file.ts'
import { authorityCertificate, keyText, leafCertificate, type Names, newKey, pem } from './x509.ts'

const DAY = 24 * 60 * 60_000
/** As long as somebody may keep a phone: trusting it again is work for everybody. */
const AUTHORITY_LIFE = 3650 * DAY
/** What Apple takes at most from an authority that somebody has added is 825 days; browsers ask for 398. */
const LEAF_LIFE = 397 * DAY
/** Clocks that lag behind must not refuse it. */
const BACKDATED = DAY
export const AUTHORITY_FILE = 'authority.crt'
const AUTHORITY_KEY = 'authority.key'
const AUTHORITY_NAMES = 'authority.names'

/**
 * The pair of the box in one PEM text. The authority lies in `folder` and is made there at the first call; its name
 * is what phones show. Throws `ca_other_names` when it was made for other names.
 */
export function ownCertificate(folder: string, names: Names, label: string, now: number): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const { key, certificate } = existsSync(join(folder, AUTHORITY_FILE))
    ? readAuthority(folder)
    : makeAuthority(folder, names, label, now)
  ensureMadeFor(folder, names)
  const by = { name: commonName(certificate), key }
  const secret = newKey()
  const life = { from: new Date(now - BACKDATED), until: new Date(now + LEAF_LIFE) }
  const leaf = pem('CERTIFICATE', leafCertificate(by, names, secret, life))
  return keyText(secret) + leaf + certificate.toString()
}

function makeAuthority(folder: string, names: Names, label: string, now: number) {
  const key = newKey()
  const life = { from: new Date(now - BACKDATED), until: new Date(now + AUTHORITY_LIFE) }
  const text = pem('CERTIFICATE', authorityCertificate({ name: label, key }, names, life))
  writeWhole(join(folder, AUTHORITY_NAMES), `${names.join('\n')}\n`, 0o644)
  writeWhole(join(folder, AUTHORITY_KEY), keyText(key), 0o600)
  writeWhole(join(folder, AUTHORITY_FILE), text, 0o644)
  return { key, certificate: new X509Certificate(text) }
}

function readAuthority(folder: string): { key: KeyObject; certificate: X509Certificate } {
  const [file, secret] = [join(folder, AUTHORITY_FILE), join(folder, AUTHORITY_KEY)]
  try {
    const certificate = new X509Certificate(readFileSync(file))
    const key = createPrivateKey(readFileSync(secret))
    if (!certificate.checkPrivateKey(key)) throw new Error('not its key')
    return { key, certificate }
  } catch (error) {
    throw new ProtocolError('tls_unusable', `${file}, ${secret}`, { cause: error })
  }
}

const commonName = ({ subject }: X509Certificate): string => /^CN=(.*)$/m.exec(subject)?.[1] ?? ''

/** Phones would refuse a name that it was not made for, without saying why. */
function ensureMadeFor(folder: string, names: Names): void {
  const known = readFileSync(join(folder, AUTHORITY_NAMES), 'utf8').trim().split('\n')
  const missing = names.find((name) => !known.includes(name))
  if (missing !== undefined) throw new ProtocolError('ca_other_names', missing)
}
