import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { entryIdParams } from '../../../shared/entry-detail.ts'
import { looked, lookedBody } from '../../../shared/list.ts'
import { Refusal } from '../../../shared/problem.ts'
import { personScope } from '../entry/detail.ts'
import { writeLook } from './read-looks.ts'
import type { ListOptions } from '../routes.ts'

const written = z.object({ seq: z.number().int() })

/** What somebody has looked at: `/api/list/look` for the whole list, `/api/entries/{id}/look` for one entry. [RNK-17] */
export async function lookRoutes(app: FastifyInstance, options: ListOptions): Promise<void> {
  const { access, db, list, now } = options
  const routes = app.withTypeProvider<ZodTypeProvider>()
  const instant = () => new Date(now()).toISOString()

  routes.get('/api/list/look', { schema: { response: { 200: looked } } }, async (request) => {
    const person = await access.person(request)
    access.require(person, 'list:read')
    const look = list.looked(person.id)
    if (look === undefined) return { listAt: null, listSeq: null, entries: [] }
    const hasSeenList = look.listSeq >= 0
    return {
      listAt: hasSeenList ? new Date(look.listAt).toISOString() : null,
      listSeq: hasSeenList ? look.listSeq : null,
      entries: [...look.entries].map(([id, seq]) => ({ id, seq })),
    }
  })

  routes.post(
    '/api/list/look',
    { schema: { body: lookedBody, response: { 200: written } } },
    async (request) => {
      const person = await access.person(request)
      access.require(person, 'list:read')
      // Nobody has seen what this process has not.
      const seq = Math.min(request.body.seq, list.seq)
      const written = await writeLook(db, personScope(person), {
        seq,
        entryId: null,
        now: instant(),
      })
      // Who asks next what they have seen is told of this.
      await list.caughtUp(written)
      return { seq: written }
    },
  )

  routes.post(
    '/api/entries/:id/look',
    {
      schema: {
        params: entryIdParams,
        body: lookedBody.nullish(),
        response: { 200: written },
      },
    },
    async (request) => {
      const person = await access.person(request)
      access.require(person, 'entry:read')
      const { id } = request.params
      const { organisation, role } = person
      if (!list.maySee(id, { personId: person.id, organisation, role }))
        throw new Refusal('not-found', 'No such entry, or not one of yours.')
      const seq = Math.min(request.body?.seq ?? list.seq, list.seq)
      const seen = { seq, entryId: id, now: instant() }
      const written = await writeLook(db, personScope(person), seen)
      await list.caughtUp(written)
      return { seq: written }
    },
  )
}
