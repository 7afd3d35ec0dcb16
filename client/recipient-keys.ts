// The prekeys of other devices, as far as something may be sealed to them: signed by the device that the directory
// names, of this organisation, not of long ago, and never older than one that was seen before.
import { equal, toHex } from '../protocol/bytes.ts'
import type { Device } from '../protocol/directory-state.ts'
import { ensure } from '../protocol/errors.ts'
import { idText, type LogId } from '../protocol/ids.ts'
import { PREKEY_LAST_RESORT } from '../protocol/limits.ts'
import { decodePrekey, type Prekey, verifyPrekey } from '../protocol/prekey.ts'
import type { Core } from './core.ts'
import { problemWrites } from './problems.ts'
import { refusalOf } from './refusal.ts'
import { countRow, writeRow } from './rows.ts'
import { put } from './store.ts'

const QUERY = 512
/** Devices that a problem names; the rest are counted. */
const SOME = 3

/** Verified against the directory. Devices without a usable one are left out, and the log gets a problem. */
export async function prekeysOf(core: Core, log: LogId, devices: Device[]): Promise<Prekey[]> {
  const others = devices.filter((device) => !equal(device.id, core.replica.identity.device))
  const found: Prekey[] = []
  const without: Device[] = []
  for (let at = 0; at < others.length; at += QUERY) {
    const part = others.slice(at, at + QUERY)
    const page = await askFor(core, part)
    found.push(...page)
    const has = new Set(page.map(({ device }) => toHex(device)))
    without.push(...part.filter(({ id }) => !has.has(toHex(id))))
  }
  if (without.length > 0) await noteKeyless(core, log, without)
  return found
}

/** Throws `no_prekey` and the reasons of a false one: nothing is sealed to this device then. */
export async function prekeyOf(core: Core, of: Device): Promise<Prekey> {
  const { prekeys } = await core.line.call('prekeys', { devices: [of.id] }, core.signer)
  const [bytes] = prekeys
  ensure(bytes !== undefined, 'no_prekey')
  const prekey = decodePrekey(bytes)
  checkPrekey(core, prekey, of)
  await remember(core, [prekey])
  return prekey
}

async function askFor(core: Core, devices: Device[]): Promise<Prekey[]> {
  const ids = devices.map(({ id }) => id)
  const { prekeys } = await core.line.call('prekeys', { devices: ids }, core.signer)
  const wanted = new Map(devices.map((device) => [toHex(device.id), device]))
  const found: Prekey[] = []
  for (const bytes of prekeys) {
    const prekey = usable(core, wanted, bytes)
    if (prekey === null) continue
    found.push(prekey)
    wanted.delete(toHex(prekey.device))
  }
  await remember(core, found)
  return found
}

function usable(core: Core, wanted: Map<string, Device>, bytes: Uint8Array): Prekey | null {
  try {
    const prekey = decodePrekey(bytes)
    const device = wanted.get(toHex(prekey.device))
    ensure(device !== undefined, 'device_unknown')
    checkPrekey(core, prekey, device)
    return prekey
  } catch (error) {
    refusalOf(error)
    return null
  }
}

function checkPrekey(core: Core, prekey: Prekey, device: Device): void {
  const { identity, seenPrekeys } = core.replica
  ensure(
    equal(prekey.device, device.id) && equal(prekey.org, identity.org),
    'wrong_organisation',
    'prekey',
  )
  verifyPrekey(prekey, device.signPk)
  ensure(core.clock.now() < prekey.notBefore + PREKEY_LAST_RESORT, 'no_prekey')
  // Whoever has found the secret of an older one would read what is sealed to it.
  ensure(prekey.pkid >= (seenPrekeys.get(device.id) ?? 0), 'no_prekey', 'older than one before')
}

async function remember(core: Core, prekeys: Prekey[]): Promise<void> {
  const { seenPrekeys } = core.replica
  const newer = prekeys.filter(({ device, pkid }) => pkid > (seenPrekeys.get(device) ?? 0))
  if (newer.length === 0) return
  await core.store.commit(
    newer.map(({ device, pkid }) => put('seen', device, writeRow(countRow, { value: pkid }))),
  )
  for (const { device, pkid } of newer) seenPrekeys.set(device, pkid)
}

/** Whoever is left out must not be left out silently. */
async function noteKeyless(core: Core, log: LogId, devices: Device[]): Promise<void> {
  const some = devices.slice(0, SOME).map(({ id }) => idText(id))
  const more = devices.length > SOME ? ` and ${devices.length - SOME} more` : ''
  const detail = `${some.join(', ')}${more}`
  await core.store.commit(problemWrites(log, 0, 'no_prekey', detail, core.clock.now()))
}
