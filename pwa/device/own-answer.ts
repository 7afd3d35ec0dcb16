// Answers given on this device, and what they said: the box gives nobody their own answer back.
import { enqueueAnswerTo } from '../../client/alerts.ts'
import type { Core } from '../../client/core.ts'
import { put } from '../../client/store.ts'
import { utf8 } from '../../protocol/bytes.ts'
import type { MessageId } from '../../protocol/ids.ts'
import { answerKey } from './local.ts'

type Answering = { alert: MessageId; choice: string; etaMinutes: number }

/** On disk together with what it said. Throws what the alert does not allow. */
export function answerHere(
  core: Core,
  { alert, choice, etaMinutes }: Answering,
): Promise<MessageId> {
  const kept = put('local', answerKey(alert), utf8(choice))
  return enqueueAnswerTo(core, alert, choice, { etaMinutes, also: [kept] })
}
