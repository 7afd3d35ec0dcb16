import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { concat, utf8 } from '../../protocol/bytes.ts'
import {
  type Content,
  decodeContent,
  DEFAULT_ANSWERS,
  encodeContent,
  MARK,
  MAX_ANSWERS,
  SEVERITY,
} from '../../protocol/content.ts'
import type { EpochId, LogId, MessageId, PersonId } from '../../protocol/ids.ts'
import { MAX_ENTRY, MAX_FILE, MAX_TEXT } from '../../protocol/limits.ts'
import { messageBucket } from '../../protocol/padding.ts'
import { refused, seed, seededHash, seededId } from '../helpers/seed.ts'

const text = (maxLength: number) =>
  fc.string({ unit: 'grapheme', maxLength }).filter((s) => utf8(s).length <= 40)
const id = <T extends Uint8Array>() =>
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((b) => b as T)
const plainly = { noNullPrototype: true }
const answers = fc.oneof(
  fc.constant(DEFAULT_ANSWERS),
  fc.array(text(10), { minLength: 1, maxLength: MAX_ANSWERS }),
)
const anyContent: fc.Arbitrary<Content> = fc.oneof(
  fc.record(
    { type: fc.constant('text' as const), text: text(60), replyTo: fc.option(id<MessageId>()) },
    plainly,
  ),
  fc.record(
    {
      type: fc.constant('alert' as const),
      severity: fc.constantFrom(...Object.values(SEVERITY)),
      respChannel: id<LogId>(),
      respEpoch: id<EpochId>(),
      answers,
      text: text(60),
    },
    plainly,
  ),
  fc.record(
    {
      type: fc.constant('names' as const),
      title: text(20),
      people: fc.array(fc.record({ person: id<PersonId>(), name: text(20) }, plainly), {
        maxLength: 5,
      }),
    },
    plainly,
  ),
  fc.record(
    {
      type: fc.constant('mark' as const),
      mark: fc.constantFrom(MARK.reaction, MARK.edit, MARK.correction, MARK.allClear),
      target: id<MessageId>(),
      text: text(8).filter((s) => s !== '' && utf8(s).length <= 32),
    },
    plainly,
  ),
)
const alert = {
  type: 'alert',
  severity: 3,
  respChannel: seededId<LogId>('response'),
  respEpoch: seededId<EpochId>('epoch'),
  answers: DEFAULT_ANSWERS,
  text: 'x'.repeat(160),
} as const satisfies Content

test('whatever is written is read back', () => {
  fc.assert(
    fc.property(anyContent, (content) =>
      assert.deepEqual(decodeContent(encodeContent(content)), content),
    ),
  )
})

test('different contents have different encodings', () => {
  fc.assert(
    fc.property(anyContent, anyContent, (one, other) => {
      if (encodeContent(one).join() === encodeContent(other).join()) assert.deepEqual(one, other)
    }),
  )
})

test('whatever bytes decode, they are the encoding of what was read', () => {
  const type = fc.integer({ min: 0, max: 7 })
  fc.assert(
    fc.property(type, fc.uint8Array({ maxLength: 60 }), (first, rest) => {
      const bytes = concat(Uint8Array.of(first), rest)
      let content
      try {
        content = decodeContent(bytes)
      } catch {
        return
      }
      assert.deepEqual(encodeContent(content), bytes)
    }),
    { numRuns: 3000 },
  )
})

test('an alert of 160 characters fits one padding step', () => {
  assert.equal(messageBucket(encodeContent(alert).length + 1), 256)
})

