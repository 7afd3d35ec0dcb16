import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dialOf } from '../../pwa/ui/telephone.ts'

test('What people write as a number is dialled as one, and nothing else is', () => {
  assert.equal(dialOf('+49 170 000-0000'), 'tel:+491700000000')
  assert.equal(dialOf('+49 (0)170 0000000'), 'tel:+491700000000')
  assert.equal(dialOf('0170/0000000'), 'tel:01700000000')
  for (const none of ['', 'abc', '12', 'none', '+49 170 x', '1'.repeat(18), '112;ext=1'])
    assert.equal(dialOf(none), null, none)
})
