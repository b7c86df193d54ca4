import type { FastifyInstance } from 'fastify'
import { Refusal } from '../../shared/problem.ts'

/** A body of JSON is a megabyte at most: whoever takes longer is holding a connection open. */
const BODY_WITHIN_MS = 20_000
/** Deliveries are long; they have their own watch on a body that stops coming. [FEED-21] */
const STREAMED = /^\/api\/feeds\//

/** Gives up on bodies that come too slowly: 408, and the connection is closed. */
export function refuseSlowBodies(app: FastifyInstance, withinMs = BODY_WITHIN_MS): void {
  app.addHook('preParsing', (request, reply, payload, done) => {
    const { headers } = request
    const hasBody =
      headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
    if (hasBody && !STREAMED.test(request.routeOptions.url ?? '')) {
      const late = setTimeout(() => {
        reply.raw.once('finish', () => request.raw.destroy())
        // whoever is reading the body hears of it, and answers; with nobody reading there is nobody to tell
        if (payload.listenerCount('error') > 0)
          payload.emit('error', new Refusal('too-slow', 'The body stopped coming. Send it again.'))
        else request.raw.destroy()
      }, withinMs)
      const stop = (): void => clearTimeout(late)
      payload.once('end', stop)
      payload.once('close', stop)
    }
    done(null, payload)
  })
}
