// Answers given on this device, and what they said: the box gives nobody their own answer back.
import { enqueueAnswerTo } from '../../client/alerts.ts'
import type { Core } from '../../client/core.ts'
import { alertStanding, Marks } from '../../client/marks.ts'
import { put } from '../../client/store.ts'
import { utf8 } from '../../protocol/bytes.ts'
import type { MessageId } from '../../protocol/ids.ts'
import { answerKey, heardKey } from './local.ts'

type Answering = { alert: MessageId; choice: string; etaMinutes: number }

/** On disk together with what it said. Throws what the alert does not allow. */
export async function answerHere(
  core: Core,
  { alert, choice, etaMinutes }: Answering,
): Promise<MessageId> {
  const channel = core.replica.channelOfAlert(alert)
  const said = channel === null ? [] : await new Marks(core).on(channel.id, alert)
  const heard = alertStanding(said).corrections.length
  const kept = [
    put('local', answerKey(alert), utf8(choice)),
    put('local', heardKey(alert), utf8(String(heard))),
  ]
  return enqueueAnswerTo(core, alert, choice, { etaMinutes, also: kept })
}
