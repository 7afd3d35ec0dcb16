// What is said about a message comes out of sync and listen as that, and never as a message of its own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Core } from '../../client/core.ts'
import { enqueueMark } from '../../client/marks.ts'
import { SqliteStore } from '../../client/node/sqlite-store.ts'
import { drain } from '../../client/outbox.ts'
import { pull } from '../../client/pull.ts'
import { MARK } from '../../protocol/content.ts'
import { type LogId, type MessageId, parseId } from '../../protocol/ids.ts'
import { holdfast, json, newcomer, one, town } from '../helpers/cli.ts'

type Said = { mark: (typeof MARK)[keyof typeof MARK]; text: string }

/** The app has the buttons for marks; here the engine of this device's folder makes them. */
async function mark(state: string, log: string, target: string, ...said: Said[]): Promise<void> {
  const store = new SqliteStore(state)
  try {
    const core = await Core.open({ store })
    assert.ok(core !== null)
    await core.run(async () => {
      await pull(core)
      for (const { mark: kind, text } of said) {
        const content = { mark: kind, target: parseId<MessageId>(target), text }
        await enqueueMark(core, parseId<LogId>(log), content)
      }
      await drain(core)
    })
  } finally {
    await store.close()
  }
}

test('a mark names itself, the message it is about and its author', async (t) => {
  const stage = await town(t)
  const anna = await newcomer(stage, 'Anna Amsel')
  const at = ['--state', stage.owner]
  const { channel } = await one(['channel', 'create', 'Crisis team', anna.person, ...at])
  const { id, n } = await one(['send', 'Crisis team', 'We meet at 7', ...at])
  const [about, log] = [String(id), String(channel)]
  await mark(
    anna.state,
    log,
    about,
    { mark: MARK.reaction, text: '👍' },
    { mark: MARK.pin, text: '' },
  )

  const lines = await json(['sync', ...at])
  const marks = lines.map(({ at: when, n: place, ...rest }) => {
    assert.match(String(when), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    assert.ok(Number(place) > Number(n))
    return rest
  })
  const rest = { of: about, channel: log, from: anna.person }
  assert.deepEqual(marks, [
    { mark: 'reaction', ...rest, text: '👍' },
    { mark: 'pin', ...rest, text: '' },
  ])

  await mark(anna.state, log, about, { mark: MARK.reaction, text: 'ok\u001b[2J' })
  const { out } = await holdfast(['sync', ...at])
  assert.match(out, new RegExp(`Anna Amsel, reaction of ${about}: ok`))
  assert.ok(!out.includes('\u001b'), 'nothing that steers a terminal')
})
