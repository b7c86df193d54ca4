const TEXT = 0x81
const PING = 0x89

/**
 * A whole unmasked websocket text frame (RFC 6455 section 5.2), header and payload in one buffer, so that telling
 * a socket is one write and the same bytes serve a thousand sockets. [LIVE-8]
 */
export function textFrame(text: string): Buffer {
  const bytes = Buffer.byteLength(text)
  const headerBytes = bytes < 126 ? 2 : bytes < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(headerBytes + bytes)
  frame[0] = TEXT
  if (headerBytes === 2) {
    frame[1] = bytes
  } else if (headerBytes === 4) {
    frame[1] = 126
    frame.writeUInt16BE(bytes, 2)
  } else {
    frame[1] = 127
    frame.writeUInt32BE(0, 2)
    frame.writeUInt32BE(bytes, 6)
  }
  // As many bytes as characters: each is one byte, and copied as it is.
  frame.write(text, headerBytes, bytes === text.length ? 'latin1' : 'utf8')
  return frame
}

/** An empty ping frame: the peer's pong shows that it is still there. */
export const pingFrame: Buffer = Buffer.from([PING, 0])

/** Frames one after another in one buffer: those told the same several are sent the same bytes. [LIVE-8] */
export interface Joins {
  of(first: Buffer, second: Buffer): Buffer
  clear(): void
}

export function openJoins(): Joins {
  let made = new Map<Buffer, Map<Buffer, Buffer>>()
  return {
    of(first, second) {
      const followed = made.get(first) ?? new Map<Buffer, Buffer>()
      made.set(first, followed)
      const both = followed.get(second) ?? Buffer.concat([first, second])
      followed.set(second, both)
      return both
    },
    clear() {
      if (made.size > 0) made = new Map()
    },
  }
}
