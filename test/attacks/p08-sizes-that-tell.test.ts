// Lengths that betray what is inside, above all where something was compressed before it was sealed.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { after } from 'node:test'
import { LIVE_PATH } from '../../protocol/api.ts'
import { BLOB_BYTES } from '../../protocol/card-secret.ts'
import { KIND } from '../../protocol/kinds.ts'
import { sealProfile, EMPTY_PROFILE, sealTitle } from '../../protocol/profile.ts'
import { message, Siege, twin } from '../helpers/hostile.ts'
import { seed, seededBytes } from '../helpers/seed.ts'
import { answer, invite } from '../helpers/town.ts'
import { attack, thwarted } from './attack.ts'

const siege = await Siege.lay()
after(() => siege.end())
const { town, olga, malte, team } = siege

const ROOT = join(import.meta.dirname, '../..')
const COMPRESSES = /zlib|gzip|inflate|deflate|brotli|zstd|compress/i
/** What names compression in order to turn it off. */
const TURNED_OFF = ['perMessageDeflate: false']

/** What hands out the app: the same files for everybody, compressed by the build, beside no secret. */
const PUBLIC = ['server/app-files.ts', 'server/show-app.ts']

attack('P8', 'Nothing that Holdfast is made of compresses', () => {
  const files = globSync(['protocol/*.ts', 'client/**/*.ts', 'server/**/*.ts', 'cli/*.ts'], {
    cwd: ROOT,
  })
  const found = files.flatMap((file) => {
    if (PUBLIC.includes(file)) return []
    const code = readFileSync(join(ROOT, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
    const rest = TURNED_OFF.reduce((text, allowed) => text.replaceAll(allowed, ''), code)
    return COMPRESSES.test(rest) ? [file] : []
  })
  assert.ok(files.length > 80, `${files.length} files`)
  thwarted(found.length > 0, `something compresses: ${found.join()}`)
  return { files: files.length }
})

const ASK = { 'accept-encoding': 'gzip, deflate, br, zstd', 'content-length': '16' }

function encodingOf(path: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const asking = request(new URL(path, town.url), { method: 'POST', headers: ASK }, (answer) => {
      answer.resume()
      answer.on('end', () => resolve(answer.headers['content-encoding']))
    })
    asking.on('error', reject)
    asking.end(new Uint8Array(16))
  })
}

/** What the box agrees to when a phone offers to compress its live line. */
function extensionsOf(): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': Buffer.alloc(16, 1).toString('base64'),
      'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits',
    }
    const asking = request(new URL(LIVE_PATH, town.url), { headers })
    asking.on('upgrade', (answer, socket) => {
      socket.destroy()
      resolve(answer.headers['sec-websocket-extensions'])
    })
    asking.on('error', reject)
    asking.end()
  })
}

attack('P8', 'The box compresses nothing on the way, however it is asked', async () => {
  const paths = ['/v1/card', '/v1/sync', '/v1/entries', '/v1/prekeys', '/nowhere']
  for (const path of paths)
    thwarted((await encodingOf(path)) !== undefined, `${path} is answered compressed`)
  thwarted((await extensionsOf()) !== undefined, 'the live line is compressed')
  return { paths: paths.length + 1 }
})

const textOf = (length: number, fill: 'same' | 'mixed'): string =>
  fill === 'same'
    ? 'x'.repeat(length)
    : seededBytes(`text ${length}`, length).toHex().slice(0, length)

attack(
  'P8',
  'Short answers cannot be told apart by their size, nor can texts by how regular they are',
  () => {
    const sizeOf = (text: string): number => message(malte, team, text).length
    const replies = ['yes', 'no', 'not before tomorrow at noon, and only if the bridge is open', '']
    thwarted(new Set(replies.map(sizeOf)).size > 1, 'a yes has another size than a no')
    const sizes = new Set<number>()
    let texts = 0
    for (let length = 1; length <= 4000; length += 61) {
      const [regular, irregular] = [sizeOf(textOf(length, 'same')), sizeOf(textOf(length, 'mixed'))]
      thwarted(regular !== irregular, `a regular text of ${length} bytes has another size`)
      sizes.add(regular)
      texts += 2
    }
    assert.equal(sizes.size, 16, 'one size for each 256 bytes')
    return { texts, sizes: sizes.size }
  },
)

attack(
  'P8',
  'Names, titles, cards and answers have sizes of their own, not those of their contents',
  async () => {
    const { identity } = olga.core.replica
    const names = ['A', 'Annegret', 'Annegret Beispiel-Mustermann']
    const profiles = names.map(
      (name) => sealProfile(seed('dk'), identity.person, { ...EMPTY_PROFILE, name }).length,
    )
    const titles = names.map((name) => sealTitle(seed('dk'), identity.org, name).length)
    thwarted(new Set(profiles).size > 1, 'a profile tells how long a name is')
    thwarted(new Set(titles).size > 1, 'a title tells how long it is')
    const watcher = await twin(town, olga)
    const blobs = new Set<number>()
    for (const name of names) {
      await invite(watcher, name)
      const items = watcher.network.requests('entries').flatMap((one) => one.items)
      for (const { card } of items) if (card.length > 0) blobs.add(card.length)
    }
    assert.deepEqual([...blobs], [32 + BLOB_BYTES])
    const member = await twin(town, malte)
    const words = ['safe', 'stuck in the lift of building 7, third floor', 'no']
    for (const word of words) {
      await answer(member, siege.alert, word)
      town.clock.advance(2_000)
    }
    const sent = member.network.requests('entries').flatMap(({ items }) => items)
    const sizes = sent
      .filter(({ entry }) => entry[1] === KIND.answer)
      .map(({ entry }) => entry.length)
    assert.equal(sizes.length, words.length)
    thwarted(new Set(sizes).size > 1, 'an answer tells what it says')
    return { names: names.length, answers: words.length }
  },
)
