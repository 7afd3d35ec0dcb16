// The files of test/vectors that this repository makes itself (xwing.json comes from its draft).
import { bad } from './bad.ts'
import { cards } from './cards.ts'
import { entries } from './entries.ts'
import { epochs } from './epochs.ts'
import type { VectorFile } from './json.ts'
import { labels } from './labels.ts'
import { channel, directory } from './logs.ts'
import { answers, messages } from './messages.ts'
import { outside } from './outside.ts'

export const VECTOR_FILES: readonly VectorFile[] = [
  labels,
  cards,
  entries,
  directory,
  channel,
  epochs,
  messages,
  answers,
  outside,
  bad,
]
