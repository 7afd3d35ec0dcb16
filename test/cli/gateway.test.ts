// A real box, a real gateway process, real HTTP webhooks, and what another device opens in the end.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join as pathOf } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { addPeople, createChannel, removePeople } from '../../client/channels.ts'
import { Sender } from '../../cli/gateway/sender.ts'
import { Core } from '../../client/core.ts'
import { join } from '../../client/enrol.ts'
import { MemoryStore } from '../../client/memory-store.ts'
import { systemNetwork } from '../../client/network.ts'
import { SqliteStore } from '../../client/node/sqlite-store.ts'
import { enqueue } from '../../client/outbox.ts'
import { invite } from '../../client/people.ts'
import { pull } from '../../client/pull.ts'
import { put } from '../../client/store.ts'
import { upkeep } from '../../client/upkeep.ts'
import { messagesOf, type MessageView } from '../../client/views.ts'
import { ROUTES } from '../../protocol/api.ts'
import { u64be, utf8 } from '../../protocol/bytes.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { idText, type LogId, type PersonId } from '../../protocol/ids.ts'
import { CHANNEL_ROLE, CHANNEL_TYPE, KIND, ROLE } from '../../protocol/kinds.ts'
import { EMPTY_PROFILE } from '../../protocol/profile.ts'
import { DAY } from '../helpers/seed.ts'
import { type Box, startBox } from '../../server/box.ts'
import { prepareData } from '../../server/context.ts'
import { foundOrganisation } from '../../server/found.ts'

const root = pathOf(import.meta.dirname, '../..')
const PATIENCE = 20_000
const BEARER = 'a bearer secret of the test'
const HMAC = 'an hmac secret of the test'

const folder = mkdtempSync(pathOf(tmpdir(), 'holdfast-gateway-'))
const data = pathOf(folder, 'box')
const state = pathOf(folder, 'gateway')
const children = new Set<ChildProcess>()

let box: Box
let port = 0
let owner: Core
let monitoring: PersonId
const channel = { operations: new Uint8Array() as LogId, staff: new Uint8Array() as LogId }

/** The network between the devices and the box: it carries everything, or swallows it. */
const relay = { url: '', frozen: false, sockets: new Set<Socket>() }
const relayServer = createServer((near) => {
  const far = connect(port, '127.0.0.1')
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    relay.sockets.add(from)
    from.on('data', (chunk) => void (relay.frozen || to.write(chunk)))
    from.on('error', () => {})
    from.on('close', () => void (relay.frozen || to.destroy()))
  }
})