describe('refused', () => {
  test('an unknown type, or none', () => {
    for (const type of [0, 5, 6, 7, 255])
      refused('malformed', () => decodeContent(Uint8Array.of(type, 1, 2)))
    refused('malformed', () => decodeContent(new Uint8Array(0)))
  })

  test('text that is not UTF-8', () => {
    refused('malformed', () => decodeContent(Uint8Array.of(1, 0xff)))
    refused('malformed', () =>
      decodeContent(concat(Uint8Array.of(2), new Uint8Array(16), Uint8Array.of(0xc0))),
    )
  })

  test('a text that is too long, on both sides', () => {
    const longest = 'ö'.repeat(MAX_TEXT / 2)
    const textOf = (value: string): Content => ({ type: 'text', text: value, replyTo: null })
    assert.deepEqual(decodeContent(encodeContent(textOf(longest))), textOf(longest))
    refused('too_large', () => encodeContent(textOf(`${longest}x`)))
    refused('too_large', () => encodeContent({ ...alert, text: `${longest}x` }))
    refused('too_large', () => decodeContent(concat(Uint8Array.of(1), utf8(`${longest}x`))))
  })

  test('a body that is too large to be looked at', () => {
    refused('too_large', () => decodeContent(new Uint8Array(MAX_ENTRY + 1).fill(9)))
  })

  test('a mark of an unknown sort, or with words that it does not permit', () => {
    const target = seededId<MessageId>('target')
    const bytes = (mark: number, words: string): Uint8Array =>
      concat(Uint8Array.of(6, mark), target, utf8(words))
    for (const mark of [0, 9, 255]) refused('malformed', () => decodeContent(bytes(mark, 'x')))
    for (const mark of [MARK.edit, MARK.correction])
      refused('malformed', () => decodeContent(bytes(mark, '')))
    for (const mark of [MARK.remove, MARK.pin, MARK.unpin])
      refused('malformed', () => decodeContent(bytes(mark, 'x')))
    refused('malformed', () => decodeContent(bytes(MARK.reaction, 'x'.repeat(33))))
    const long: Content = { type: 'mark', mark: MARK.reaction, target, text: 'x'.repeat(33) }
    refused('malformed', () => encodeContent(long))
    for (const mark of [MARK.remove, MARK.cancel, MARK.reaction])
      assert.deepEqual(decodeContent(bytes(mark, '')), { type: 'mark', mark, target, text: '' })
  })

  test('a reply to something shorter than an id', () => {
    refused('malformed', () => decodeContent(new Uint8Array(16).fill(2)))
  })

  test('an unknown severity', () => {
    const bytes = encodeContent(alert)
    for (const severity of [0, 4])
      refused('malformed', () => decodeContent(bytes.with(1, severity)))
    refused('malformed', () => encodeContent({ ...alert, severity: 4 as 3 }))
  })

  test('the usual answers written out, since that would be a second form', () => {
    const written = DEFAULT_ANSWERS.flatMap((a) => [a.length, ...utf8(a)])
    const head = encodeContent(alert).subarray(0, 34)
    const bytes = concat(head, Uint8Array.of(3, ...written), utf8(alert.text))
    refused('malformed', () => decodeContent(bytes))
    assert.equal(encodeContent(alert)[34], 0)
  })

  test('answers like the usual ones are answers of their own', () => {
    for (const some of [
      ['safe', 'need help'],
      ['safe', 'need help', 'later'],
      [...DEFAULT_ANSWERS, 'more'],
    ]) {
      assert.deepEqual(decodeContent(encodeContent({ ...alert, answers: some })), {
        ...alert,
        answers: some,
      })
    }
  })

  test('too many answers or people', () => {
    refused('too_large', () =>
      encodeContent({ ...alert, answers: Array.from({ length: 9 }, String) }),
    )
    refused('too_large', () => encodeContent({ ...alert, answers: ['x'.repeat(41)] }))
    const person = { person: seededId<PersonId>('p'), name: '' }
    const people = Array.from({ length: 1001 }, () => person)
    refused('too_large', () => encodeContent({ type: 'names', title: '', people }))
  })

  test('bytes after the end of names', () => {
    const bytes = encodeContent({ type: 'names', title: 'Lage', people: [] })
    refused('malformed', () => decodeContent(concat(bytes, Uint8Array.of(0))))
    refused('malformed', () => decodeContent(bytes.subarray(0, -1)))
  })
})

test('a file beyond what Holdfast carries is neither announced nor believed', () => {
  const facts = { key: seed('file'), hash: seededHash('whole'), name: 'Plan.pdf', mime: '' }
  const announced = (size: number): Uint8Array =>
    encodeContent({ type: 'file', ...facts, size, thumbnail: new Uint8Array(0), text: '' })
  const largest = announced(MAX_FILE)
  assert.equal(decodeContent(largest).type, 'file')
  refused('too_large', () => announced(MAX_FILE + 1))
  const end = 1 + 32 + 8
  const beyond = concat(largest.subarray(0, end - 1), Uint8Array.of(1), largest.subarray(end))
  refused('too_large', () => decodeContent(beyond))
})
