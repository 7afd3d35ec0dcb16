// Secrets of webhooks: where they come from, and comparing without telling how close a guess was.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Field } from './field.ts'

export type Surroundings = {
  /** Folder of the configuration: what is relative starts there. */
  folder: string
  env: Record<string, string | undefined>
  /** What the operator should know although it works. */
  warn(text: string): void
}

/** One of {"file"}, {"env"} and, with a warning, {"value"}. Throws `gateway_config`. */
export function readSecret(field: Field, around: Surroundings): string {
  const keys = field.object(['file', 'env', 'value'])
  const given = ['file', 'env', 'value'].filter((key) => keys.maybe(key) !== undefined)
  if (given.length !== 1) field.fail('exactly one of "file" and "env" says where the secret is')
  const file = keys.maybe('file')
  if (file !== undefined) return fromFile(file, around)
  const env = keys.maybe('env')
  if (env !== undefined) return fromEnv(env, around)
  around.warn(
    `${field.path}: the secret stands in the file itself; "file" or "env" keeps it apart.`,
  )
  return keys.need('value').text()
}

function fromEnv(field: Field, { env }: Surroundings): string {
  const name = field.text()
  // Not what every object has: `constructor` is no secret.
  const secret = Object.hasOwn(env, name) ? env[name] : undefined
  return secret || field.fail(`$${name} is not set`)
}

function fromFile(field: Field, { folder }: Surroundings): string {
  const path = resolve(folder, field.text())
  let secret = ''
  try {
    secret = readFileSync(path, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    field.fail(`${path} cannot be read: ${code}`)
  }
  return secret === '' ? field.fail(`${path} is empty`) : secret
}

/** Equal lengths by hashing, then without an early exit. */
function same(a: string | Buffer, b: string | Buffer): boolean {
  const [left, right] = [a, b].map((value) => createHash('sha256').update(value).digest())
  return timingSafeEqual(left as Buffer, right as Buffer)
}

/** Does the Authorization header carry the bearer secret? */
export function bearerFits(header: string | undefined, secret: string): boolean {
  const match = /^bearer +(.+)$/i.exec(header?.trim() ?? '')
  return match !== null && same(match[1] as string, secret)
}

/** Is the header the HMAC-SHA256 of the raw body in hex, alone or behind "sha256="? */
export function hmacFits(header: string | undefined, body: Uint8Array, secret: string): boolean {
  const match = /^(?:sha256=)?([0-9a-f]{64})$/i.exec(header?.trim() ?? '')
  if (match === null) return false
  return same(
    Buffer.from(match[1] as string, 'hex'),
    createHmac('sha256', secret).update(body).digest(),
  )
}
