// Somebody gets a dump of the box's memory while it works, as it once lay behind an open address of an archive.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { enqueueAnswerTo } from '../../client/alerts.ts'
import { systemClock } from '../../client/core.ts'
import { bareItem } from '../../protocol/api.ts'
import { EMPTY_PROFILE } from '../../protocol/profile.ts'
import { prepareData } from '../../server/context.ts'
import { foundOrganisation } from '../../server/found.ts'
import { caughtUp, message } from '../helpers/hostile.ts'
import { enrol } from '../helpers/town-phones.ts'
import { hitsIn } from '../helpers/town-search.ts'
import { alert, audience, channel, invite, type Phone, read, say, sync } from '../helpers/town.ts'
import { attack, thwarted, tries } from './attack.ts'
import { BoxProcess } from './box-process.ts'
import { send } from './raw-http.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-heap-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const data = join(folder, 'box')
const dumps = join(folder, 'dumps')
mkdirSync(dumps)

/** In every canary, so that one search finds any of them. */
const MARK = `canary${randomBytes(12).toString('hex')}`
/** Put into the box on purpose, as a text and as bytes: what is looked for can be found. */
const PLANTED = `planted${randomBytes(12).toString('hex')}`
const plant = join(folder, 'plant.mjs')
writeFileSync(
  plant,
  `globalThis.planted = ['${PLANTED.slice(0, 8)}' + '${PLANTED.slice(8)}', Buffer.from('bytes ${PLANTED}')]`,
)

async function found(): Promise<string> {
  const unlock = prepareData(data)
  try {
    return (await foundOrganisation(data, `Org ${MARK}`, `Owner ${MARK}`, 'http://127.0.0.1')).card
  } finally {
    unlock()
  }
}

const card = await found()
const box = await BoxProcess.start(data, dumps, plant)
after(() => box.end())
const place = { folder, url: box.url, clock: systemClock }
let canaries = 0
const canary = (): string => `${MARK}-${(canaries += 1)}`

/** Texts in one request after the other, as a busy channel brings them. */
async function writes(
  by: Phone,
  team: Awaited<ReturnType<typeof channel>>,
  count: number,
): Promise<void> {
  await caughtUp(by)
  const { core } = by
  const start = (core.replica.channels.get(team)?.seqs.get(by.device) ?? 0) + 1
  for (let at = 0; at < count; at += 100) {
    const texts = Array.from({ length: Math.min(100, count - at) }, canary)
    const entries = texts.map((text, i) => message(by, team, text, { seq: start + at + i }))
    await core.line.call('entries', { items: entries.map(bareItem) }, core.signer)
  }
}

async function busyTown(
  texts: number,
): Promise<{ phones: Phone[]; team: Awaited<ReturnType<typeof channel>> }> {
  const owner = await enrol(place, card, {})
  const phones = [owner]
  for (let i = 0; i < 3; i++) {
    const profile = {
      ...EMPTY_PROFILE,
      name: canary(),
      mail: canary(),
      mobile: canary().slice(0, 40),
    }
    phones.push(await enrol(place, (await invite(owner, profile, 'coordinator')).card, {}))
  }
  const team = await channel(owner, canary(), ...phones.slice(1))
  const all = await audience(owner, canary(), ...phones.slice(1))
  const { id } = await alert(owner, all, canary(), { answers: [canary().slice(0, 40)] })
  for (const phone of phones.slice(1)) {
    await sync(phone)
    await phone.act((core) => enqueueAnswerTo(core, id, canary()))
    await sync(phone)
  }
  for (const phone of phones) await writes(phone, team, Math.ceil(texts / phones.length))
  return { phones, team }
}

const COUNT = tries(1_000, 300)

attack('P16', 'A dump of the memory of a busy box holds no word of anybody', async () => {
  const { phones, team } = await busyTown(COUNT)
  const [owner, reader] = phones
  assert.ok(owner !== undefined && reader !== undefined)
  const dumped = new AbortController()
  const load = (async () => {
    while (!dumped.signal.aborted) {
      await say(owner, team, canary())
      await sync(reader)
    }
  })()
  const heap = await box.heap()
  const found = hitsIn('heap', heap, [MARK, PLANTED])
  let memory = 0
  for (const piece of box.memory()) {
    memory += piece.length
    found.push(...hitsIn('memory', piece, [MARK, PLANTED]))
  }
  dumped.abort()
  await load
  thwarted(
    found.some(({ text }) => text === MARK),
    `${MARK} in ${JSON.stringify(found.slice(0, 3))}`,
  )
  for (const where of ['heap', 'memory'])
    assert.ok(
      found.some((hit) => hit.where === where && hit.text === PLANTED),
      `planted in ${where}`,
    )
  await sync(reader)
  assert.ok((await read(reader, team)).length >= COUNT, 'the texts have gone through this box')
  return { canaries, hits: 0, heapBytes: heap.length, memoryBytes: memory }
})

const PATHS = `
  / /debug /debug/pprof /debug/pprof/heap /debug/vars /debug/requests /heapdump /actuator
  /actuator/heapdump /actuator/env /actuator/health /dump /json /json/list /json/version
  /inspector /__debug__ /_debug /trace /status /server-status /stats /metrics /health /healthz
  /admin /console /v1 /v1/ /v1/debug /v1/heap /v1/admin /v1/export /v1/dump /v1/logs /.env
  /.git/config /package.json /server/app.ts /data /box /org.db /..%2f..%2fetc/passwd
  /%2e%2e/%2e%2e/etc/passwd // /v1//sync /v1/sync/.. /v1/card /v1/enrol /v1/entries /v1/sync
  /v1/prekeys /v1/receipts /v1/live
`
  .trim()
  .split(/\s+/)
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE']

/** Where it has been built the box hands the app out: one page, the same for everybody. */
const isApp = (method: string, path: string, body: string): boolean =>
  path === '/' && (method === 'HEAD' || (method === 'GET' && body.includes('<div id="app"></div>')))

attack('P16', 'Nobody finds a way into the box that is not for devices', async () => {
  const seen: Record<string, number> = {}
  for (const path of PATHS) {
    for (const method of METHODS) {
      const { status, body } = await send(box.url, path, method, {})
      seen[status] = (seen[status] ?? 0) + 1
      if (isApp(method, path, body)) continue
      thwarted(status < 400, `${method} ${path} is answered with ${status}: ${body.slice(0, 80)}`)
    }
  }
  return { requests: PATHS.length * METHODS.length, ...seen }
})
