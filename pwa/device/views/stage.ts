// What the app can do at all: nobody has joined, somebody has, or this device can do nothing more.
import type { Lock } from '../../../client/web/vault.ts'
import { fromUtf8 } from '../../../protocol/bytes.ts'
import { idText } from '../../../protocol/ids.ts'
import type { RoleName } from '../../../protocol/kinds.ts'
import type { Device, Stage } from '../device.ts'
import { ROOT_PAPER, WELCOME } from '../local.ts'
import { roleOf, who, type Who } from './names.ts'

export type Me = Who & { role: RoleName | null; device: string; waits: boolean }
export type StageView = {
  stage: Stage
  /** Code of the error table, for `stopped`. */
  reason: string | null
  lock: Lock
  org: string
  me: Me | null
  /** The first owner's root key, until they say that it is on paper. */
  root: string | null
  /** The first steps are still to be gone through. */
  welcome: boolean
  /** The box was brought back, or turned back, and nobody has said that this is so. */
  turnedBack: boolean
}

export async function stageView(device: Device): Promise<StageView> {
  const { reason, lock } = device
  if (device.stage !== 'ready') {
    const nothing = { org: '', me: null, root: null, welcome: false, turnedBack: false }
    return { stage: device.stage, reason, lock, ...nothing }
  }
  const { core } = device
  const { identity } = core.replica
  const root = await core.store.get('local', ROOT_PAPER)
  return {
    stage: 'ready',
    reason,
    lock,
    org: identity.orgName,
    me: {
      ...who(core, identity.person),
      role: roleOf(core, identity.person),
      device: idText(identity.device),
      waits: core.replica.device?.from === null,
    },
    root: root === null ? null : fromUtf8(root),
    welcome: (await core.store.get('local', WELCOME)) !== null,
    turnedBack: core.replica.distrust !== null || core.replica.restoring,
  }
}
