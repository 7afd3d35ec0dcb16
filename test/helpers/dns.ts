// One question to a resolver and its answer (RFC 1035, section 4).
const HEADER = 12
const TYPE_A = 1
/** A response to a recursive question, without error. */
const ANSWERED = 0x8180
const TTL = 60

/** Null where this is no question. */
export function nameIn(question: Buffer): string | null {
  const labels: string[] = []
  let at = HEADER
  for (let length = question[at]; length !== 0; length = question[at]) {
    if (length === undefined || length > 63) return null
    labels.push(question.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return labels.join('.').toLowerCase()
}

/** `address`: an IPv4 address, or null for none. Of other kinds there is nothing. */
export function answerTo(question: Buffer, address: string | null): Buffer {
  const name = nameIn(question) ?? ''
  const end = HEADER + name.length + (name === '' ? 1 : 2) + 4
  const given = address !== null && question.readUInt16BE(end - 4) === TYPE_A
  const head = Buffer.from(question.subarray(0, HEADER))
  head.writeUInt16BE(ANSWERED, 2)
  head.fill(0, 6)
  head.writeUInt16BE(given ? 1 : 0, 6)
  const record = Buffer.from([0xc0, HEADER, 0, TYPE_A, 0, 1, 0, 0, 0, TTL, 0, 4])
  const bytes = (address ?? '').split('.').map(Number)
  const asked = question.subarray(HEADER, end)
  return Buffer.concat([head, asked, ...(given ? [record, Buffer.from(bytes)] : [])])
}
