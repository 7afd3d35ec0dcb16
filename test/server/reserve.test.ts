// The space that is kept for the day on which the disk is full, on a disk that has room.
import assert from 'node:assert/strict'
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { RESERVE_BYTES } from '../../server/limits.ts'
import { Reserve } from '../../server/store/reserve.ts'
import { tempFolder } from './kit.ts'

const FILE = 'box.reserve'
const sizeIn = (folder: string): number => statSync(join(folder, FILE)).size

test('is made, given back, and made again when there is room', (t) => {
  const folder = tempFolder(t)
  const reserve = new Reserve(folder)
  assert.deepEqual([reserve.held, reserve.scarce], [false, false])
  assert.equal(reserve.keep(), true)
  assert.equal(sizeIn(folder), RESERVE_BYTES)
  reserve.free()
  assert.equal(sizeIn(folder), 0)
  reserve.free()
  assert.equal(reserve.scarce, false, 'there is room again')
  assert.equal(sizeIn(folder), RESERVE_BYTES)
  assert.equal(new Reserve(folder).held, true)
})

test('that was given back when the box stopped is made again at the start', (t) => {
  const folder = tempFolder(t)
  writeFileSync(join(folder, FILE), '')
  const reserve = new Reserve(folder)
  assert.deepEqual([reserve.held, reserve.scarce], [true, false])
  assert.equal(sizeIn(folder), RESERVE_BYTES)
})

test('that cannot be made is gone without', (t) => {
  const folder = tempFolder(t)
  mkdirSync(join(folder, FILE))
  const reserve = new Reserve(folder)
  assert.equal(reserve.keep(), false)
  assert.equal(reserve.scarce, true, 'only what is urgent is taken')
  rmSync(join(folder, FILE), { recursive: true })
  assert.equal(reserve.scarce, false)
})