/** A port for a box that comes and goes. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: free } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return free
}

async function openRelay(): Promise<void> {
  port = await freePort()
  relayServer.listen(0, '127.0.0.1')
  await once(relayServer, 'listening')
  relay.url = `http://127.0.0.1:${(relayServer.address() as AddressInfo).port}`
}

function thaw(): void {
  relay.frozen = false
  for (const socket of relay.sockets) socket.destroy()
  relay.sockets.clear()
}

async function serveBox(): Promise<void> {
  box = await startBox({
    data,
    host: '127.0.0.1',
    port,
    origin: relay.url,
    logLevel: 'silent',
    tls: null,
    operator: null,
    deliver: null,
    app: null,
  })
}

const deadline = () => ({ signal: AbortSignal.timeout(PATIENCE) })

async function eventually<T>(what: string, look: () => Promise<T | null> | T | null): Promise<T> {
  const until = performance.now() + PATIENCE
  for (;;) {
    const found = await look()
    if (found !== null) return found
    assert.ok(performance.now() < until, `waited in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

before(async () => {
  prepareData(data)()
  const { card } = await foundOrganisation(data, 'Stadtwerke', 'Olga', 'http://127.0.0.1')
  await openRelay()
  await serveBox()
  owner = (await join({ store: new MemoryStore() }, card, box.url)).core
  const who = { profile: { ...EMPTY_PROFILE, name: 'Monitoring' }, role: ROLE.member }
  const invitation = await invite(owner, who)
  monitoring = invitation.person
  const store = new SqliteStore(state)
  await join({ store }, invitation.card, box.url)
  await store.close()
  await pull(owner)
  const { group, audience } = CHANNEL_TYPE
  channel.operations = await createChannel(owner, 'Operations', group, [monitoring])
  channel.staff = await createChannel(
    owner,
    'All staff',
    audience,
    [monitoring],
    CHANNEL_ROLE.publisher,
  )
  await createChannel(owner, 'Read only', audience, [monitoring])
  await upkeep(owner)
})

afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
})

after(async () => {
  thaw()
  relayServer.close()
  await box.stop()
  rmSync(folder, { recursive: true, force: true })
})

const alertmanagerRoute = {
  path: '/alertmanager',
  type: 'alertmanager',
  bearer: { env: 'GATEWAY_TEST_BEARER' },
  to: 'Operations',
  as: 'message',
  map: [
    { if: { severity: 'critical' }, as: 'alert', to: 'All staff' },
    { if: { severity: 'test' }, as: 'exercise', to: 'All staff' },
  ],
  firing: '{{labels.alertname}} on {{labels.instance}}: {{annotations.summary}}',
  resolved: 'Over: {{labels.alertname}}',
  answers: ['seen', 'need help'],
}
const jsonRoute = {
  path: '/hook',
  type: 'json',
  hmac: { file: 'hook.secret' },
  id: '{{event.id}}',
  to: 'Operations',
  as: 'message',
  text: 'Hook: {{event.title}}',
}

type Gateway = {
  child: ChildProcess
  url: string
  lines: () => Record<string, unknown>[]
  notes: () => string
}

function configFile(config: Record<string, unknown>): string {
  const file = pathOf(folder, 'gateway.json')
  writeFileSync(pathOf(folder, 'hook.secret'), `${HMAC}\n`)
  writeFileSync(file, JSON.stringify({ state: 'gateway', listen: '127.0.0.1:0', ...config }))
  return file
}

function launch(config: Record<string, unknown>): Omit<Gateway, 'url'> {
  const args = ['cli/main.ts', 'gateway', '--config', configFile(config), '--json']
  const env = { ...process.env, GATEWAY_TEST_BEARER: BEARER }
  const child = spawn('node_modules/.bin/node', args, { cwd: root, env, stdio: 'pipe' })
  children.add(child)
  child.once('exit', () => children.delete(child))
  let [out, notes] = ['', '']
  child.stdout.on('data', (chunk) => (out += String(chunk)))
  child.stderr.on('data', (chunk) => (notes += String(chunk)))
  const lines = () =>
    out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  return { child, lines, notes: () => notes }
}

async function start(): Promise<Gateway> {
  const gateway = launch({ routes: [alertmanagerRoute, jsonRoute] })
  const url = await eventually('the gateway listens', () => {
    assert.equal(gateway.child.exitCode, null, gateway.notes())
    return /listens on (http\S+)/.exec(gateway.notes())?.[1] ?? null
  })
  return { ...gateway, url }
}

async function stop({ child }: { child: ChildProcess }, signal: NodeJS.Signals): Promise<unknown> {
  const ended = once(child, 'exit', deadline())
  child.kill(signal)
  const [code] = (await ended) as [unknown]
  return code
}

async function withGateway(work: (gateway: Gateway) => Promise<void>): Promise<void> {
  const gateway = await start()
  try {
    await work(gateway)
  } finally {
    await stop(gateway, 'SIGKILL')
  }
}

const connected = ({ notes }: Gateway): Promise<true> =>
  eventually('connected', () => (notes().includes('Connected.') ? true : null))

type Answer = { status: number; body: Record<string, unknown> }

async function post(
  url: string,
  body: string,
  headers: Record<string, string>,
  method = 'POST',
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers,
    signal: AbortSignal.timeout(PATIENCE),
    ...(method === 'POST' ? { body } : {}),
  })
  return { status: response.status, body: (await response.json()) as Answer['body'] }
}

type Sample = { name: string; severity?: string; status?: string; startsAt?: string }

function sample({ name, severity = 'info', status = 'firing', startsAt }: Sample): object {
  return {
    status,
    labels: { alertname: name, instance: 'pump-7', severity },
    annotations: { summary: `${name} needs a look` },
    startsAt: startsAt ?? '2026-11-22T03:00:00Z',
    endsAt: '0001-01-01T00:00:00Z',
    fingerprint: Buffer.from(name).toString('hex'),
  }
}

const alertmanager = ({ url }: Gateway, ...alerts: Sample[]): Promise<Answer> =>
  post(
    `${url}/alertmanager`,
    JSON.stringify({ version: '4', status: 'firing', alerts: alerts.map(sample) }),
    { Authorization: `Bearer ${BEARER}` },
  )

const signature = (body: string, secret = HMAC): string =>
  createHmac('sha256', secret).update(body).digest('hex')

function hook({ url }: Gateway, id: string, title: string, prefix = 'sha256='): Promise<Answer> {
  const body = JSON.stringify({ event: { id, title } })
  return post(`${url}/hook`, body, { 'X-Signature': `${prefix}${signature(body)}` })
}

async function said(log: LogId): Promise<MessageView[]> {
  await eventually('the box is there for the owner', () =>
    owner
      .run(() => pull(owner))
      .then(
        () => true,
        (error: unknown) => {
          if (error instanceof ProtocolError && error.code === 'box_unreachable') return null
          throw error
        },
      ),
  )
  return messagesOf(owner, log)
}

const textOf = ({ content }: MessageView): string => (content.type === 'names' ? '' : content.text)

/** The messages of the channel that hold `part`, once there is one. */
function arrived(log: LogId, part: string, count = 1): Promise<MessageView[]> {
  return eventually(`${count} × "${part}"`, async () => {
    const found = (await said(log)).filter((message) => textOf(message).includes(part))
    return found.length >= count ? found : null
  })
}

