import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import fastify from 'fastify'
import { WebSocketServer } from 'ws'
import type { LiveStats } from '../../server/live/hub.ts'
import { liveRoutes } from '../../server/live/routes.ts'
import type { LiveList } from '../../server/list/live-entry.ts'
import { printer } from './figures.part.ts'

/*
 * The two servers of the live bench: ours, as it runs, over any list; and bare `ws`, which does nothing but send.
 */

/** About a welcome and a reset of fifty rows. */
const FIRST_BYTES = 45_000

export interface BenchServer {
  readonly port: number
  close(): Promise<unknown>
}

/** The live routes over a list. Everybody is let in as a lead. */
export async function openOurs(
  list: LiveList,
): Promise<BenchServer & { readonly stats: () => LiveStats }> {
  let stats: (() => LiveStats) | undefined
  const app = fastify({ logger: { level: 'silent' } })
  const person = { id: '', name: '', role: 'lead', organisation: 'XAL' } as const
  await app.register(liveRoutes, {
    list,
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
  return {
    port: (app.server.address() as AddressInfo).port,
    stats() {
      if (stats === undefined) throw new Error('not open yet')
      return stats()
    },
    close: () => app.close(),
  }
}

/**
 * @returns with `tell`, which sends a text to everybody as the library's own manual does, and `write`, which writes
 * bytes to each connection and does nothing else: the least any server on Node can do
 */
export async function openBare(): Promise<
  BenchServer & { readonly tell: (text: Buffer) => void; readonly write: (bytes: Buffer) => void }
> {
  const http = createServer()
  const server = new WebSocketServer({ server: http, perMessageDeflate: false })
  // Its sockets are told as much at first as ours, so that the network treats both alike.
  const first = Buffer.from('x'.repeat(FIRST_BYTES))
  const connections: Socket[] = []
  server.on('connection', (client, request) => {
    connections.push(request.socket)
    client.on('message', () => {
      client.send(first, { binary: false })
    })
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    port: (http.address() as AddressInfo).port,
    tell(text) {
      for (const client of server.clients) client.send(text, { binary: false })
    },
    write(bytes) {
      for (const connection of connections) connection.write(bytes)
    },
    async close() {
      for (const client of server.clients) client.terminate()
      server.close()
      http.close()
      await once(http, 'close')
    },
  }
}

/** Processor time of this process, which neighbours on the machine cannot stretch. @returns milliseconds since */
export function processorMs(): () => number {
  const from = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(from)
    return (user + system) / 1_000
  }
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

export const print = printer('live')
