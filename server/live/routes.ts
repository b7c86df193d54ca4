import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import websocket from '@fastify/websocket'
import type { WebSocket } from '@fastify/websocket'
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify'
import { Refusal } from '../../shared/problem.ts'
import { CLOSE_CODES } from '../../shared/protocol.ts'
import type { Access, Session } from '../access/access.ts'
import type { LiveList } from '../list/live-entry.ts'
import type { SuggestionBook } from '../reassignment/suggestions/book.ts'
import { asyncApiDocument } from './asyncapi.ts'
import { openAttendance } from './attendance.ts'
import type { LiveStats } from './hub.ts'
import { openLive } from './live.ts'
import { askingOf, lineWire, openLines } from './lines.ts'
import type { Member } from './peer.ts'
import type { LiveLimits } from './session.ts'

export interface LiveRouteOptions {
  readonly list: LiveList
  readonly access: Pick<Access, 'personForSocket' | 'onSessionEnd' | 'may'>
  readonly suggestions: Pick<SuggestionBook, 'visibleTo' | 'onChange'>
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly log: FastifyBaseLogger
  readonly limits?: Partial<LiveLimits>
  readonly keptStates?: number
  readonly restMs?: number
  readonly recheckMs?: number
  /** A socket that does not answer its close is cut after this. */
  readonly closeGraceMs?: number
  /** Given the hub's figures once, for metrics. */
  readonly onOpen?: (stats: () => LiveStats) => void
}

/** Clients say little; a hello is the longest. */
const MAX_MESSAGE_BYTES = 16_384
/** A whole hospital comes back through one address after a restart. */
const SOCKETS_A_MINUTE = 6_000
const RECHECK_MS = 60_000
const CLOSE_GRACE_MS = 2_000

/**
 * `GET /live`, the websocket of `ptl.v1`, and `GET /asyncapi.json`, which describes it. [LIVE-n]
 *
 * A page of another site is refused before the upgrade with 403. Somebody not signed in is let in and closed with
 * 4401: a browser cannot see the status of a refused upgrade, and would try again for ever.
 */
export async function liveRoutes(app: FastifyInstance, options: LiveRouteOptions): Promise<void> {
  const { access, list, suggestions, log } = options
  const onError = (error: unknown) => log.error({ err: error }, 'live: telling failed')
  const wire = lineWire(options.closeGraceMs ?? CLOSE_GRACE_MS)
  const hub = openLive({
    wire,
    list,
    suggestions,
    mayReadDeliveries: ({ personId, ...actor }, trust) =>
      access.may({ id: personId, name: '', ...actor }, 'delivery:read', trust),
    onError,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.keptStates === undefined ? {} : { keptStates: options.keptStates }),
    ...(options.restMs === undefined ? {} : { restMs: options.restMs }),
  })
  const recheckMs = options.recheckMs ?? RECHECK_MS
  const attendance = openAttendance<Member<Socket>>({
    ...{ access, now: options.now, recheckMs, onError },
    end: (member, because) => hub.end(member, because),
  })
  const lines = openLines({ members: hub, attendance })
  const open = new Set<WebSocket>()
  const arrivals = new WeakMap<FastifyRequest, { session?: Session; response: ServerResponse }>()
  options.onOpen?.(() => hub.stats())

  // Sockets are said goodbye to before the server stops listening, and none may hold it up.
  app.addHook('preClose', async () => {
    attendance.close()
    hub.close()
    await Promise.all([...open].map((socket) => closed(socket)))
  })
  if (!app.hasDecorator('websocketServer')) {
    await app.register(websocket, {
      options: { maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false },
      preClose: (done) => done(),
      errorHandler: (_error, socket) => socket.terminate(),
    })
  }

  app.get('/asyncapi.json', { schema: { hide: true } }, async () => asyncApiDocument('1'))
  app.route({
    method: 'GET',
    url: '/live',
    schema: { hide: true },
    config: { rateLimit: { max: SOCKETS_A_MINUTE, timeWindow: '1 minute' } },
    async preValidation(request, reply) {
      const arrival = { response: reply.raw }
      arrivals.set(request, arrival)
      try {
        Object.assign(arrival, { session: await access.personForSocket(request) })
      } catch (error) {
        if (!(error instanceof Refusal) || error.code !== 'not-signed-in') throw error
      }
    },
    handler: (_request, reply) => {
      void reply.header('upgrade', 'websocket').header('connection', 'upgrade')
      throw new Refusal('upgrade-required', 'This address speaks websocket only: ptl.v1.')
    },
    wsHandler: (socket, request) => welcome(socket, request),
  })

  function welcome(socket: WebSocket, request: FastifyRequest): void {
    open.add(socket)
    socket.on('close', onClosed)
    const connection = request.raw.socket
    wire.tie(connection, socket)
    const { session, response } = arrivals.get(request) ?? {}
    // From here on nothing of the request that brought the socket is held: it is heavier than all the rest.
    response?.detachSocket(connection)
    socket.removeAllListeners('error').on('error', onBroken)
    if (session !== undefined) lines.add(connection, socket, session, askingOf(request))
    else wire.close(connection, CLOSE_CODES.sessionEnded.code, CLOSE_CODES.sessionEnded.words)
  }

  function onClosed(this: WebSocket): void {
    open.delete(this)
  }
}

/** A broken connection is ended; its close event tells the rest. */
function onBroken(this: WebSocket): void {
  this.terminate()
}

function closed(socket: WebSocket): Promise<void> {
  if (socket.readyState === socket.CLOSED) return Promise.resolve()
  return new Promise((resolve) => socket.once('close', () => resolve()))
}
