// The key by which push services know this box (RFC 8292). It speaks for nothing else.
import { createECDH } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { ensure, ProtocolError } from '../../protocol/errors.ts'
import { keyPath } from '../store/box-keys.ts'

const FILE = 'push.key'

/** Both as push services want them: 65 and 32 bytes. */
export type VapidKeys = { publicKey: Buffer; privateKey: Buffer }

/** Made at the first start, readable by the owner only. Throws an operator's error. */
export function loadVapidKeys(data: string): VapidKeys {
  const path = keyPath(data, FILE)
  if (!existsSync(path)) write(path)
  const text = readFileSync(path, 'utf8').trim()
  ensure(/^[0-9a-f]{64}$/.test(text), 'database_damaged', path)
  const privateKey = Buffer.from(text, 'hex')
  const pair = createECDH('prime256v1')
  pair.setPrivateKey(privateKey)
  return { publicKey: pair.getPublicKey(), privateKey }
}

function write(path: string): void {
  const pair = createECDH('prime256v1')
  pair.generateKeys()
  const text = pair.getPrivateKey('hex').padStart(64, '0')
  try {
    writeFileSync(path, `${text}\n`, { mode: 0o600, flag: 'wx', flush: true })
  } catch (error) {
    throw new ProtocolError('data_unwritable', path, { cause: error })
  }
}
