// (b) Accepted durable messages a second, against plain inserts of the same rows in groups of the same size, and
// against the same with the signature of each row checked, which nobody can do without.
import Database from 'better-sqlite3'
import type { Bench } from '../../bench.ts'
import { startBox } from '../servers.ts'
import {
  randomBytes,
  signDetached,
  signPairFromSeed,
  verifyDetached,
} from '../../../protocol/sodium.ts'
import { each, median, tell } from '../table.ts'
import { dealt, postLanes, windowOf, Writer } from '../traffic.ts'

const LANES = 32

export async function acceptance(bench: Bench): Promise<void> {
  for (const batch of [1, 32]) {
    const found: Record<'box' | 'plain' | 'checked', number[]> = { box: [], plain: [], checked: [] }
    const count = bench.accepted
    for (let run = 0; run < bench.runs; run++) {
      const rows = bench.frames(count)
      found.plain.push(plainInserts(bench.file(), rows, LANES * batch, () => {}))
      found.checked.push(plainInserts(bench.file(), rows, LANES * batch, checkOne))
      found.box.push(await boxAccepts(bench, count, batch))
    }
    tellAccepted(`b-${batch}`, batch, 'plain SQLite', median(found.box), median(found.plain))
    const checked = 'plain SQLite with one signature checked'
    tellAccepted(`b-${batch}s`, batch, checked, median(found.box), median(found.checked))
  }
}

function tellAccepted(id: string, batch: number, name: string, box: number, other: number): void {
  tell({
    id,
    what: `accepted messages a second, ${batch} a request, ${name} = 1`,
    values: { box: each(box), 'plain inserts': each(other) },
    ratio: box / other,
    goal: 0.6,
    least: true,
  })
}

const { publicKey, secretKey } = signPairFromSeed(randomBytes(32))
const row = new Uint8Array(638)
const signature = signDetached(row, secretKey)
const checkOne = (): void => void verifyDetached(signature, row, publicKey)

function plainInserts(file: string, rows: Uint8Array[], group: number, look: () => void): number {
  const db = new Database(file)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.exec('CREATE TABLE entries (n INTEGER PRIMARY KEY, body BLOB)')
  const insert = db.prepare('INSERT INTO entries (body) VALUES (?)')
  const commit = db.transaction((part: Uint8Array[]) =>
    part.forEach((body) => {
      look()
      insert.run(body)
    }),
  )
  const begin = performance.now()
  for (let at = 0; at < rows.length; at += group) commit(rows.slice(at, at + group))
  const rate = (rows.length * 1000) / (performance.now() - begin)
  db.close()
  return rate
}

async function boxAccepts(bench: Bench, count: number, batch: number): Promise<number> {
  const { stage } = bench
  const running = await startBox(bench.copyOfStage())
  const window = await windowOf(running.target)
  const writers = stage.devices.slice(0, 3 * LANES).map((who) => new Writer(stage.org, who))
  const requests = Array.from({ length: Math.ceil(count / batch) }, (_, i) => {
    const writer = writers[i % writers.length] as Writer
    const messages = Array.from({ length: batch }, () => writer.message(stage.audience))
    return writer.posting(running.target, window, ...messages)
  })
  const begin = performance.now()
  const statuses = await postLanes(running.target, dealt(requests, LANES))
  const rate = (requests.length * batch * 1000) / (performance.now() - begin)
  await running.stop()
  const refused = statuses.filter((status) => status !== 200)
  if (refused.length > 0) throw new Error(`${refused.length} requests were refused: ${refused[0]}`)
  return rate
}
