// Raising an alert, answering one.
import { enqueueAlert } from '../../../client/alerts.ts'
import { isSilence } from '../../../client/refusal.ts'
import { readyForAnswers } from '../../../client/response-keys.ts'
import type { Severity } from '../../../protocol/content.ts'
import { ensure } from '../../../protocol/errors.ts'
import { type LogId, type MessageId, parseId } from '../../../protocol/ids.ts'
import type { Device } from '../device.ts'
import { answerHere } from '../own-answer.ts'
import { isKnown, take } from './messages.ts'

type Raising = {
  audience: string
  id: string
  text: string
  exercise: boolean
  severity: Severity
  answers: string[]
}

/** `id`: chosen by the page, so that asking twice alerts once. */
export async function raise(device: Device, raising: Raising): Promise<void> {
  const { core } = device
  const log = parseId<LogId>(raising.audience)
  const id = parseId<MessageId>(raising.id)
  const audience = core.replica.channels.get(log)
  ensure(audience !== undefined, 'not_found', 'audience')
  if (!isKnown(device, log, id)) {
    const { text, exercise, severity, answers } = raising
    const chosen = answers.length === 0 ? {} : { answers }
    if (device.link.online)
      await Promise.race([freshKeys(device, log), core.clock.wait(KEYS_PATIENCE)])
    await take(device, raising.id, async () => {
      await enqueueAlert(core, audience, text, { id, exercise, severity, ...chosen })
    })
  }
  device.send()
}

/** Keys are ready ahead of need as a rule; an alert is on the disk by then, whatever the line does. Milliseconds. */
const KEYS_PATIENCE = 3_000

/** Where the box goes silent just now, the alert waits; that must not keep it from being written. */
async function freshKeys({ core }: Device, log: LogId): Promise<void> {
  const audience = core.replica.channels.get(log)
  try {
    if (audience !== undefined) await core.run(() => readyForAnswers(core, audience))
  } catch (error) {
    if (!isSilence(error)) throw error
  }
}

type Answering = { alert: string; choice: string; etaMinutes: number }

/** Answering again replaces the answer. */
export async function answer(
  device: Device,
  { alert, choice, etaMinutes }: Answering,
): Promise<void> {
  const answering = { alert: parseId<MessageId>(alert), choice, etaMinutes }
  await device.writing.run(() => answerHere(device, answering))
  device.send()
}
