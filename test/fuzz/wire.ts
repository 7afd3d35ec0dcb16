// HTTP as it stands on the wire: bytes out, bytes back, and what must be true of what comes back.
import { connect } from 'node:net'
import { fromUtf8 } from '../../protocol/bytes.ts'
import { ERRORS, isErrorCode } from '../../protocol/errors.ts'
import { must } from '../../scripts/fuzz/target.ts'

export type Exchange = {
  bytes: Uint8Array
  /** `answered`: the box closed the connection; `waiting`: it waits for more; `cut`: reset. */
  end: 'answered' | 'waiting' | 'cut'
}

/** How long the box may think before it counts as waiting for more bytes. */
const PATIENCE = 80

/** Writes the pieces one after the other on a connection of its own, from an address of its own. */
export function exchange(
  port: number,
  pieces: Uint8Array[],
  localAddress: string,
): Promise<Exchange> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const socket = connect({ host: '127.0.0.1', port, localAddress, allowHalfOpen: false })
    let end: Exchange['end'] = 'waiting'
    const late = setTimeout(() => socket.destroy(), PATIENCE)
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      late.refresh()
    })
    socket.on('end', () => (end = 'answered'))
    socket.on('error', () => (end = 'cut'))
    socket.on('close', () => {
      clearTimeout(late)
      resolve({ bytes: new Uint8Array(Buffer.concat(chunks)), end })
    })
    socket.on('connect', () => {
      socket.setNoDelay(true)
      const write = (i: number): void => {
        const piece = pieces[i]
        if (piece === undefined || socket.destroyed) return
        late.refresh()
        socket.write(piece, () => setImmediate(() => write(i + 1)))
      }
      write(0)
    })
  })
}

export type Answer = { status: number; headers: Map<string, string>; body: Uint8Array }

/** The answers on one connection. What follows a 101 is no HTTP any more. */
export function readAnswers(bytes: Uint8Array): Answer[] {
  const answers: Answer[] = []
  let text = Buffer.from(bytes).toString('latin1')
  while (text !== '') {
    const end = text.indexOf('\r\n\r\n')
    const [start = '', ...lines] = text.slice(0, end === -1 ? undefined : end).split('\r\n')
    const status = Number(/^HTTP\/1\.1 (\d{3})(?: |$)/.exec(start)?.[1])
    must(end !== -1 && status >= 100, `an answer is HTTP: ${text.slice(0, 60)}`)
    const headers = new Map(lines.map((line) => headerOf(line)))
    text = text.slice(end + 4)
    const [body, rest] = bodyOf(status, headers, text)
    text = rest
    answers.push({ status, headers, body: new Uint8Array(Buffer.from(body, 'latin1')) })
  }
  return answers
}

function headerOf(line: string): [string, string] {
  const at = line.indexOf(':')
  must(at > 0, 'a header has a name')
  return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()]
}

function bodyOf(status: number, headers: Map<string, string>, text: string): [string, string] {
  if (status === 101) return [text, '']
  if (status < 200) return ['', text]
  // The answer to a HEAD leaves the body out.
  if (text === '' || text.startsWith('HTTP/1.1 ')) return ['', text]
  must(!headers.has('transfer-encoding'), `${status}: an answer has a length and no chunks`)
  const length = Number(headers.get('content-length'))
  must(Number.isSafeInteger(length), `${status}: an answer has a length`)
  return [text.slice(0, length), text.slice(length)]
}

/** Everything but an acceptance is a refusal in the words of the one table. */
export function judgeAnswer({ status, headers, body }: Answer): void {
  if (status < 200) return
  const type = headers.get('content-type') ?? ''
  if (status === 200) {
    must(type === 'application/octet-stream', `an acceptance is bytes, not "${type}"`)
    must(/^[\w-]{22}$/.test(headers.get('holdfast-window') ?? ''), 'an acceptance names the window')
    return
  }
  must(type.startsWith('application/json'), `${status} is told in JSON, not "${type}"`)
  if (body.length === 0) return
  const { error } = JSON.parse(fromUtf8(body)) as { error: Record<string, unknown> }
  const { code, message, todo, detail } = error
  must(isErrorCode(code), `${String(code)} is in the table`)
  const headersOnly = status === 431 && code === 'too_large'
  must(headersOnly || ERRORS[code][0] === status, `${code} is not ${status}`)
  must(typeof message === 'string' && todo === ERRORS[code][2], 'a sentence and what to do')
  must(typeof detail === 'string' && detail.length <= 400, 'a short detail')
  must(status < 500 || code === 'draining' || code === 'disk_full', `${status} ${code} ${detail}`)
}
