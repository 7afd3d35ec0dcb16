// Loaded with `--import`: one source file is read without one of its checks. WITHOUT_CHECK says which, as
// JSON {file, start, end, replacement} with character offsets. Every process that a test starts inherits it.
// Plain JavaScript, because it has to be in place before any TypeScript is loaded.
import { registerHooks } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = resolve(import.meta.dirname, '../..')
const { file, start, end, replacement } = JSON.parse(process.env.WITHOUT_CHECK ?? '{}')
const target = file === undefined ? '' : pathToFileURL(join(root, file)).href

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    if (url !== target) return loaded
    const source = Buffer.from(loaded.source).toString('utf8')
    return { ...loaded, source: source.slice(0, start) + replacement + source.slice(end) }
  },
})
