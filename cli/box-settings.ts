// What the flags and the environment say of a box, with what follows from it.
import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isSea } from 'node:sea'
import { ensure } from '../protocol/errors.ts'
import { CURRENT } from '../provisioning/certificates/keeper.ts'
import {
  type CertificateSettings,
  readCertificates,
} from '../provisioning/certificates/settings.ts'
import { type Config, readConfig, readData } from '../server/config.ts'
import { organisationsIn } from '../server/context.ts'
import { type BoxOption, given } from './box-options.ts'
import type { Arguments } from './verb.ts'

/** Where a box listens that phones reach by a name of its own. */
const HTTPS = '0.0.0.0:443'

export type BoxSettings = {
  box: Config
  /** Null: the operator gives the certificate, or there is none. */
  certificates: CertificateSettings | null
}

/** Of every option that says where the certificate comes from. */
export const CERTIFICATE_OPTIONS: readonly BoxOption[] = [
  'acme',
  'acmeHttp',
  'acmeDns',
  'acmeDnsWait',
  'acmeDirectory',
  'acmeCa',
  'acmeEmail',
  'privateCa',
  'trustListen',
  'tlsDir',
]

/** Throws `usage`. A certificate that is kept here is also the one that the box shows. */
export function settingsOf(args: Arguments): BoxSettings {
  const flags = given(args)
  const certificates = readCertificates(flags, process.env, readData(flags, process.env))
  const listen =
    flags.listen ?? process.env['HOLDFAST_LISTEN'] ?? (certificates ? HTTPS : undefined)
  const box = readConfig({ ...flags, listen }, process.env)
  const current = certificates === null ? null : join(certificates.folder, CURRENT)
  const own = current === null ? {} : { tls: { cert: current, key: current } }
  const origin = box.origin ?? certificates?.address ?? null
  return { box: { ...box, ...own, origin, app: box.app ?? builtApp() }, certificates }
}

/** Where the kept certificate lies, whether or not the settings name who gives it. */
export const tlsFolder = (args: Arguments, data: string): string =>
  given(args).tlsDir ?? process.env['HOLDFAST_TLS_DIR'] ?? join(data, 'tls')

/** The files of the settings, or what a keeper has left in its folder. */
export function shownCertificate(args: Arguments, { tls, data }: Config): Config['tls'] {
  const current = join(tlsFolder(args, data), CURRENT)
  return tls ?? (existsSync(current) ? { cert: current, key: current } : null)
}

/** Throws `data_missing`: what needs a box finds none there. */
export function ensureFounded(data: string): void {
  const folder = statSync(data, { throwIfNoEntry: false })?.isDirectory() === true
  ensure(folder && organisationsIn(data).length > 0, 'data_missing', resolve(data))
}

/** Beside the built program, or where the build puts it when this runs from its sources. The executable carries it. */
function builtApp(): string | null {
  if (isSea()) return null
  const places = [join(import.meta.dirname, 'app'), join(import.meta.dirname, '../dist/app')]
  return places.find((place) => existsSync(place)) ?? null
}

/** Where devices will find the box, as far as is known before it listens. */
export function addressOf({ origin, host, port, tls }: Config): string {
  const scheme = tls === null ? 'http' : 'https'
  return origin ?? `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
}
