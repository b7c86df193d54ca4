import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Database } from '../../../db/client.ts'
import { expectationBody, feedHealthAnswer, withFeedGaps } from '../../../shared/feed-health.ts'
import { Refusal } from '../../../shared/problem.ts'
import type { Access } from '../../access/access.ts'
import { trustParams } from '../delivery/asked.ts'
import type { FeedWatch } from './watch.ts'

const SYSTEM = { kind: 'system', name: 'feeds' } as const

/** How the feeds stand, what is missing, and how often one is expected. [FEED-46, FEED-47] */
export async function healthOfFeedsRoutes(
  app: FastifyInstance,
  options: {
    readonly db: Database
    readonly access: Pick<Access, 'person' | 'require' | 'may' | 'audit'>
    readonly watch: Pick<FeedWatch, 'health' | 'gaps' | 'look'>
    readonly now: () => number
  },
): Promise<void> {
  const { db, access, watch, now } = options
  const routes = app.withTypeProvider<ZodTypeProvider>()

  routes.get(
    '/api/feed-health',
    { schema: { response: { 200: feedHealthAnswer } } },
    async (request) => {
      const person = await access.person(request)
      const feeds = watch.health().filter(({ trust }) => access.may(person, 'delivery:read', trust))
      return { feeds }
    },
  )

  routes.get('/api/feed-gaps', { schema: { response: { 200: withFeedGaps } } }, async (request) => {
    access.require(await access.person(request), 'measures:read')
    return { missingFeeds: [...watch.gaps()] }
  })

  routes.put(
    '/api/feeds/:trust/expectation',
    {
      schema: {
        params: trustParams,
        body: expectationBody,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { trust } = request.params
      const { feed, intervalMinutes } = request.body
      const person = await access.person(request)
      access.require(person, 'feedKey:write', trust)
      const at = new Date(now()).toISOString()
      await db.scoped(SYSTEM, async (tx) => {
        const found = await tx`select from organisation where code = ${trust} and kind = 'trust'`
        if (found.count === 0)
          throw new Refusal('not-found', 'No trust of this code delivers here.')
        await tx`
          insert into feed_expectation (trust, feed, interval_minutes, person_id, at)
          values (${trust}, ${feed}, ${intervalMinutes}, ${person.id}, ${at})
          on conflict (trust, feed) do update set interval_minutes = excluded.interval_minutes,
            person_id = excluded.person_id, at = excluded.at`
        const subject = `feed:${trust}:${feed}`
        await access.audit(tx, { person, action: 'feed:expect', subject, requestId: request.id })
      })
      await watch.look()
      return reply.code(204).send(null)
    },
  )
}
