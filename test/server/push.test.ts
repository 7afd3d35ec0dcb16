import assert from 'node:assert/strict'
import { createECDH } from 'node:crypto'
import { describe, test } from 'node:test'
import { utf8 } from '../../protocol/bytes.ts'
import { ensurePoint, isPublic, pick, readEndpoint } from '../../server/push/endpoint.ts'
import { PUSH_BYTES, pushText } from '../../server/push/message.ts'
import type { Outcome } from '../../server/push/post.ts'
import { Queue } from '../../server/push/queue.ts'
import { refused } from '../helpers/seed.ts'
import { PUSH_ADDRESSES, PUSH_URLS } from './push-corpus.ts'

test('pushes to all devices of all kinds have one size', () => {
  for (const origin of ['https://crisis.example', `https://${'x'.repeat(100)}.example:8443`])
    assert.equal(utf8(pushText(origin)).length, PUSH_BYTES)
  assert.deepEqual(Object.keys(JSON.parse(pushText('https://crisis.example')) as object), [
    'web_push',
    'notification',
  ])
})

describe('where a push may go', () => {
  test('the services of the browser makers', () => {
    for (const url of [
      'https://fcm.googleapis.com/fcm/send/abc:def',
      'https://updates.push.services.mozilla.com/wpush/v2/gAAAA',
      'https://web.push.apple.com/QGuQ',
      'https://wns2-par02p.notify.windows.com/w/?token=BQYA',
    ])
      assert.equal(readEndpoint(url).href, url)
  })

  test('nowhere else, whatever the address looks like', () => {
    assert.ok(PUSH_URLS.length >= 150, `${PUSH_URLS.length} addresses`)
    for (const url of PUSH_URLS) refused('push_host', () => readEndpoint(url))
  })

  test('to no machine that is not on the internet, also when the name of a service leads there', () => {
    assert.ok(PUSH_URLS.length + PUSH_ADDRESSES.length >= 200)
    for (const address of PUSH_ADDRESSES) {
      assert.equal(isPublic(address), false, address)
      refused('push_host', () => pick([address]))
      refused('push_host', () => pick(['142.250.184.202', address]))
    }
    for (const address of ['142.250.184.202', '2a00:1450:4001:81c::200a'])
      assert.deepEqual(pick([address]), [address])
    refused('push_host', () => pick([]))
    const [four, six] = ['142.250.184.202', '2a00:1450:4001:81c::200a']
    assert.deepEqual(pick([six, '2a00:1450::1', '2a00:1450::2', four]), [six, four, '2a00:1450::1'])
  })
})

const ENDPOINT = 'https://updates.push.services.mozilla.com/wpush/v2/gAAAA'
const SENT: Outcome = { sent: true, gone: false, refused: false, limited: false, pause: 0 }
const FAILED: Outcome = { ...SENT, sent: false }

/** A queue whose time a test moves. `early`: by how much timers come before their time, as those of Node do. */
function stage(early = 0) {
  let now = 0
  const later: { at: number; work: () => void }[] = []
  const queue = new Queue(
    () => now,
    (milliseconds, work) => void later.push({ at: now + Math.max(milliseconds - early, 0), work }),
  )
  const pass = async (milliseconds: number): Promise<void> => {
    const end = now + milliseconds
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve))
      later.sort((a, b) => a.at - b.at)
      if ((later[0]?.at ?? Infinity) > end) break
      const next = later.shift()
      now = next?.at ?? now
      next?.work()
    }
    now = end
  }
  return { queue, pass }
}

