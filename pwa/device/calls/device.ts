// What concerns this device itself.
import { drop } from '../../../client/store.ts'
import type { Device } from '../device.ts'

/** The page has reason to believe that the box can be reached again. */
export function hurry(device: Device): Promise<void> {
  if (device.stage === 'ready' && !device.link.online) device.connect()
  return Promise.resolve()
}

/** Problems and notices on the first screen have been read. */
export async function dismissNews({ core }: Device): Promise<void> {
  const { log } = core.replica.directory
  const rows = await core.store.list('news', log)
  const alarms = await core.store.list('alarms')
  await core.store.commit([
    ...alarms.map(({ key }) => drop('alarms', key)),
    ...rows.map(({ key }) => drop('news', key)),
  ])
}

/** Removes everything that this device holds. It can join again with a new card only. */
export async function wipe(device: Device): Promise<void> {
  await device.wipe()
}
