// The first screen: the truth about the line, what asks for an answer, what waits, what is unread.
import { idText } from '../../../protocol/ids.ts'
import { KIND, ROLE } from '../../../protocol/kinds.ts'
import type { Core } from '../../../client/core.ts'
import { news, people, type ProblemView } from '../../../client/views.ts'
import type { Device } from '../device.ts'
import type { Link } from '../last-heard.ts'
import { audiences, type AudienceCard, mayAlert } from './channels.ts'
import { type AlertCard, recentAlerts } from './alert.ts'
import { who, type Who } from './names.ts'
import { otherApps } from './releases.ts'

export type NowView = {
  link: Link
  /** What has not reached the box yet, and what it has refused. */
  waiting: number
  refused: number
  /** How far this device's clock is from the box's, where that is worth a word. Milliseconds. */
  clockError: number
  alerts: AlertCard[]
  /** Those that ended lately: how, by whom, in which words. */
  ended: AlertCard[]
  /** Alerts that have not left this device yet, by the channel they go to. */
  unsent: string[]
  audiences: AudienceCard[]
  mayAlert: boolean
  /** Owners who have a device, for whom it concerns: one is too few. */
  owners: number | null
  /** Whose device runs another app under the number of a release, for whom it concerns. */
  otherApps: Who[]
  problems: { channel: string; code: string; n: number }[]
  /** A further device of this person or of somebody they write with. */
  notices: { who: Who; device: string; waits: boolean }[]
}

export async function nowView(device: Device): Promise<NowView> {
  const { core, link } = device
  const rows = await device.waiting()
  const { items } = await news(core)
  const { open, ended } = await recentAlerts(device)
  const failed = rows.filter(({ row }) => row.failure !== '')
  return {
    link,
    waiting: rows.length - failed.length,
    refused: failed.length,
    clockError: core.clockError,
    alerts: open,
    ended,
    unsent: rows
      .filter(
        ({ row }) => row.failure === '' && (row.kind === KIND.alert || row.kind === KIND.exercise),
      )
      .map(({ row }) => idText(row.log)),
    audiences: audiences(device),
    mayAlert: mayAlert(device),
    owners: ownersFor(core),
    otherApps: administers(core) ? await otherApps(core) : [],
    problems: items
      .filter((item): item is ProblemView => item.type === 'problem')
      .map(({ channel, code, n }) => ({ channel: idText(channel), code, n })),
    notices: items.flatMap((item) =>
      item.type === 'notice'
        ? [{ who: who(core, item.person), device: idText(item.device), waits: item.waiting }]
        : [],
    ),
  }
}

const administers = ({ replica: { directory, identity } }: Core): boolean =>
  (directory.roleNow(identity.person) ?? 0) >= ROLE.admin

function ownersFor(core: Core): number | null {
  if (!administers(core)) return null
  const { replica } = core
  const owners = people(replica).filter(({ role }) => role === ROLE.owner)
  return owners.filter(({ devices }) => devices.length > 0).length
}
