// What a phone believes about people, devices, roles and keys, as one text: it changes when the phone
// believes something new.
import { toHex } from '../../protocol/bytes.ts'
import type { Channel } from '../../protocol/channel.ts'
import type { Directory } from '../../protocol/directory.ts'
import type { ForgingBox } from '../helpers/forging-box.ts'
import { captive, caughtUp } from '../helpers/hostile.ts'
import type { Phone } from '../helpers/town.ts'

function directoryLines(directory: Directory): string[] {
  const { n } = directory.head
  return [
    ...[...directory.persons.values()].map(
      ({ id, absence }) => `${toHex(id)} ${directory.roleNow(id)} ${toHex(absence.sealed)}`,
    ),
    ...[...directory.devices.values()].map(
      ({ id, person, from, until }) => `${toHex(id)} ${toHex(person)} ${from} ${until}`,
    ),
    ...[...directory.cards.values()].map(({ id, usedBy, until }) =>
      [toHex(id), usedBy === null ? '' : toHex(usedBy), until].join(' '),
    ),
    `records ${toHex(directory.recordsAt(n)?.id ?? new Uint8Array(0))}`,
    ...directory.checkpoints.map(({ by, n: at }) => `checkpoint ${toHex(by)} ${at}`),
    `box ${toHex(directory.boxPk ?? new Uint8Array(0))}`,
  ]
}

function channelLines(channel: Channel): string[] {
  return [
    `${toHex(channel.id)} ${channel.type} ${channel.recorded}`,
    ...[...channel.members.values()].map(({ person, role }) => `${toHex(person)} ${role}`),
    ...channel.segments.map(({ epoch }, seg) => {
      const gen = channel.currentEpoch(seg)?.gen
      return `${seg} ${epoch === null ? '' : toHex(epoch)} ${gen}`
    }),
    ...channel.respKeys.map(({ publicKey }) => toHex(publicKey.subarray(0, 32))),
  ]
}

export function believed({ core }: Phone): string {
  const { directory, channels } = core.replica
  return [directoryLines(directory), ...[...channels.values()].map(channelLines)].flat().join('\n')
}

/** A phone is up to date, then the box lies: does the phone believe anything that it did not before? */
export async function deceived(
  of: Phone,
  box: ForgingBox,
  lie: () => void,
): Promise<{ phone: Phone; believes: boolean }> {
  const phone = await captive(of, box)
  await caughtUp(phone)
  const before = believed(phone)
  lie()
  await caughtUp(phone)
  return { phone, believes: believed(phone) !== before }
}
