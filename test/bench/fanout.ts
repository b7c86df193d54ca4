/*
 * Telling many sockets: the live hub behind `GET /live` against bare `ws` broadcasting the same bytes, in turns, in the
 * same process. The readers are raw connections in a child process that only count bytes, so that what is measured is
 * the server's event loop.
 *
 *   npx tsx test/bench/fanout.ts [sockets]
 */
import { fork } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import fastify from 'fastify'
import { WebSocketServer } from 'ws'
import type { LiveStats } from '../../server/live/hub.ts'
import { liveRoutes } from '../../server/live/routes.ts'
import type { ListChange, LiveList } from '../../server/list/live-entry.ts'
import type { ListRow } from '../../shared/list.ts'
import type { IsoDate } from '../../shared/date.ts'

const SCOPES = 20
const ROUNDS = 30
const WINDOW_ROWS = 50
/** About a welcome and a reset of that many rows. */
const FIRST_BYTES = 35_000

type FromReaders = { readonly kind: 'open' } | { readonly kind: 'read'; readonly bytes: number[] }

if (process.argv[2] === 'readers') await readers()
else await bench(Number(process.argv[2] ?? 1_000))

/** Child: opens the sockets of each server and says how many bytes each server's have taken, whenever asked. */
async function readers(): Promise<void> {
  const [, , , count, ...ports] = process.argv.map(Number)
  const bytes = ports.map(() => 0)
  for (const [server, port] of ports.entries()) {
    for (let opened = 0; opened < (count ?? 0); opened += 50) {
      const batch = Array.from({ length: Math.min(50, (count ?? 0) - opened) }, (_, at) =>
        openReader(port, (opened + at) % SCOPES, (length) => {
          bytes[server] = (bytes[server] ?? 0) + length
        }),
      )
      await Promise.all(batch)
    }
  }
  process.on('message', () => process.send?.({ kind: 'read', bytes }))
  process.send?.({ kind: 'open' })
}

