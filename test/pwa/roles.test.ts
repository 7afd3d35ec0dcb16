// Who may alert follows who coordinates, both ways.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changeRole } from '../../pwa/device/calls/people.ts'
import type { Device } from '../../pwa/device/device.ts'
import { idText } from '../../protocol/ids.ts'
import { CHANNEL_ROLE } from '../../protocol/kinds.ts'
import { EMPTY_PROFILE } from '../../protocol/profile.ts'
import { audience, startTown, sync, welcome } from '../helpers/town.ts'

test('Somebody who coordinates may alert everybody, and does not any more when they stop', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner()
  const anna = await welcome(town, olga, 'Anna Beispiel')
  const everybody = await audience(olga, 'Everybody', anna)
  const device = { core: olga.core } as Device
  const profile = { ...EMPTY_PROFILE, name: 'Anna Beispiel' }
  const roleOf = () => olga.core.replica.channels.get(everybody)?.members.get(anna.person)?.role
  const mayAlert = async (): Promise<boolean | undefined> => {
    await sync(anna)
    return anna.core.replica.channels.get(everybody)?.allows('alert', anna.person)
  }
  assert.equal(await mayAlert(), false)
  await changeRole(device, { person: idText(anna.person), role: 'coordinator', profile })
  assert.equal(roleOf(), CHANNEL_ROLE.publisher)
  assert.equal(await mayAlert(), true)
  await changeRole(device, { person: idText(anna.person), role: 'member', profile })
  assert.equal(roleOf(), CHANNEL_ROLE.member)
  assert.equal(await mayAlert(), false)
})