/** A later message has arrived, so what came before it has too: now the earlier ones can be counted. */
async function countAfter(gateway: Gateway, log: LogId, part: string): Promise<number> {
  const marker = `marker ${Math.random()}`
  assert.equal((await hook(gateway, marker, marker)).status, 202)
  await arrived(channel.operations, marker)
  return (await said(log)).filter((message) => textOf(message).includes(part)).length
}

describe('a webhook becomes what the configuration says', () => {
  test('a critical alert asks everybody, with the answers of the route', async () => {
    await withGateway(async (gateway) => {
      await connected(gateway)
      const answer = await alertmanager(gateway, { name: 'PumpDown', severity: 'critical' })
      assert.deepEqual(answer, { status: 202, body: { queued: 1, duplicates: 0 } })
      const [message] = await arrived(channel.staff, 'PumpDown')
      assert.equal(message?.kind, KIND.alert)
      assert.ok(message.content.type === 'alert')
      assert.equal(message.content.text, 'PumpDown on pump-7: PumpDown needs a look')
      assert.deepEqual(message.content.answers, ['seen', 'need help'])
      assert.deepEqual(message.from, monitoring)
      const ids = [idText(message.id)]
      assert.deepEqual(gateway.lines(), [{ route: '/alertmanager', queued: 1, duplicates: 0, ids }])
    })
  })

  test('other alerts are messages, and tests are exercises', async () => {
    await withGateway(async (gateway) => {
      const both = await alertmanager(
        gateway,
        { name: 'Slow' },
        { name: 'Drill', severity: 'test' },
      )
      assert.deepEqual(both.body, { queued: 2, duplicates: 0 })
      assert.equal((await arrived(channel.operations, 'Slow on'))[0]?.kind, KIND.text)
      assert.equal((await arrived(channel.staff, 'Drill on'))[0]?.kind, KIND.exercise)
    })
  })

  test('an all-clear is a message where the alert was', async () => {
    await withGateway(async (gateway) => {
      const alert = { name: 'Flood', severity: 'critical' }
      await alertmanager(gateway, alert)
      const over = await alertmanager(gateway, { ...alert, status: 'resolved' })
      assert.deepEqual(over.body, { queued: 1, duplicates: 0 })
      const [message] = await arrived(channel.staff, 'Over: Flood')
      assert.equal(message?.kind, KIND.text)
    })
  })

  test('a webhook goes out at once, not with the next word from the box', async () => {
    await withGateway(async (gateway) => {
      await connected(gateway)
      let n = 0
      // The live line drains too when it has just connected, so one webhook proves nothing.
      await eventually('the sender was woken', async () => {
        n += 1
        assert.equal((await hook(gateway, `at once ${n}`, `at-once-${n}`)).status, 202)
        const [message] = await arrived(channel.operations, `at-once-${n}`)
        assert.ok(message !== undefined)
        return gateway.notes().includes(`On the box: ${idText(message.id)}`) ? true : null
      })
    })
  })

  test('generic JSON, with and without the prefix of the signature', async () => {
    await withGateway(async (gateway) => {
      assert.equal((await hook(gateway, 'e1', 'door open')).status, 202)
      assert.equal((await hook(gateway, 'e2', 'door shut', '')).status, 202)
      await arrived(channel.operations, 'Hook: door open')
      await arrived(channel.operations, 'Hook: door shut')
    })
  })
})

