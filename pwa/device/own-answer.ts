// Answers given on this device, and what they said: the box gives nobody their own answer back.
import { enqueueAnswerTo } from '../../client/alerts.ts'
import { alertStanding } from '../../client/marks.ts'
import { put } from '../../client/store.ts'
import { utf8 } from '../../protocol/bytes.ts'
import type { MessageId } from '../../protocol/ids.ts'
import type { Reading } from './device.ts'
import { answerKey, heardKey } from './local.ts'

type Answering = { alert: MessageId; choice: string; etaMinutes: number }

/** On disk together with what it said. Throws what the alert does not allow. */
export async function answerHere(
  { core, marks }: Pick<Reading, 'core' | 'marks'>,
  { alert, choice, etaMinutes }: Answering,
): Promise<MessageId> {
  const channel = core.replica.channelOfAlert(alert)
  const said = channel === null ? [] : await marks.on(channel.id, alert)
  const heard = alertStanding(said).corrections.length
  const kept = [
    put('local', answerKey(alert), utf8(choice)),
    put('local', heardKey(alert), utf8(String(heard))),
  ]
  return enqueueAnswerTo(core, alert, choice, { etaMinutes, also: kept })
}
