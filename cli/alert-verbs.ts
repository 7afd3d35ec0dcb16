// Verbs about alerts: alert, answer, rollcall.
import { enqueueAlert, enqueueAnswerTo, rollCall, type RollCallRow } from '../client/alerts.ts'
import { pull } from '../client/pull.ts'
import { readyForAnswers } from '../client/response-keys.ts'
import { findChannel, membersOf } from '../client/views.ts'
import { ensure } from '../protocol/errors.ts'
import { idText, type MessageId, parseId } from '../protocol/ids.ts'
import { STATE, withDevice } from './device.ts'
import { afterwards, QUEUE, reach, report, sentOf } from './outgoing.ts'
import type { Verb } from './verb.ts'

export const alert: Verb = {
  usage: 'alert AUDIENCE TEXT [--exercise] [--answers A,B] --state DIR',
  summary: 'Asks everybody in an audience to answer.',
  help: `
  holdfast alert "All staff" "Plant 2 is on fire. Leave by the north gate." --state ./anna
  holdfast alert "All staff" "Quarterly test" --exercise --answers "received,cannot come" --state ./anna
An exercise is a kind of message of its own, never a word in the text.`,
  options: {
    ...STATE,
    ...QUEUE,
    exercise: { type: 'boolean', help: 'an EXERCISE instead of a LIVE alert' },
    answers: {
      type: 'string',
      value: 'A,B',
      help: 'the choices (default: safe, need help, on my way)',
    },
  },
  positionals: [2, 2],
  async run(args) {
    await withDevice(args, async (core) => {
      const online = await reach(core, args)
      const audience = findChannel(core.replica, args.at(0))
      const answers = args
        .text('answers')
        ?.split(',')
        .map((one) => one.trim())
        .filter((one) => one !== '')
      const options = {
        exercise: args.flag('exercise'),
        ...(answers === undefined ? {} : { answers }),
      }
      if (online) await readyForAnswers(core, audience)
      const id = await enqueueAlert(core, audience, args.at(1), options)
      const more = { audience: membersOf(core.replica, audience).length }
      const sent = await sentOf(core, id, online)
      report(args, core, { id, channel: audience.id, sent, more })
      if (sent !== null) await afterwards(core, args)
    })
  },
}

export const answer: Verb = {
  usage: 'answer ALERT CHOICE --state DIR',
  summary: "Gives this person's answer to an alert.",
  help: `
CHOICE is one of the alert's answers, or other words of your own. Answering again replaces the answer.
  holdfast answer ID safe --state ./anna
  holdfast answer ID "on my way" --eta 20 --state ./anna`,
  options: {
    ...STATE,
    ...QUEUE,
    eta: { type: 'string', value: 'MINUTES', help: 'when you will be there' },
  },
  positionals: [2, 2],
  async run(args) {
    const eta = Number(args.text('eta') ?? 0)
    ensure(Number.isInteger(eta) && eta >= 0 && eta <= 0xffff, 'usage', '--eta wants minutes')
    await withDevice(args, async (core) => {
      const online = await reach(core, args)
      const id = parseId<MessageId>(args.at(0))
      const mine = await enqueueAnswerTo(core, id, args.at(1), { etaMinutes: eta })
      const sent = await sentOf(core, mine, online)
      const result = {
        id: idText(mine),
        alert: idText(id),
        ...(sent === null ? { queued: true } : {}),
      }
      args.out.result(result, sent === null ? 'Waits on this device.' : 'Answered.')
      if (sent !== null) await afterwards(core, args)
    })
  },
}

export const rollcall: Verb = {
  usage: 'rollcall ALERT --state DIR',
  summary: 'Lists who answered, who has the alert, who has not, who cannot be reached.',
  help: `
Answers are sealed to the coordinators: other members see only who has received it. What comes from a device
that has been removed does not count; the line says so, and with --json "doubtful" holds the words. An answer
that came before its device was removed counts; the line says that, too ("removed").`,
  options: STATE,
  positionals: [1, 1],
  async run(args) {
    await withDevice(args, async (core) => {
      await pull(core)
      const rows = await rollCall(core, parseId<MessageId>(args.at(0)))
      for (const row of rows) args.out.result(asJson(row), asLine(row))
    })
  },
}

function asJson({ person, at, doubtful, removed, ...rest }: RollCallRow): Record<string, unknown> {
  const more = { ...(doubtful === null ? {} : { doubtful }), ...(removed ? { removed } : {}) }
  const when = at === null ? null : new Date(at).toISOString()
  return { person: idText(person), ...rest, at: when, ...more }
}

function asLine({ name, state, answer: said, doubtful, removed }: RollCallRow): string {
  const words = said === null ? '' : `: ${said}`
  const since = removed ? ' (that device has been removed since)' : ''
  const doubt = doubtful === null ? '' : `: "${doubtful}" came from a removed device, ask again`
  return `${state.padEnd(12)} ${name}${words}${since}${doubt}`
}
