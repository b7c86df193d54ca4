import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Database } from '../../../db/client.ts'
import { opening, openingOutcome } from '../../../shared/governance.ts'
import type { Access } from '../access.ts'
import { breakGlass, readOpenings, reviewOpening } from './break-glass.ts'

const entryId = z.strictObject({ id: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER) })
const openingId = z.strictObject({ id: z.uuid() })

/** Breaking the glass, and the auditor's report of it. [IG-5] */
export async function breakGlassRoutes(
  app: FastifyInstance,
  options: {
    readonly db: Database
    readonly access: Access
    readonly now: () => number
    readonly minutes: number
  },
): Promise<void> {
  const { db, access } = options
  const routes = app.withTypeProvider<ZodTypeProvider>()

  routes.post(
    '/api/entries/:id/break-glass',
    {
      schema: {
        params: entryId,
        body: z.strictObject({ reason: z.string().trim().min(10).max(500) }),
        response: { 201: z.object({ id: z.uuid(), endsAt: z.string() }) },
      },
    },
    async (request, reply) => {
      const person = await access.person(request)
      const { reason } = request.body
      const asked = { person, entryId: request.params.id, reason, requestId: request.id }
      return reply.code(201).send(await breakGlass(options, asked))
    },
  )

  routes.get(
    '/api/break-glass',
    { schema: { response: { 200: z.object({ openings: z.array(opening) }) } } },
    async (request) => {
      const person = await access.person(request)
      access.require(person, 'breakGlass:read')
      const isAll = access.may(person, 'breakGlass:review')
      return { openings: await readOpenings(db, isAll ? null : person.id) }
    },
  )

  routes.post(
    '/api/break-glass/:id/review',
    {
      schema: {
        params: openingId,
        body: z.strictObject({ outcome: openingOutcome, note: z.string().trim().min(1).max(500) }),
      },
    },
    async (request, reply) => {
      const person = await access.person(request)
      access.require(person, 'breakGlass:review')
      const { id } = request.params
      await reviewOpening(options, { person, id, ...request.body, requestId: request.id })
      return reply.code(204).send()
    },
  )
}
