// What strangers do to a box leaves no trace on its disk: the log has lines of what happened, not of what was refused.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROUTES } from '../../protocol/api.ts'
import { going, one, ORG, OWNER, tempFolder } from '../helpers/cli.ts'
import { until } from '../helpers/town-clock.ts'

const REFUSED = 2000
const WRONG = ['no HTTP\r\n\r\n', 'GET /%zz HTTP/1.1\r\nHost: \\\r\n\r\n']

/** Bytes of each file below. */
function sizes(folder: string): Record<string, number> {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true })
  const paths = found
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  return Object.fromEntries(paths.toSorted().map((path) => [path, statSync(path).size]))
}

/** Everywhere with what is no request of ours, and with what is no request at all. */
async function annoy(url: string): Promise<void> {
  const { hostname, port } = new URL(url)
  const body = new Uint8Array(64).fill(7)
  const paths = ['/v1/nothing', ...Object.values(ROUTES).map(({ path }) => path)]
  for (let i = 0; i < REFUSED; i++) {
    const path = paths[i % paths.length] ?? ''
    const answer = await fetch(new URL(path, url), { method: 'POST', body })
    await answer.arrayBuffer()
    assert.ok(answer.status >= 400 && answer.status < 500, `${path}: ${answer.status}`)
  }
  for (const words of WRONG) {
    const socket = connect(Number(port), hostname)
    socket.end(words).resume()
    await once(socket, 'close')
  }
}

test('whoever is refused adds no line to the log and no byte to the folder of the box', async (t) => {
  const folder = tempFolder(t)
  const data = join(folder, 'box')
  const { card } = await one(['init', '--data', data, '--org', ORG, '--owner', OWNER])
  const box = going(t, ['serve', '--data', data, '--listen', '127.0.0.1:0', '--log', 'debug'])
  await until(() => box.said().includes('Data: ') && box.lines().length > 0, 'a box at rest')
  const url = String(box.lines()[0]?.['listening'])
  const [said, held] = [box.said().length, sizes(data)]
  await annoy(url)
  assert.deepEqual(sizes(data), held)

  // Lines come in order, so that after this one nothing of before is still on its way.
  await one(['join', String(card), '--box', url, '--state', join(folder, 'olga')])
  const since = (): string => box.said().slice(said)
  await until(() => since().includes('"enrolled"'), 'a line of who was let in')
  const lines = since().trim().split('\n')
  const told = lines.map((line) => JSON.parse(line) as { msg: string })
  assert.deepEqual(
    told.map(({ msg }) => msg),
    ['enrolled'],
  )
  assert.deepEqual(box.lines(), [{ listening: url }], 'results go to the other output')
})
