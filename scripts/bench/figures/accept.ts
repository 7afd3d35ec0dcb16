// (b) Accepted durable messages a second, against plain inserts of the same rows in groups of the same size.
import Database from 'better-sqlite3'
import type { Bench } from '../../bench.ts'
import { startBox } from '../servers.ts'
import { each, median, tell } from '../table.ts'
import { dealt, postLanes, windowOf, Writer } from '../traffic.ts'

const LANES = 32

export async function acceptance(bench: Bench): Promise<void> {
  for (const batch of [1, 32]) {
    const found: { box: number[]; plain: number[] } = { box: [], plain: [] }
    const count = bench.accepted
    for (let run = 0; run < bench.runs; run++) {
      found.plain.push(plainInserts(bench.file(), bench.frames(count), LANES * batch))
      found.box.push(await boxAccepts(bench, count, batch))
    }
    const [box, plain] = [median(found.box), median(found.plain)]
    tell({
      id: `b-${batch}`,
      what: `accepted messages a second, ${batch} a request, plain SQLite = 1`,
      values: { box: each(box), 'plain inserts': each(plain) },
      ratio: box / plain,
      goal: 0.6,
      least: true,
    })
  }
}

function plainInserts(file: string, rows: Uint8Array[], group: number): number {
  const db = new Database(file)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.exec('CREATE TABLE entries (n INTEGER PRIMARY KEY, body BLOB)')
  const insert = db.prepare('INSERT INTO entries (body) VALUES (?)')
  const commit = db.transaction((part: Uint8Array[]) => part.forEach((row) => insert.run(row)))
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
