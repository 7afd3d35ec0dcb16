// WebSocket frames of a server: final, unmasked (RFC 6455 section 5.2).

const BINARY = 0x82
/** A ping without a body. Browsers cannot ping, but every WebSocket answers the ping of its peer by itself. */
export const PING = Buffer.from([0x89, 0])
const LENGTH_16 = 126
const LENGTH_64 = 127

/** One binary message as it goes over the wire. */
export function binaryMessage(body: Uint8Array): Buffer {
  return Buffer.concat([headerOf(body.length), body])
}

function headerOf(length: number): Buffer {
  if (length < LENGTH_16) return Buffer.from([BINARY, length])
  if (length < 2 ** 16) {
    const header = Buffer.from([BINARY, LENGTH_16, 0, 0])
    header.writeUInt16BE(length, 2)
    return header
  }
  const header = Buffer.concat([Buffer.from([BINARY, LENGTH_64]), Buffer.alloc(8)])
  header.writeBigUInt64BE(BigInt(length), 2)
  return header
}
