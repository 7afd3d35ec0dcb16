// F14: the line goes silent and neither end hears why. Both find out within a minute, and what was said
// meanwhile arrives. The short form runs the same code with shorter pauses.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { addPeople } from '../../client/channels.ts'
import { bareItem } from '../../protocol/api.ts'
import { startBox } from '../../server/box.ts'
import { ALIVE_INTERVAL } from '../../server/limits.ts'
import { going, one, tempFolder } from '../helpers/cli.ts'
import { proxyTo } from '../helpers/proxy.ts'
import {
  call,
  catchUp,
  foundIn,
  inviteOne,
  joinWith,
  openGroup,
  sealedText,
  silent,
  until,
} from '../server/kit.ts'
import { LONG, Proof } from './form.ts'
import { edit, edited } from './mutant.ts'

const MINUTE = 60_000
const BEAT = LONG ? ALIVE_INTERVAL : 200
/** What the device waits for a word of the box, and for an answer to a request. */
const SILENCE = LONG ? MINUTE : 600
const seconds = (since: number): number => Math.round(performance.now() - since) / 1000

const hasty = (): Record<string, string> =>
  LONG
    ? {}
    : edited(
        edit('client/live.ts', 'const SILENCE = 60_000', `const SILENCE = ${SILENCE}`),
        edit('client/network.ts', 'const TIMEOUT = 30_000', 'const TIMEOUT = 300'),
      )

/** A box and, behind a line that can break, the phone of Anna with its live line. */
async function stage(t: Parameters<typeof tempFolder>[0]) {
  const folder = tempFolder(t)
  const data = join(folder, 'box')
  const { card, org } = await foundIn(data)
  const config = {
    data,
    host: '127.0.0.1',
    port: 0,
    origin: null,
    logLevel: 'silent',
    tls: null,
    operator: null,
    deliver: null,
    app: null,
  } as const
  const box = await startBox(config, { log: silent, aliveInterval: BEAT })
  t.after(() => box.stop())
  const { host, port } = new URL(box.url)
  const address = { url: box.url, host, port: Number(port) }
  const proxy = await proxyTo(t, address.port)
  box.context.hosts.add(new URL(proxy.url).host)
  const owner = await joinWith(address, card)
  const anna = await inviteOne(owner, 'Anna Beispiel')
  const state = join(folder, 'anna')
  await one(['join', anna.card, '--box', proxy.url, '--state', state])
  const log = await openGroup(owner, [])
  await addPeople(owner, log, [anna.person])
  await catchUp(owner)
  const lines = (): number => box.context.live.of(org).size
  const phone = going(t, ['listen', '--state', state], { env: hasty() })
  await until(() => lines() === 1, 'the line')
  const say = async (text: string): Promise<void> => {
    const items = [bareItem(sealedText(owner, log, text))]
    assert.equal((await call(address, owner.signer, 'entries', { items })).status, 200)
    await catchUp(owner)
  }
  return { proxy, phone, lines, say }
}

describe('F14: a live line that goes silent', () => {
  const proof = new Proof('F14', 'Half-open connections', 'f14-half-open.test.ts', 2)

  test('is dropped by the box at the second beat; one that answers stays', async (t) => {
    const { proxy, phone, lines } = await stage(t)
    for (let i = 0; i < 12; i++) {
      await sleep(BEAT / 5)
      assert.equal(lines(), 1, 'a line that answers is left alone')
    }
    // The phone sleeps with its line, so that it cannot dial again.
    phone.child.kill('SIGSTOP')
    proxy.goSilent()
    const started = performance.now()
    await until(() => lines() === 0, 'the box finds out', MINUTE)
    const boxSeconds = seconds(started)
    assert.ok(2 * ALIVE_INTERVAL <= MINUTE, 'two beats fit into a minute')
    proof.held(1, { boxSeconds })
  })

  test('is given up by the device, which says so, comes back and has what it missed', async (t) => {
    const { proxy, phone, say } = await stage(t)
    await say('before')
    await until(() => phone.lines().length === 1, 'the message on the live line', MINUTE)
    proxy.goSilent()
    const started = performance.now()
    await say('meanwhile')
    await until(() => phone.said().includes('Not connected'), 'the phone finds out', 2 * MINUTE)
    const deviceSeconds = seconds(started)
    assert.equal(phone.lines().length, 1)
    proxy.heal()
    await until(() => phone.lines().length === 2, 'what it missed', 3 * MINUTE)
    assert.deepEqual(
      phone.lines().map((line) => line['text']),
      ['before', 'meanwhile'],
    )
    assert.doesNotMatch(phone.said(), /problem/)
    proof.held(1, { deviceSeconds })
  })
})
