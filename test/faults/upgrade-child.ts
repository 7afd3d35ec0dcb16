// Opens databases as the box does at its start and says, in a line each, what is in them:
// `node upgrade-child.ts PATH…`.
import { createHash } from 'node:crypto'
import { openWriter } from '../../server/store/database.ts'

for (const path of process.argv.slice(2)) {
  const db = openWriter(path, true)
  const hash = createHash('sha256')
  const names = db
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    .all()
  for (const { name } of names as { name: string }[]) {
    hash.update(name)
    for (const row of db.prepare(`SELECT * FROM ${name} ORDER BY 1, 2`).raw().iterate())
      hash.update(JSON.stringify(row))
  }
  const integrity = db.pragma('integrity_check', { simple: true })
  const version = db.pragma('user_version', { simple: true })
  db.close()
  console.log(JSON.stringify({ version, integrity, content: hash.digest('hex') }))
}
