import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { LiveTopicsInput } from '../../shared/protocol.ts'

/*
 * Readers of a live bench in a process of their own: raw connections past their upgrade that only count, so that what
 * is measured is the server. Instants are of the monotonic clock, which all processes of a machine share.
 */

export interface Readers {
  /** From now on count anew: `read` resolves when every socket of this server has had so many bytes. */
  expect(server: number, bytesEach: number): Promise<void>
  /** Milliseconds from `since` to the moment each socket had them, soonest first. */
  read(since: number): Promise<number[]>
  /** Bytes this server's sockets have been sent in all. */
  total(server: number): Promise<number>
  /** The same, once no more come. */
  settled(server: number): Promise<number>
  close(): void
}
type Order =
  | { readonly kind: 'expect'; readonly server: number; readonly bytesEach: number }
  | { readonly kind: 'total'; readonly server: number }

/** Milliseconds of the clock all processes share. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/**
 * Opens `count` sockets at each port, in a child process.
 * @param windows how many different windows they ask for
 * @param also what they watch besides the list
 */
export async function openReaders(
  count: number,
  ports: readonly number[],
  windows: number,
  also: LiveTopicsInput = {},
): Promise<Readers> {
  const self = new URL(import.meta.url).pathname
  const topics = JSON.stringify(also)
  const args = ['readers', topics, String(count), String(windows), ...ports.map(String)]
  const child = fork(self, args, { execArgv: process.execArgv })
  const told = async <T>(): Promise<T> => (await once(child, 'message'))[0] as T
  await told()
  let reading: Promise<number[]> | undefined
  async function total(server: number): Promise<number> {
    child.send({ kind: 'total', server } satisfies Order)
    return told()
  }
  return {
    async expect(server, bytesEach) {
      child.send({ kind: 'expect', server, bytesEach } satisfies Order)
      await told()
      reading = told()
    },
    async read(since) {
      return ((await reading) ?? []).map((at) => at - since).sort((a, b) => a - b)
    },
    total,
    async settled(server) {
      let now = await total(server)
      for (let before = -1; before !== now; now = await total(server)) {
        before = now
        await new Promise((resolve) => setTimeout(resolve, 250))
      }
      return now
    },
    close: () => child.kill(),
  }
}

if (process.argv[2] === 'readers') await readers()

async function readers(): Promise<void> {
  const [count = 0, windows = 1, ...ports] = process.argv.slice(4).map(Number)
  const also = JSON.parse(process.argv[3] ?? '{}') as LiveTopicsInput
  const totals = ports.map(() => 0)
  const had = ports.map(() => new Float64Array(count))
  const allAt = ports.map(() => new Float64Array(count))
  let expected: { server: number; bytesEach: number; left: number } | null = null

  function onBytes(server: number, socket: number, length: number): void {
    totals[server] = (totals[server] ?? 0) + length
    const bytes = had[server]
    if (expected?.server !== server || bytes === undefined) return
    const before = bytes[socket] ?? 0
    bytes[socket] = before + length
    if (before >= expected.bytesEach || before + length < expected.bytesEach) return
    const at = allAt[server]
    if (at !== undefined) at[socket] = nowMs()
    expected.left -= 1
    if (expected.left > 0) return
    expected = null
    process.send?.([...(at ?? [])])
  }

  for (const [server, port] of ports.entries()) {
    for (let opened = 0; opened < count; opened += 50) {
      const some = Array.from({ length: Math.min(50, count - opened) }, (_, at) => opened + at)
      await Promise.all(
        some.map((socket) =>
          openReader(port, { list: { from: socket % windows, count: 50 }, ...also }, (length) =>
            onBytes(server, socket, length),
          ),
        ),
      )
    }
  }
  process.on('message', (order: Order) => {
    if (order.kind === 'total') {
      process.send?.(totals[order.server] ?? 0)
      return
    }
    had[order.server]?.fill(0)
    expected = { server: order.server, bytesEach: order.bytesEach, left: count }
    process.send?.('ready')
  })
  process.send?.('open')
}

/** A raw connection past its upgrade, its hello said, telling how much comes after. */
async function openReader(
  port: number,
  topics: LiveTopicsInput,
  onBytes: (length: number) => void,
): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  const key = randomBytes(16).toString('base64')
  socket.write(
    `GET /live HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${key}\r\n\r\n`,
  )
  await new Promise<void>((resolve) => {
    let head = ''
    socket.on('data', (chunk: Buffer) => {
      if (head === 'past') {
        onBytes(chunk.length)
        return
      }
      head += chunk.toString('latin1')
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      onBytes(head.length - end - 4)
      head = 'past'
      socket.write(maskedText({ type: 'hello', topics }))
      resolve()
    })
  })
  return socket
}

/** A client's text frame; the mask is nought, which leaves the payload as it is. */
function maskedText(message: object): Buffer {
  const payload = Buffer.from(JSON.stringify(message))
  if (payload.length > 125) throw new Error('too long for this bench')
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload])
}
