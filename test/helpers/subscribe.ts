// A headless device that lets itself be woken, as a program: its folder, and the address that a push service gave it.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { Core } from '../../client/core.ts'
import { SqliteStore } from '../../client/node/sqlite-store.ts'
import { putSubscription } from '../../client/push.ts'

const [, , state = '', endpoint = ''] = process.argv
const store = new SqliteStore(state)
const core = await Core.open({ store })
if (core === null) throw new Error(`no device in ${state}`)
const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
// The point stands at the end of what describes it.
const p256dh = publicKey.export({ type: 'spki', format: 'der' }).subarray(-65)
await core.run(() => putSubscription(core, { endpoint, p256dh, auth: randomBytes(16), chat: 0 }))
await store.close()
