// The app as a box hands it out, to several kinds of clients, held against what it should be.
import { createHash } from 'node:crypto'
import { Agent as PlainAgent, type IncomingMessage, request as plain } from 'node:http'
import { Agent, request as secure } from 'node:https'
import { brotliDecompressSync } from 'node:zlib'
import { toHex } from '../../protocol/bytes.ts'
import { ensure, ProtocolError } from '../../protocol/errors.ts'
import {
  decodeRelease,
  MAX_MANIFEST,
  type Release,
  type ReleaseFile,
  RELEASE_PATH,
} from '../../protocol/release.ts'
import {
  decodeSignatures,
  ensureSigned,
  MAX_SIGNATURES,
  type ReleaseKeys,
} from '../../protocol/release-keys.ts'

/** `ca`: an authority that is trusted besides those of the system, in PEM. */
export type Origin = { origin: string; ca: string | null }
export type Difference = { path: string; client: string; what: string }
type Client = { name: string; headers: Record<string, string>; browser: boolean }

const PAGE = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
const browser = (name: string, agent: string): Client => ({
  name,
  browser: true,
  headers: { 'User-Agent': agent, Accept: PAGE, 'Accept-Encoding': 'gzip, deflate, br, zstd' },
})
/** Whoever swaps an app does it for those who do not look: phones above all. */
const CLIENTS: readonly Client[] = [
  browser(
    'a phone with Android',
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36',
  ),
  browser(
    'an iPhone',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1',
  ),
  browser(
    'a desktop',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
  ),
  { name: 'a script', headers: { Accept: '*/*' }, browser: false },
]
const APP = 'app/'
const INDEX = '/index.html'
/** Every place in the app is the same page, to whoever asks for pages. */
const PLACES = ['/', INDEX, '/alerts', '/settings']
/** What a few bytes grow by when they are compressed. */
const PACKING = 1024
const TOGETHER = 8
const PATIENCE = 30_000

export async function fetchServed(box: Origin) {
  const [manifest, signatures] = await Promise.all([
    fetchOf(box, RELEASE_PATH.manifest, {}, MAX_MANIFEST),
    fetchOf(box, RELEASE_PATH.signatures, {}, MAX_SIGNATURES),
  ])
  ensure(manifest.status === 200, 'served_differs', `no manifest: HTTP ${manifest.status}`)
  return {
    manifest: manifest.body,
    /** Throws `release_unsigned`. */
    signedBy(keys: ReleaseKeys): Release {
      const found = signatures.body.length === 0 ? [] : decodeSignatures(signatures.body)
      ensureSigned(manifest.body, found, keys)
      return decodeRelease(manifest.body)
    },
  }
}

/** Every file as every client gets it. Empty: all are what they should be. Throws `box_unreachable`. */
export async function compareServed(
  box: Origin,
  files: readonly ReleaseFile[],
  progress: (done: number, total: number) => void,
): Promise<Difference[]> {
  const wanted = wantedOf(files)
  const tasks = CLIENTS.flatMap((client) =>
    wanted.filter(({ page }) => !page || client.browser).map((one) => ({ ...one, client })),
  )
  const found: Difference[] = []
  let [next, done] = [0, 0]
  const work = async (): Promise<void> => {
    for (let task = tasks[next++]; task !== undefined; task = tasks[next++]) {
      const what = await compareOne(box, task)
      if (what !== null) found.push({ path: task.path, client: task.client.name, what })
      progress((done += 1), tasks.length)
    }
  }
  await Promise.all(Array.from({ length: TOGETHER }, work))
  return found
}

/** `page`: a place in the app, which is a page for browsers alone. */
type Wanted = { path: string; size: number; sha256: Uint8Array; page: boolean }

function wantedOf(files: readonly ReleaseFile[]): Wanted[] {
  const served = files.filter(({ path }) => path.startsWith(APP) && !path.endsWith('.br'))
  return served.flatMap(({ path, ...rest }) => {
    const own = path.slice(APP.length - 1)
    return own === INDEX
      ? PLACES.map((place, at) => ({ path: place, ...rest, page: at > 1 }))
      : [{ path: own, ...rest, page: false }]
  })
}

/** Null: as it should be. */
async function compareOne(
  box: Origin,
  { path, size, sha256, client }: Wanted & { client: Client },
): Promise<string | null> {
  const { status, encoding, body, more } = await fetchOf(
    box,
    path,
    client.browser ? { ...client.headers, ...askedAs(path) } : client.headers,
    size + PACKING,
  )
  if (status !== 200) return `HTTP ${status}`
  if (more) return 'it is longer'
  const plainBody = encoding === 'br' ? unpacked(body, size) : body
  if (plainBody === null || (encoding !== 'br' && encoding !== null)) return 'it cannot be unpacked'
  const hash = createHash('sha256').update(plainBody).digest()
  return toHex(hash) === toHex(sha256) ? null : 'its content is another'
}

/** As browsers say what they want it for: a box could answer each in another way. */
function askedAs(path: string): Record<string, string> {
  const as = (dest: string, mode: string): Record<string, string> => ({
    'Sec-Fetch-Dest': dest,
    'Sec-Fetch-Mode': mode,
    'Sec-Fetch-Site': dest === 'document' ? 'none' : 'same-origin',
  })
  if (path === '/sw.js')
    return { ...as('serviceworker', 'same-origin'), 'Service-Worker': 'script' }
  if (path.endsWith('.js')) return as('script', 'cors')
  if (path.endsWith('.css')) return as('style', 'no-cors')
  return /\.(?:svg|png)$/.test(path) ? as('image', 'no-cors') : as('document', 'navigate')
}

function unpacked(body: Uint8Array, size: number): Uint8Array | null {
  try {
    return brotliDecompressSync(body, { maxOutputLength: size + 1 })
  } catch {
    return null
  }
}

type Answer = { status: number; encoding: string | null; body: Uint8Array; more: boolean }

const agents = {
  http: new PlainAgent({ keepAlive: true, maxSockets: TOGETHER }),
  https: new Agent({ keepAlive: true, maxSockets: TOGETHER }),
}

/** `most`: bytes of the body; what is longer is cut there. */
function fetchOf(
  { origin, ca }: Origin,
  path: string,
  headers: Record<string, string>,
  most: number,
): Promise<Answer> {
  const url = new URL(path, origin)
  return new Promise((resolve, reject) => {
    const told = (cause: Error): void =>
      reject(new ProtocolError('box_unreachable', cause.message, { cause }))
    const asking =
      url.protocol === 'https:'
        ? secure(url, {
            headers,
            agent: agents.https,
            timeout: PATIENCE,
            ...(ca === null ? {} : { ca }),
          })
        : plain(url, { headers, agent: agents.http, timeout: PATIENCE })
    asking.on('timeout', () => asking.destroy(new Error('it does not answer')))
    asking.on('error', told)
    asking.on('response', (answer) => void collect(answer, most).then(resolve, told))
    asking.end()
  })
}

async function collect(answer: IncomingMessage, most: number): Promise<Answer> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of answer as AsyncIterable<Buffer>) {
    parts.push(part)
    if ((length += part.length) > most) break
  }
  return {
    status: answer.statusCode ?? 0,
    encoding: answer.headers['content-encoding'] ?? null,
    body: Buffer.concat(parts),
    more: length > most,
  }
}