describe('what is turned away', () => {
  const errorOf = ({ status, body }: Answer) => [status, (body['error'] as { code: string }).code]

  test('a wrong or missing secret, and nothing is said', async () => {
    await withGateway(async (gateway) => {
      const body = JSON.stringify({ alerts: [sample({ name: 'Forged' })] })
      const hooked = JSON.stringify({ event: { id: 'f', title: 'Forged' } })
      const tries: [string, string, Record<string, string>][] = [
        ['/alertmanager', body, { Authorization: 'Bearer wrong' }],
        ['/alertmanager', body, { Authorization: BEARER }],
        ['/alertmanager', body, {}],
        ['/hook', hooked, { 'X-Signature': signature(hooked, 'wrong') }],
        ['/hook', hooked, { 'X-Signature': signature(`${hooked} `) }],
        ['/hook', hooked, {}],
      ]
      for (const [path, text, headers] of tries) {
        const answer = await post(`${gateway.url}${path}`, text, headers)
        assert.deepEqual(errorOf(answer), [401, 'webhook_secret'])
      }
      assert.equal(await countAfter(gateway, channel.operations, 'Forged'), 0)
      assert.equal(gateway.notes().includes(BEARER), false)
    })
  })

  test('another path, another method, another form', async () => {
    await withGateway(async (gateway) => {
      const headers = { Authorization: `Bearer ${BEARER}` }
      const url = `${gateway.url}/alertmanager`
      assert.deepEqual(errorOf(await post(`${url}/x`, '{}', headers)), [404, 'webhook_unknown'])
      assert.deepEqual(errorOf(await post(url, '', headers, 'GET')), [405, 'webhook_method'])
      for (const bad of [
        '',
        '{',
        '[]',
        '{}',
        '{"alerts":{}}',
        '{"alerts":[{"status":"x"}]}',
        '"\ud800"',
      ])
        assert.deepEqual(errorOf(await post(url, bad, headers)), [400, 'webhook_malformed'], bad)
    })
  })

  test('more than 256 KiB, announced or not; the sender still reads why', async () => {
    await withGateway(async (gateway) => {
      for (const chunked of [false, true]) {
        const answer = await postLarge(gateway, 300 * 1024, chunked)
        assert.deepEqual(errorOf(answer), [413, 'too_large'], `chunked: ${chunked}`)
      }
      assert.equal((await hook(gateway, 'after', 'after the large one')).status, 202)
    })
  })
})

function postLarge({ url }: Gateway, size: number, chunked: boolean): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const authorization = { Authorization: `Bearer ${BEARER}` }
    const headers = chunked ? authorization : { ...authorization, 'Content-Length': size }
    const sending = request(`${url}/alertmanager`, { method: 'POST', headers }, (response) => {
      let text = ''
      response.on('data', (chunk) => (text += String(chunk)))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Answer['body'] }),
      )
    })
    sending.on('error', reject)
    sending.setTimeout(PATIENCE, () => sending.destroy(new Error('no answer')))
    // A body in one piece would get a Content-Length from Node.
    sending.write(Buffer.alloc(size / 2, ' '))
    sending.end(Buffer.alloc(size / 2, ' '))
  })
}