/** A raw connection past its upgrade, its hello said, counting what comes after. */
async function openReader(
  port: number,
  scope: number,
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
      socket.write(
        maskedText({ type: 'hello', topics: { list: { from: scope, count: WINDOW_ROWS } } }),
      )
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

async function bench(sockets: number): Promise<void> {
  const ours = await openOurs()
  const bare = await openBare()
  const child = fork(
    process.argv[1] ?? '',
    ['readers', String(sockets), String(ours.port), String(bare.port)],
    {
      execArgv: process.execArgv,
    },
  )
  await once(child, 'message')
  const readBytes = async (): Promise<number[]> => {
    child.send('read')
    const [message] = (await once(child, 'message')) as [FromReaders]
    return message.kind === 'read' ? message.bytes : []
  }
  const settled = async (server: 0 | 1): Promise<void> => {
    let before = -1
    for (let now = 0; now !== before;) {
      before = now
      await pause(60)
      now = (await readBytes())[server] ?? 0
    }
  }
  await settled(0)

  // Warm both, then take turns: what else the machine does meets both alike.
  const oursMs: number[] = []
  const bareMs: number[] = []
  const frameBytes = await ours.frameBytes(sockets, readBytes)
  const text = 'x'.repeat(frameBytes - 4)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const blockedMs: number[] = []
  for (let round = 0; round < ROUNDS + 5; round++) {
    await pause(20)
    delay.enable()
    delay.reset()
    const ourMs = await ours.tellOnce(sockets)
    await pause(5)
    delay.disable()
    await settledQuick(readBytes)
    const theirMs = bare.tellOnce(text)
    await settledQuick(readBytes)
    if (round < 5) continue
    oursMs.push(ourMs)
    bareMs.push(theirMs)
    blockedMs.push(delay.max / 1e6)
  }
  const ourRate = sockets / (median(oursMs) / 1_000)
  const bareRate = sockets / (median(bareMs) / 1_000)
  print('frames_per_cpu_second', ourRate, 'frames/s', bareRate, ourRate / bareRate)
  // The peer is the limit: no broadcast may hold the loop longer than 10 ms.
  print(
    'longest time a broadcast blocks the loop, against the limit of 10 ms',
    median(blockedMs),
    'ms',
    10,
    10 / median(blockedMs),
  )

  const coalesced = await ours.flood(2_000)
  await settledQuick(readBytes)
  // One change a frame: bare ws can tell as many changes as it can broadcast.
  const single = 1_000 / median(bareMs)
  print('coalesced_changes', coalesced, 'changes/s', single, coalesced / single)
  child.kill()
  await ours.close()
  await bare.close()
}

/** The live routes over a list of rows in memory: the list itself has a bench of its own. */
async function openOurs() {
  let seq = 1
  const rows = Array.from({ length: 200 }, (_, at) => rowOf(at + 1, seq))
  const listeners = new Set<(change: ListChange) => void>()
  const list: Pick<LiveList, 'seq' | 'asOf' | 'page' | 'onChange'> = {
    get seq() {
      return seq
    },
    asOf: () => '2026-11-22' as IsoDate,
    page: (_filter, from, count) => ({ total: rows.length, rows: rows.slice(from, from + count) }),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  const change = () => {
    seq += 1
    // A row that every window holds.
    rows[30] = rowOf(31, seq)
    const told: ListChange = { seq, rows: [], entryIds: new Set([31]), reRanked: false }
    for (const listener of listeners) listener(told)
  }
  let stats: (() => LiveStats) | undefined
  const app = fastify({ logger: { level: 'silent' } })
  const person = { id: '', name: '', role: 'lead', organisation: 'XAL' } as const
  await app.register(liveRoutes, {
    list: list as LiveList,
    access: {
      personForSocket: async () => ({
        id: 'one',
        person,
        expiresAt: Number.MAX_SAFE_INTEGER,
        idleEndsAt: Number.MAX_SAFE_INTEGER,
        atProvider: false,
      }),
      onSessionEnd: () => () => undefined,
      may: () => true,
    },
    suggestions: { visibleTo: () => [], onChange: () => () => undefined },
    now: Date.now,
    log: app.log,
    closeGraceMs: 1,
    onOpen(given) {
      stats = given
    },
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const told = () => stats?.().patches ?? 0

  /** Processor milliseconds from the change to the last write. */
  async function tellOnce(sockets: number): Promise<number> {
    const wanted = told() + sockets
    const took = stopwatch()
    change()
    while (told() < wanted) await new Promise((resolve) => setImmediate(resolve))
    return took()
  }

  return {
    port: (app.server.address() as AddressInfo).port,
    tellOnce,
    async frameBytes(sockets: number, read: () => Promise<number[]>): Promise<number> {
      const [before = 0] = await read()
      await tellOnce(sockets)
      await pause(200)
      const [after = 0] = await read()
      return Math.round((after - before) / sockets)
    },
    /** As many changes as the loop takes while it tells them; those told, a second. */
    async flood(forMs: number): Promise<number> {
      const fromMs = performance.now()
      let changes = 0
      while (performance.now() - fromMs < forMs) {
        for (let n = 0; n < 10; n++) change()
        changes += 10
        await new Promise((resolve) => setImmediate(resolve))
      }
      return changes / ((performance.now() - fromMs) / 1_000)
    },
    close: () => app.close(),
  }
}

async function openBare() {
  const http = createServer()
  const server = new WebSocketServer({ server: http, perMessageDeflate: false })
  // Its sockets are told as much at first as ours, so that the network treats both alike.
  const first = Buffer.from('x'.repeat(FIRST_BYTES))
  server.on('connection', (client) => {
    client.on('message', () => {
      client.send(first, { binary: false })
    })
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    port: (http.address() as AddressInfo).port,
    tellOnce(text: string): number {
      const data = Buffer.from(text)
      const took = stopwatch()
      for (const client of server.clients) client.send(data, { binary: false })
      return took()
    },
    async close() {
      for (const client of server.clients) client.terminate()
      server.close()
      http.close()
      await once(http, 'close')
    },
  }
}

async function settledQuick(read: () => Promise<number[]>): Promise<void> {
  let before = ''
  for (let now = ' '; now !== before;) {
    before = now
    await pause(15)
    now = (await read()).join()
  }
}

/** Processor time of this process, which neighbours on the machine cannot stretch. @returns milliseconds since */
function stopwatch(): () => number {
  const from = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(from)
    return (user + system) / 1_000
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}

function print(metric: string, value: number, unit: string, peer: number, ratio: number): void {
  const round = (number: number) => Number(number.toPrecision(4))
  console.log(
    JSON.stringify({
      bench: 'fanout',
      metric,
      value: round(value),
      unit,
      peer: round(peer),
      ratio: round(ratio),
    }),
  )
}

function rowOf(id: number, seq: number): ListRow {
  const pseudonym = createHash('sha256').update(String(id)).digest('hex').slice(0, 8)
  const clock = {
    waitDays: 30,
    targetOn: '2026-12-22' as IsoDate,
    daysToTarget: 32,
    state: 'running',
    breached: false,
  } as const
  return {
    id,
    pseudonym,
    trust: 'XAA',
    alsoAt: [],
    tumour: 'lung',
    route: 'usc',
    step: 'ct',
    stepInferred: false,
    stepBookedOn: null,
    receivedOn: '2026-10-21' as IsoDate,
    waitDays: 30,
    band: 'd29to62',
    clocks: { fds28: clock, dtt31: null, rtt62: clock },
    nextBreach: { standard: 'rtt62', on: '2026-12-23' as IsoDate, daysLeft: 32 },
    priority: { scale: 'diagnostics', code: 'D2' },
    nextAction: { text: 'Chase the report', owner: 'Coordinator', dueOn: null },
    escalation: 'none',
    changedAt: '2026-11-22T09:00:00.000Z',
    suggestion: null,
    rank: id,
    tier: 1,
    points: 12.5,
    because: '2 days past the 28-day target',
    seq,
  }
}
