// Whatever stands in the bytes: it is read or refused in words of the table, and what is read has one form.
import { describe } from 'node:test'
import { holds } from './property.ts'
import { TARGETS } from './targets/all.ts'

const FORMATS = [
  'entry',
  'fields',
  'payload',
  'content',
  'outside',
  'sealed',
  'frames',
  'snapshot',
] as const
const TEXTS = [
  'api',
  'texts',
  'rows',
  'roster',
  'gateway-config',
  'webhook',
  'arguments',
  'release',
  'release-keys',
] as const

describe('any bytes at all are read or refused', () => {
  for (const name of [...FORMATS, ...TEXTS]) holds(TARGETS[name], name)
})
