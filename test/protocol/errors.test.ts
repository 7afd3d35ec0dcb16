import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ensure,
  type ErrorCode,
  ERRORS,
  isErrorCode,
  ProtocolError,
} from '../../protocol/errors.ts'
import { refused } from '../helpers/seed.ts'

const CODES = Object.keys(ERRORS) as ErrorCode[]

test('every error has a status, one sentence and what to do', () => {
  for (const code of CODES) {
    const [status, sentence, todo] = ERRORS[code]
    assert.ok(status >= 400 && status < 600, code)
    assert.match(sentence, /^[A-Z].*\.$/, code)
    assert.match(todo, /^[A-Z].*\.$/, code)
  }
})

test('an error carries its row of the table', () => {
  const error = new ProtocolError('card_used')
  assert.equal(error.status, 410)
  assert.equal(error.message, ERRORS.card_used[1])
  assert.equal(error.todo, ERRORS.card_used[2])
  assert.equal(error.name, 'ProtocolError')
  assert.ok(error instanceof Error)
})

test('the detail stands behind the sentence', () => {
  const error = new ProtocolError('malformed', 'flags', { cause: 1 })
  assert.equal(error.message, `${ERRORS.malformed[1]} (flags)`)
  assert.equal(error.detail, 'flags')
  assert.equal(error.cause, 1)
})

test('only codes of the table are codes', () => {
  for (const code of CODES) assert.equal(isErrorCode(code), true)
  for (const other of ['toString', '__proto__', '', 'Malformed', 404, null, undefined, {}]) {
    assert.equal(isErrorCode(other), false)
  }
})

test('ensure throws its code unless the condition holds', () => {
  ensure(true, 'malformed')
  for (const code of CODES) refused(code, () => ensure(false, code, 'detail'))
})
