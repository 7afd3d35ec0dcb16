// A box that was thought lost comes back beside the one that took its place: two boxes with one identity, each of which
// has taken something that the other does not know.
import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { holdfast, json, type Line, newcomer, refusal, serve, town } from '../helpers/cli.ts'

test('Whoever meets both is alarmed, keeps what they wrote, and sends nothing more to the wrong one', async (t) => {
  const here = await town(t)
  const anna = await newcomer(here, 'Anna Beispiel')
  await json(['channel', 'create', 'Crisis team', 'Anna Beispiel', '--state', here.owner])
  await json(['send', 'Crisis team', 'Before.', '--state', here.owner])
  await json(['sync', '--state', anna.state])
  await here.box.end('SIGTERM')
  const { port } = here.box
  const twin = join(here.folder, 'twin')
  cpSync(here.data, twin, { recursive: true })

  const first = await serve(t, here.data, { port })
  await json(['send', 'Crisis team', 'At the first.', '--state', here.owner])
  await first.end('SIGTERM')

  const second = await serve(t, twin, { port })
  await json(['send', 'Crisis team', 'At the second.', '--state', anna.state])
  await second.end('SIGTERM')

  const again = await serve(t, here.data, { port })
  assert.deepEqual(codes(await json(['sync', '--state', anna.state])), ['forked'])
  const later = await holdfast(['send', 'Crisis team', 'Later.', '--state', anna.state])
  refusal(later, 1, /waits on this device/)
  assert.deepEqual(codes(await json(['sync', '--state', here.owner])), [], 'who met one alone')
  await again.end('SIGTERM')

  await serve(t, twin, { port })
  const told = codes(await json(['sync', '--state', here.owner]))
  assert.ok(told.includes('forked') && told.includes('rolled_back'), told.join(', '))
})

const codes = (lines: readonly Line[]): unknown[] =>
  lines.flatMap(({ code }) => (code === undefined ? [] : [code]))
