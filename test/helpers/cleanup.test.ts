import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cleanUp } from './cleanup.ts'

/** A test whose end is called by hand. */
function ended() {
  const hooks: (() => void | Promise<void>)[] = []
  const t = { after: (hook: () => void | Promise<void>): void => void hooks.push(hook) }
  const end = async (): Promise<void> => {
    for (const hook of hooks) await hook()
  }
  return { t, end }
}

test('The last to come goes first, and what throws keeps nothing else from being cleared', async () => {
  const { t, end } = ended()
  const cleared: string[] = []
  cleanUp(t, () => void cleared.push('town'))
  cleanUp(t, () => Promise.reject(new Error('a complaint')))
  cleanUp(t, () => void cleared.push('browser'))
  await assert.rejects(end, /a complaint/)
  assert.deepEqual(cleared, ['browser', 'town'])
})

test('Everything that went wrong is told', async () => {
  const { t, end } = ended()
  for (const what of ['first', 'second'])
    cleanUp(t, () => {
      throw new Error(what)
    })
  await assert.rejects(end, /Error: second\nError: first/)
})
