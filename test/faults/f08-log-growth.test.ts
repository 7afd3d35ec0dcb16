// F8: much is written while readers read, some of them so slowly that they never finish. The write-ahead
// log stays small, because no reader of the box holds it for longer than one turn.
import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { before, describe, type TestContext, test } from 'node:test'
import Database from 'better-sqlite3'
import { bareItem, ROUTES, SIGNATURE_HEADER } from '../../protocol/api.ts'
import { orgFile } from '../../server/context.ts'
import { suiteCleaner } from '../helpers/cleanup.ts'
import { type BoxProcess, serve } from '../helpers/cli.ts'
import { bodyOf, call, sealedText, signatureFor, windowOf } from '../server/kit.ts'
import { stage } from '../server/traffic.ts'
import { LONG, Proof, sizeOf } from './form.ts'
import { edit, edited } from './mutant.ts'

const MIB = 1024 * 1024
const WRITTEN = sizeOf('walMegabytes') * MIB
/** security.md asks for 256 MiB; the short form writes less than that, so its bound is smaller. */
const BOUND = LONG ? 256 * MIB : 10 * MIB
/** A request of a megabyte. */
const TEXTS = 30
const TEXT_BYTES = 32_000
const STUCK = 10

type Stage = Awaited<ReturnType<typeof stage>>
type Talking = Stage['talkers'][number]

describe('F8: growth of the write-ahead log', () => {
  const proof = new Proof('F8', 'Growth of the write-ahead log', 'f08-log-growth.test.ts', 3)
  const suite = suiteCleaner()
  let place: Stage
  let seq = 100
  before(async () => {
    place = await stage(suite)
    await place.box.end('SIGTERM')
  })
  const logBytes = (): number =>
    statSync(join(place.data, `${orgFile(place.org)}-wal`), { throwIfNoEntry: false })?.size ?? 0

  /** Asks for everything and reads nothing of the answer. */
  async function stuckReader(t: TestContext, box: BoxProcess, { core }: Talking): Promise<void> {
    const { path } = ROUTES.sync
    const body = bodyOf('sync', { have: [], wrapsSeen: 0, parcels: [] })
    const request = { method: 'POST', target: path, body } as const
    const signature = signatureFor(box, core.signer, await windowOf(box), request)
    const socket = connect(box.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.pause()
    t.after(() => socket.destroy())
    const head = `Host: ${box.host}\r\n${SIGNATURE_HEADER}: ${signature}\r\n`
    socket.write(`POST ${path} HTTP/1.1\r\n${head}Content-Length: ${body.length}\r\n\r\n`)
    socket.write(body)
  }

  /** Writes `bytes` in all while others read. Returns how large the log was at most. */
  async function write(box: BoxProcess, bytes: number): Promise<number> {
    const sofar = { written: 0 }
    let most = 0
    const writing = async ({ core, log }: Talking): Promise<void> => {
      while (sofar.written < bytes) {
        sofar.written += TEXTS * TEXT_BYTES
        const items = Array.from({ length: TEXTS }, () =>
          bareItem(sealedText(core, log, '', { bytes: TEXT_BYTES, seq: (seq += 1) })),
        )
        const { code } = await call(box, core.signer, 'entries', { items })
        most = Math.max(most, logBytes())
        if (code === 'rate_limited') await new Promise((resolve) => setTimeout(resolve, 50))
        else assert.equal(code, '')
      }
    }
    const reading = async ({ core }: Talking): Promise<void> => {
      const input = { have: [], wrapsSeen: 0, parcels: [] }
      while (sofar.written < bytes) {
        await call(box, core.signer, 'sync', input)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
    const [first, second, ...readers] = place.talkers
    assert.ok(first !== undefined && second !== undefined)
    await Promise.all([writing(first), writing(second), ...readers.map(reading)])
    return most
  }

  test(`${WRITTEN / MIB} MiB are written beside slow readers`, async (t) => {
    const box = await serve(t, place.data, { port: place.box.port })
    const reader = place.talkers[3]
    assert.ok(reader !== undefined)
    for (let i = 0; i < STUCK; i++) await stuckReader(t, box, reader)
    const most = await write(box, WRITTEN)
    t.diagnostic(`the log was ${(most / MIB).toFixed(1)} MiB at most`)
    assert.ok(most < BOUND, `${most} bytes of log`)
    await box.end('SIGTERM')
    proof.held(1, { writtenMiB: WRITTEN / MIB, largestLogMiB: Math.ceil(most / MIB) })
  })

  test('a box whose reader keeps its view is caught', async (t) => {
    const view = "db.exec('BEGIN'); db.prepare('SELECT count(*) FROM logs').get(); return db\n}"
    const end = "db.pragma('trusted_schema = OFF')\n  return db\n}"
    const keeps = edit('server/store/database.ts', end, end.replace('return db\n}', view))
    const box = await serve(t, place.data, { port: place.box.port, env: edited(keeps) })
    assert.ok((await write(box, 1.5 * BOUND)) > BOUND)
    proof.held(0, { controlCaught: true })
  })

  // Nobody can take it from another program that reads the file. But it does not stay. For that it has to
  // exceed 64 MiB, so only in the long form.
  if (!LONG) return proof.held(0)
  test('what a foreign reader makes it grow to goes when that reader goes', async (t) => {
    const box = await serve(t, place.data, { port: place.box.port })
    const foreign = new Database(join(place.data, orgFile(place.org)), { readonly: true })
    foreign.exec('BEGIN')
    foreign.prepare('SELECT count(*) FROM entries').get()
    const most = await write(box, 150 * MIB)
    assert.ok(most > 100 * MIB)
    foreign.close()
    await write(box, 4 * MIB)
    assert.ok(logBytes() <= 64 * MIB, `${logBytes()} bytes are left`)
    await box.end('SIGTERM')
    proof.held(1, { foreignReaderLogMiB: Math.ceil(most / MIB) })
  })
})