describe('what comes again is not said again', () => {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`twice in a row, and after ${signal}`, async () => {
      const name = `Again ${signal}`
      const first = await start()
      assert.deepEqual((await alertmanager(first, { name })).body, { queued: 1, duplicates: 0 })
      assert.deepEqual((await alertmanager(first, { name }, { name })).body, {
        queued: 0,
        duplicates: 2,
      })
      await hook(first, name, name)
      assert.equal(await stop(first, signal), signal === 'SIGTERM' ? 0 : null)
      await withGateway(async (second) => {
        assert.deepEqual((await alertmanager(second, { name })).body, { queued: 0, duplicates: 1 })
        assert.deepEqual((await hook(second, name, 'x')).body, { queued: 0, duplicates: 1 })
        assert.equal(await countAfter(second, channel.operations, `${name} on`), 1)
        const later = { name, startsAt: '2026-11-22T09:00:00Z' }
        assert.deepEqual((await alertmanager(second, later)).body, { queued: 1, duplicates: 0 })
        await arrived(channel.operations, `${name} on`, 2)
      })
    })
  }

  test('after more than seven days it is news again, and the old memory goes', async () => {
    const name = 'Old friend'
    const seen = utf8('seen:')
    await withGateway(async (gateway) => void (await alertmanager(gateway, { name })))
    const store = new SqliteStore(state)
    const rows = await store.list('meta', seen)
    assert.ok(rows.length > 1)
    await store.commit(rows.map(({ key }) => put('meta', key, u64be(Date.now() - 8 * DAY))))
    await store.close()
    await withGateway(async (gateway) => {
      assert.deepEqual((await alertmanager(gateway, { name })).body, { queued: 1, duplicates: 0 })
      await arrived(channel.operations, `${name} on`, 2)
    })
    const later = new SqliteStore(state)
    assert.equal((await later.list('meta', seen)).length, 1)
    await later.close()
  })

  test('the same webhook from ten senders at once', async () => {
    await withGateway(async (gateway) => {
      const name = 'Chorus'
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => alertmanager(gateway, { name })),
      )
      const queued = answers.reduce((sum, { body }) => sum + Number(body['queued']), 0)
      assert.equal(queued, 1)
      assert.equal(await countAfter(gateway, channel.operations, 'Chorus on'), 1)
    })
  })
})

describe('while the box is away', () => {
  test('webhooks are kept over a restart and arrive once, in order', async () => {
    const first = await start()
    await box.stop()
    assert.equal((await hook(first, 'away 1', 'away-1')).status, 202)
    assert.equal((await hook(first, 'away 2', 'away-2')).status, 202)
    await stop(first, 'SIGKILL')
    await withGateway(async (second) => {
      const again = await hook(second, 'away 1', 'away-1')
      assert.deepEqual(again, { status: 202, body: { queued: 0, duplicates: 1 } })
      assert.equal((await hook(second, 'away 3', 'away-3')).status, 202)
      await serveBox()
      await arrived(channel.operations, 'away-3')
      const order = (await said(channel.operations)).map(textOf)
      assert.deepEqual(
        order.filter((text) => text.includes('away-')),
        ['Hook: away-1', 'Hook: away-2', 'Hook: away-3'],
      )
    })
  })

  test('a network that swallows everything delays neither webhooks nor the end', async () => {
    const gateway = await start()
    await connected(gateway)
    relay.frozen = true
    try {
      for (const n of [1, 2, 3]) {
        const begun = performance.now()
        assert.equal((await hook(gateway, `hang ${n}`, `hang-${n}`)).status, 202)
        assert.ok(performance.now() - begun < 5_000, 'the webhook waited for the box')
      }
      const begun = performance.now()
      assert.equal(await stop(gateway, 'SIGTERM'), 0)
      assert.ok(performance.now() - begun < 5_000, 'the end waited for the box')
    } finally {
      thaw()
    }
    await withGateway(async () => void (await arrived(channel.operations, 'hang-3')))
  })

  test('what waits goes out by itself when the network is back', async () => {
    await withGateway(async (gateway) => {
      relay.frozen = true
      try {
        assert.equal((await hook(gateway, 'thaw', 'thaw')).status, 202)
      } finally {
        thaw()
      }
      await arrived(channel.operations, 'Hook: thaw')
    })
  })
})

