// Loaded with `--import`: source files are read without one of their checks, or otherwise than they stand.
// WITHOUT_CHECK says which, as JSON {file, start, end, replacement} with character offsets, or a list of
// those. Every process that a test starts inherits it.
// Plain JavaScript, because it has to be in place before any TypeScript is loaded.
import { registerHooks } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = resolve(import.meta.dirname, '../..')
const removals = [JSON.parse(process.env.WITHOUT_CHECK ?? '[]')].flat()
const byUrl = Map.groupBy(removals, ({ file }) => pathToFileURL(join(root, file)).href)

/** From the last to the first, so that the offsets of the others stay true. */
function edited(source, changes) {
  return changes
    .toSorted((a, b) => b.start - a.start)
    .reduce(
      (text, { start, end, replacement }) => text.slice(0, start) + replacement + text.slice(end),
      source,
    )
}

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    const changes = byUrl.get(url)
    if (changes === undefined) return loaded
    return { ...loaded, source: edited(Buffer.from(loaded.source).toString('utf8'), changes) }
  },
})
