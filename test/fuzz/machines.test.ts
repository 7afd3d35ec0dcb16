// Whatever is signed by whomever, in whatever order: rights and logs keep what they promise.
import { describe } from 'node:test'
import { holds } from './property.ts'
import { TARGETS } from './targets/all.ts'

const MACHINES = ['directory', 'channel', 'answers', 'intake', 'stored'] as const
const FILES = ['box-database', 'device-database'] as const

describe('any sequence of entries', () => {
  for (const name of MACHINES) holds(TARGETS[name], name)
})

describe('any damage to a file', () => {
  for (const name of FILES) holds(TARGETS[name], name)
})