test('the sender tries again by itself, without a word from the live line', async () => {
  const who = { profile: { ...EMPTY_PROFILE, name: 'Second' }, role: ROLE.member }
  const { card, person } = await owner.run(() => invite(owner, who))
  let refusals = 2
  const network = {
    ...systemNetwork,
    fetch: (...[url, init]: Parameters<typeof fetch>) => {
      if (url instanceof URL && url.pathname === ROUTES.entries.path && refusals-- > 0)
        return Promise.reject(new TypeError('cut'))
      return fetch(url, init)
    },
  }
  const { core } = await join({ store: new MemoryStore() }, card, relay.url)
  await owner.run(() => addPeople(owner, channel.operations, [person]))
  const failing = await Core.open({ store: core.store, network })
  assert.ok(failing !== null)
  await failing.run(() => pull(failing))
  await enqueue(failing, channel.operations, KIND.text, {
    type: 'text',
    text: 'third time lucky',
    replyTo: null,
  })
  const ending = new AbortController()
  const sender = new Sender(failing, { sent: () => {}, refused: () => {} })
  const running = sender.run(ending.signal)
  await arrived(channel.operations, 'third time lucky')
  ending.abort()
  await running
  assert.equal(refusals, -1)
})

describe('the start', () => {
  async function refusal(route: Record<string, unknown>): Promise<[unknown, string]> {
    const gateway = launch({ routes: [{ ...alertmanagerRoute, ...route }] })
    const [code] = (await once(gateway.child, 'exit', deadline())) as [unknown]
    return [code, gateway.notes()]
  }

  test('an unknown channel, with those that there are', async () => {
    const [code, notes] = await refusal({ to: 'Operatoins' })
    assert.equal(code, 1)
    assert.match(notes, /routes\[0\]\.to "Operatoins": .* it is in .*"Operations"/)
  })

  test('a channel where this person may not alert', async () => {
    const map = [{ if: { severity: 'critical' }, as: 'alert', to: 'Read only' }]
    const [code, notes] = await refusal({ map })
    assert.equal(code, 1)
    assert.match(notes, /routes\[0\]\.map\[0\]\.to "Read only": .*does not allow alerts there/)
  })

  test('an alert into a group', async () => {
    const [code, notes] = await refusal({ as: 'alert' })
    assert.equal(code, 1)
    assert.match(notes, /routes\[0\]\.to "Operations": alerts go to an audience/)
  })

  test('a folder without a device', async () => {
    const gateway = launch({ state: 'nobody', routes: [alertmanagerRoute] })
    const [code] = (await once(gateway.child, 'exit', deadline())) as [unknown]
    assert.equal(code, 1)
    assert.match(gateway.notes(), /no enrolled device/)
  })
})

test('a gateway that lost its place says so to the monitoring system', async () => {
  await withGateway(async (gateway) => {
    await owner.run(() => removePeople(owner, channel.operations, [monitoring]))
    try {
      let n = 0
      await eventually('the webhook is refused', async () => {
        n += 1
        return (await hook(gateway, `lost ${n}`, 'lost')).status === 403 ? true : null
      })
      const both = [{ name: 'Stuck' }, { name: 'Kept', severity: 'critical' }]
      const { status, body } = await alertmanager(gateway, ...both)
      assert.equal(status, 403)
      assert.match(
        JSON.stringify(body),
        /routes\[0\]\.to \\"Operations\\": .*no longer in the channel/,
      )
      await arrived(channel.staff, 'Kept on')
    } finally {
      await owner.run(() => addPeople(owner, channel.operations, [monitoring]))
    }
  })
})
