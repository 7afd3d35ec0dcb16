// Certificates, made by the system's openssl.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Cleaner, cleanUp } from './cleanup.ts'

type Files = { cert: string; key: string }

/** Writes NAME.crt and NAME.key into a folder; returns their paths. `by`: the authority; else it signs itself. */
export function certificateIn(
  folder: string,
  name = 'box',
  { host = 'localhost', by = null }: { host?: string; by?: Files | null } = {},
): Files {
  const cert = join(folder, `${name}.crt`)
  const key = join(folder, `${name}.key`)
  const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`]
  const signer = by === null ? [] : ['-CA', by.cert, '-CAkey', by.key]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const made = spawnSync(
    'openssl',
    ['req', '-x509', ...signer, ...kind, '-days', '2', ...subject, '-keyout', key, '-out', cert],
    { encoding: 'utf8' },
  )
  assert.equal(made.status, 0, made.stderr)
  return { cert, key }
}

/** The same as PEM text. */
export function certificate(t: Cleaner): Files {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-certificate-'))
  cleanUp(t, () => rmSync(folder, { recursive: true }))
  const { cert, key } = certificateIn(folder)
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
}
