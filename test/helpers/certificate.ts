// A certificate for localhost, made by the system's openssl.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Cleaner, cleanUp } from './cleanup.ts'

/** Writes NAME.crt and NAME.key into a folder; returns their paths. */
export function certificateIn(folder: string, name = 'box'): { cert: string; key: string } {
  const cert = join(folder, `${name}.crt`)
  const key = join(folder, `${name}.key`)
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const made = spawnSync(
    'openssl',
    ['req', '-x509', ...kind, '-days', '2', ...subject, '-keyout', key, '-out', cert],
    { encoding: 'utf8' },
  )
  assert.equal(made.status, 0, made.stderr)
  return { cert, key }
}

/** The same as PEM text. */
export function certificate(t: Cleaner): { cert: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-certificate-'))
  cleanUp(t, () => rmSync(folder, { recursive: true }))
  const { cert, key } = certificateIn(folder)
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
}
