// Loaded with `--import`: source files are read without some of their checks. WITHOUT_CHECK says which, as a
// JSON list of {file, start, end, replacement} with character offsets. Every process that a test starts
// inherits it. Plain JavaScript, because it has to be in place before any TypeScript is loaded.
import { registerHooks } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = resolve(import.meta.dirname, '../..')
const removals = JSON.parse(process.env.WITHOUT_CHECK ?? '[]')
// The last one first: what stands before it keeps its offsets.
removals.sort((a, b) => b.start - a.start)
const targets = new Set(removals.map(({ file }) => pathToFileURL(join(root, file)).href))

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    if (!targets.has(url)) return loaded
    let source = Buffer.from(loaded.source).toString('utf8')
    for (const { file, start, end, replacement } of removals) {
      if (pathToFileURL(join(root, file)).href !== url) continue
      source = source.slice(0, start) + replacement + source.slice(end)
    }
    return { ...loaded, source }
  },
})
