import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/*
 * A sorted set of a `redis-server` found on the path, over its unix socket, many commands in flight: the toughest peer
 * of a ranked list in memory. No package of this project brings one.
 */

export interface RedisFigures {
  /** Microseconds each: ids of 50 from a place, the place of one, one given another score. */
  readonly page: number
  readonly rank: number
  readonly update: number
}

const IN_FLIGHT = 200
const STARTING_MS = 10_000

/**
 * Fills a sorted set of so many members and asks it what the list is asked.
 * @returns null where there is no redis-server
 */
export async function redisFigures(entries: number, deep: number): Promise<RedisFigures | null> {
  const folder = await mkdtemp(join(tmpdir(), 'ptl-redis-'))
  const path = join(folder, 'socket')
  const args = ['--port', '0', '--unixsocket', path, '--save', '', '--appendonly', 'no']
  const server = spawn('redis-server', args, { cwd: folder, stdio: 'ignore' })
  const gone = new Promise<'gone'>((resolve) => {
    server.once('error', () => resolve('gone'))
    server.once('exit', () => resolve('gone'))
  })
  try {
    const socket = await Promise.race([reached(path), gone])
    if (socket === 'gone') return null
    const redis = client(socket)
    const key = () => String(Math.floor(Math.random() * 2 ** 40))
    const some = () => String(1 + Math.floor(Math.random() * entries))
    const many = (count: number, command: (n: number) => string[]) =>
      redis.all(Array.from({ length: count }, (_, n) => command(n)))
    await many(entries, (n) => ['ZADD', 'rank', key(), String(n + 1)])
    const each = async (count: number, command: () => string[]) => {
      await many(count / 4, command)
      const from = performance.now()
      await many(count, command)
      return ((performance.now() - from) * 1_000) / count
    }
    const figures = {
      page: await each(20_000, () => ['ZRANGE', 'rank', String(deep), String(deep + 49)]),
      rank: await each(100_000, () => ['ZRANK', 'rank', some()]),
      update: await each(100_000, () => ['ZADD', 'rank', key(), some()]),
    }
    socket.destroy()
    return figures
  } finally {
    server.kill()
    await gone
    await rm(folder, { recursive: true, force: true })
  }
}

/** Connects as soon as there is something to connect to. */
async function reached(path: string): Promise<Socket> {
  const until = performance.now() + STARTING_MS
  for (;;) {
    const socket = connect(path)
    try {
      await once(socket, 'connect')
      return socket
    } catch (error) {
      if (performance.now() > until) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

/** Commands go out in batches; an answer is only counted, which is less than any user of one does. */
function client(socket: Socket) {
  let unread: Buffer = Buffer.alloc(0)
  let answers = 0
  let wake: (() => void) | undefined
  socket.on('data', (chunk: Buffer) => {
    unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk])
    let at = 0
    for (let end = endOfAnswer(unread, 0); end >= 0; end = endOfAnswer(unread, at)) {
      at = end
      answers += 1
    }
    unread = unread.subarray(at)
    wake?.()
  })
  return {
    async all(commands: readonly (readonly string[])[]): Promise<void> {
      for (let from = 0; from < commands.length; from += IN_FLIGHT) {
        const some = commands.slice(from, from + IN_FLIGHT)
        const wanted = answers + some.length
        socket.write(some.map(written).join(''))
        while (answers < wanted) await new Promise<void>((resolve) => (wake = resolve))
      }
    },
  }
}

function written(command: readonly string[]): string {
  return `*${command.length}\r\n${command.map((part) => `$${part.length}\r\n${part}\r\n`).join('')}`
}

/** Where the answer that begins at `at` ends; -1 when it is not all there. [RESP2] */
function endOfAnswer(bytes: Buffer, at: number): number {
  const line = bytes.indexOf('\r\n', at)
  if (line < 0) return -1
  const kind = String.fromCharCode(bytes[at] ?? 0)
  if (kind === '-') throw new Error(`redis: ${bytes.toString('latin1', at + 1, line)}`)
  if (kind !== '$' && kind !== '*') return line + 2
  const count = Number(bytes.toString('latin1', at + 1, line))
  if (kind === '$') {
    const end = line + 2 + (count < 0 ? 0 : count + 2)
    return end <= bytes.length ? end : -1
  }
  let end = line + 2
  for (let n = 0; n < count && end >= 0; n++) end = endOfAnswer(bytes, end)
  return end
}
