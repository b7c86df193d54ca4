import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { framed, openFrames } from '../../server/feeds/hl7/mllp-frames.ts'

/** A sender of messages, as an integration engine is one. */
export interface MllpClient {
  readonly socket: Socket
  /** Sends a message and waits for its ACK. @throws when the connection ends first */
  ask(text: string): Promise<string>
  /** The next ACK. */
  answer(): Promise<string>
  /** Resolves when the other side has hung up. */
  readonly closed: Promise<void>
}

export async function mllpClient(port: number, made?: Socket): Promise<MllpClient> {
  const socket = made ?? connect(port, '127.0.0.1')
  const reader = openFrames()
  const waiting: { resolve: (text: string) => void; reject: (error: Error) => void }[] = []
  const come: string[] = []
  socket.on('error', () => undefined)
  socket.on('data', (chunk: Buffer) => {
    for (const event of reader.push(chunk)) {
      if (event.kind !== 'message') continue
      const text = event.bytes.toString()
      const next = waiting.shift()
      if (next === undefined) come.push(text)
      else next.resolve(text)
    }
  })
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      for (const { reject } of waiting.splice(0)) reject(new Error('hung up'))
      resolve()
    })
  })
  const answer = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const first = come.shift()
      if (first !== undefined) resolve(first)
      else if (socket.destroyed) reject(new Error('hung up'))
      else waiting.push({ resolve, reject })
    })
  if (made === undefined) {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
  }
  return {
    socket,
    closed,
    answer,
    ask(text) {
      socket.write(framed(text))
      return answer()
    },
  }
}
