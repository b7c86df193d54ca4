import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Database } from '../../../db/client.ts'
import {
  feedKeyLine,
  madeFeedKey,
  newFeedKey,
  ownFeedKey,
  rotation,
} from '../../../shared/feed-key.ts'
import type { Access } from '../access.ts'
import type { KeyAdministration, KeyWork } from './key-administration.ts'
import {
  listFeedKeys,
  makeFeedKey,
  openSites,
  revokeFeedKey,
  rotateFeedKey,
} from './key-administration.ts'

const trustParams = z.object({ trust: z.string().max(10) })
const keyParams = trustParams.extend({ id: z.guid() })

/** The keys of a trust: made, shown, rotated with overlap, revoked. [FEED-48] */
export async function feedKeyRoutes(
  app: FastifyInstance,
  options: { readonly db: Database; readonly access: Access; readonly now: () => number },
): Promise<void> {
  const { db, access, now } = options
  const routes = app.withTypeProvider<ZodTypeProvider>()
  const administration: KeyAdministration = { db, now, audit: (tx, of) => access.audit(tx, of) }

  async function work(request: FastifyRequest, trust: string): Promise<KeyWork> {
    const person = await access.person(request)
    access.require(person, 'feedKey:write', trust)
    return { person, trust, requestId: request.id }
  }

  routes.get(
    '/api/feeds/:trust/keys',
    {
      schema: { params: trustParams, response: { 200: z.object({ keys: z.array(feedKeyLine) }) } },
    },
    async (request) => {
      const { trust } = await work(request, request.params.trust)
      return { keys: await listFeedKeys(administration, trust) }
    },
  )

  routes.post(
    '/api/feeds/:trust/keys',
    { schema: { params: trustParams, body: newFeedKey, response: { 201: madeFeedKey } } },
    async (request, reply) => {
      const by = await work(request, request.params.trust)
      const made = await makeFeedKey(administration, by, request.body)
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({ ...made, oldEndsAt: null })
    },
  )

  routes.post(
    '/api/feeds/:trust/keys/:id/rotate',
    { schema: { params: keyParams, body: rotation, response: { 201: madeFeedKey } } },
    async (request, reply) => {
      const { trust, id } = request.params
      const by = await work(request, trust)
      const made = await rotateFeedKey(administration, by, id, request.body.overlapHours)
      return reply.code(201).header('cache-control', 'no-store').send(made)
    },
  )

  routes.post(
    '/api/feeds/:trust/keys/:id/revoke',
    {
      schema: {
        params: keyParams,
        body: z.strictObject({ reason: z.string().trim().min(1).max(200).optional() }),
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { trust, id } = request.params
      await revokeFeedKey(administration, await work(request, trust), id, request.body.reason)
      return reply.code(204).send(null)
    },
  )

  routes.get('/api/feed-key', { schema: { response: { 200: ownFeedKey } } }, async (request) => {
    const { id, organisation, feed, label, scopes, sandbox } = await access.anyFeedKey(request)
    const sites = await openSites(db, organisation)
    return { id, trust: organisation, feed, label, scopes: [...scopes], sandbox, sites }
  })
}