describe('the queue of pushes', () => {
  test('a service that is down keeps no other waiting, is tried again, and rested from', async () => {
    const { queue, pass } = stage()
    const tried = { down: 0, up: 0 }
    const job = (host: 'down' | 'up', outcome: Outcome) => ({
      host,
      endpoint: ENDPOINT,
      tries: 0,
      work: () => {
        tried[host] += 1
        return Promise.resolve(outcome)
      },
    })
    for (let i = 0; i < 20; i++) queue.add(job('down', FAILED))
    for (let i = 0; i < 20; i++) queue.add(job('up', SENT))
    await pass(0)
    assert.equal(tried.up, 20)
    assert.equal(tried.down, 16, 'no rest after a failure')
    await pass(2_000)
    assert.ok(tried.down < 60, 'the rests do not grow')
    await pass(3_600_000)
    assert.ok(tried.down > 20 && tried.down <= 60, `${tried.down} tries for 20 pushes`)
  })

  test('what a service asks for in pauses, it gets', async () => {
    const { queue, pass } = stage()
    let tries = 0
    const work = (): Promise<Outcome> => {
      tries += 1
      return Promise.resolve(tries === 1 ? { ...FAILED, pause: 20 } : SENT)
    }
    queue.add({ host: 'slow', endpoint: ENDPOINT, tries: 0, work })
    await pass(19_000)
    assert.equal(tries, 1)
    await pass(2_000)
    assert.equal(tries, 2)
  })

  test('is not stuck where a timer is early by a moment', async () => {
    const { queue, pass } = stage(0.3)
    let tries = 0
    const work = (): Promise<Outcome> => {
      tries += 1
      return Promise.resolve(tries < 3 ? FAILED : SENT)
    }
    queue.add({ host: 'early', endpoint: ENDPOINT, tries: 0, work })
    await pass(5_000)
    assert.equal(tries, 3)
  })

  test('what fails together counts once, and what concerns one subscription counts for nothing', async () => {
    const { queue, pass } = stage()
    let tries = 0
    const add = (outcome: Outcome, count: number): void => {
      const work = (): Promise<Outcome> => {
        tries += 1
        return Promise.resolve(outcome)
      }
      for (let i = 0; i < count; i++)
        queue.add({ host: 'service', endpoint: ENDPOINT, tries: 0, work })
    }
    add({ ...SENT, sent: false, refused: true }, 50)
    await pass(0)
    assert.equal(tries, 50, 'refused pushes hold others up, or are tried again')
    add(FAILED, 16)
    await pass(60_000)
    tries = 0
    add(SENT, 1)
    await pass(10_000)
    assert.equal(tries, 1, 'one cut of the line closes a service for minutes')
  })

  test('too many for one subscription is its own matter; too many for several is the matter of all, for half a minute', async () => {
    const { queue, pass } = stage()
    const tried = new Map<string, number>()
    const add = (endpoint: string, first: Outcome): void => {
      const work = (): Promise<Outcome> => {
        tried.set(endpoint, (tried.get(endpoint) ?? 0) + 1)
        return Promise.resolve(tried.get(endpoint) === 1 ? first : SENT)
      }
      queue.add({ host: 'service', endpoint, tries: 0, work })
    }
    const limited = { ...SENT, sent: false, limited: true, pause: 3600 }
    for (let i = 0; i < 20; i++) add('Malte', limited)
    await pass(0)
    add('Anna', SENT)
    await pass(0)
    assert.equal(tried.get('Anna'), 1, 'one subscription keeps an alert from another')
    await pass(3_600_000)
    assert.ok((tried.get('Malte') ?? 0) > 1, 'what the service asked to wait is lost')
    for (let i = 0; i < 3; i++) add(`phone ${i}`, limited)
    await pass(0)
    add('Bernd', SENT)
    await pass(29_000)
    assert.equal(tried.get('Bernd'), undefined, 'a service that has too many gets more')
    await pass(2_000)
    assert.equal(tried.get('Bernd'), 1)
  })

  test('a push that cannot be made is dropped, and the next one goes', async () => {
    const { queue, pass } = stage()
    let sent = 0
    for (let i = 0; i < 40; i++)
      queue.add({
        host: 'service',
        endpoint: ENDPOINT,
        tries: 0,
        work: () => Promise.reject(new TypeError('no point')),
      })
    queue.add({
      host: 'service',
      endpoint: ENDPOINT,
      tries: 0,
      work: () => {
        sent += 1
        return Promise.resolve(SENT)
      },
    })
    await pass(0)
    assert.equal(sent, 1)
  })
})

test('a key that is no point of the curve is refused before it is stored', () => {
  for (const key of [
    new Uint8Array(65),
    Uint8Array.from([4, ...new Uint8Array(64)]),
    new Uint8Array(64),
  ])
    refused('malformed', () => ensurePoint(key))
  const pair = createECDH('prime256v1')
  ensurePoint(new Uint8Array(pair.generateKeys()))
})
