import type { FastifyInstance } from 'fastify'
import { Refusal } from '../../../shared/problem.ts'
import { tokenFrom } from './cookie.ts'

/** What somebody who is nobody yet must reach in order to sign in. */
const PUBLIC_ROUTES: ReadonlySet<string> = new Set([
  '/api/sample-people',
  '/api/session',
  '/api/sign-in',
  '/api/sign-in/ways',
  '/api/sign-in/callback',
  '/api/sign-in/back-channel-logout',
])

/**
 * Closes every route under `/api/` to whoever brings neither a session nor a feed key, before anything they sent is
 * looked at: a stranger learns nothing of what a route wants, and a route whose own check is forgotten is not open.
 * Whether the session or the key is any good, and for what, each route asks for itself.
 */
export function closeDoor(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    const route = request.routeOptions.url ?? ''
    if (!route.startsWith('/api/') || PUBLIC_ROUTES.has(route)) return
    const { authorization, cookie } = request.headers
    if (authorization !== undefined || tokenFrom(cookie) !== undefined) return
    throw new Refusal(
      'not-signed-in',
      'The request carries neither a session nor a feed key. Sign in on the page, or send Authorization: Bearer <feed key>.',
    )
  })
}
