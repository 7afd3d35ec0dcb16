// Rows that end with a check of their bytes.
import { describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { readRow, writeRow } from '../../client/checked-rows.ts'
import { countRow, nameRow } from '../../client/rows.ts'
import { flipped, refused } from '../helpers/seed.ts'

describe('a row', () => {
  const row = writeRow(countRow, { value: 7 })

  test('comes back as it was written', () => {
    assert.deepEqual(readRow(countRow, row), { value: 7 })
  })

  test('is refused with any bit changed, cut or longer', () => {
    for (let at = 0; at < row.length; at++)
      for (let bit = 0; bit < 8; bit++)
        refused('database_damaged', () => readRow(countRow, flipped(row, at, 1 << bit)))
    for (let n = 0; n < row.length; n++)
      refused('database_damaged', () => readRow(countRow, row.subarray(0, n)))
    refused('database_damaged', () => readRow(countRow, new Uint8Array([...row, 0])))
  })

  test('of another kind is damage too, whatever its check says', () => {
    refused('database_damaged', () => readRow(nameRow, row))
  })
})
