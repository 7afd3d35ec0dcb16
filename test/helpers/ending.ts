// A test file whose tests have ended but whose process goes on (a browser, a socket, a timer) would hold up every
// file after it without a word. Given to the runner by `--import`.
import { isMainThread } from 'node:worker_threads'

/** Milliseconds. Far above what a box or a browser needs to end. */
const PATIENCE = 30_000

if (isMainThread && process.env['NODE_TEST_CONTEXT'] !== undefined) {
  const { after } = await import('node:test')
  after(() => {
    setTimeout(() => {
      const left = process.getActiveResourcesInfo().join(', ')
      process.stderr.write(`its tests have ended, and it goes on with: ${left}\n`)
      process.exit(1)
    }, PATIENCE).unref()
  })
}
