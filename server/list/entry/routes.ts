import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import {
  actionBody,
  entryDetail as entryDetailSchema,
  entryIdParams,
  entryHistory as entryHistorySchema,
  linkBody,
  noteBody,
  overrideBody,
} from '../../../shared/entry-detail.ts'
import type { Person } from '../../access/access.ts'
import { entryDetail } from './detail.ts'
import { entryHistory } from './history.ts'
import type { Writing } from './writes.ts'
import { acknowledge, addNote, writeAction, writeLink, writeOverride } from './writes.ts'
import type { ListOptions } from '../routes.ts'

const ifMatch = z.object({ 'if-match': z.string().max(200).optional() })
const written = z.object({ id: z.number().int(), etag: z.string(), seq: z.number().int() })

/** `/api/entries/{id}`: one entry explained, its history, and what people write on it. */
export async function entryRoutes(app: FastifyInstance, options: ListOptions): Promise<void> {
  const { access, db, list } = options
  const routes = app.withTypeProvider<ZodTypeProvider>()

  routes.get(
    '/api/entries/:id',
    { schema: { params: entryIdParams, response: { 200: entryDetailSchema } } },
    async (request, reply) => {
      const person = await access.person(request)
      access.require(person, 'entry:read')
      const detail = await entryDetail(options, person, request.params.id)
      void reply.header('etag', detail.etag).header('cache-control', 'private, no-cache')
      return detail
    },
  )

  routes.get(
    '/api/entries/:id/history',
    { schema: { params: entryIdParams, response: { 200: entryHistorySchema } } },
    async (request) => {
      const person = await access.person(request)
      access.require(person, 'history:read')
      return entryHistory(db, person, request.params.id, list.asOf())
    },
  )

  routes.post(
    '/api/entries/:id/notes',
    { schema: { params: entryIdParams, body: noteBody, response: { 201: written } } },
    async (request, reply) => {
      const person = await access.person(request)
      const writing = { person, entryId: request.params.id, requestId: request.id }
      const done = await addNote(options, writing, request.body.body)
      return reply.code(201).header('etag', done.etag).send(done)
    },
  )

  edits('actions', actionBody, (writing, said) => writeAction(options, writing, said))
  edits('links', linkBody, (writing, said) => writeLink(options, writing, said))
  edits('priority-override', overrideBody, (writing, said) =>
    writeOverride(options, writing, said, { policy: list.policy(), today: list.asOf() }),
  )

  routes.post(
    '/api/entries/:id/acknowledge',
    { schema: { params: entryIdParams, headers: ifMatch, response: { 201: written } } },
    async (request, reply) => {
      const writing = edit(await access.person(request), request)
      const { id: personId, organisation, role } = writing.person
      const row = list.row(writing.entryId, { personId, organisation, role })
      const done = await acknowledge(options, writing, row?.escalation ?? 'none')
      return reply.code(201).header('etag', done.etag).send(done)
    },
  )

  /** Something a person writes on an entry, with the state of it that they saw. */
  function edits<Body extends z.ZodType>(
    what: string,
    body: Body,
    write: (writing: Writing, said: z.output<Body>) => Promise<z.output<typeof written>>,
  ): void {
    routes.post(
      `/api/entries/:id/${what}`,
      { schema: { params: entryIdParams, headers: ifMatch, body, response: { 201: written } } },
      async (request, reply) => {
        const writing = edit(await access.person(request), request)
        // The route's schema has made the body what `body` says; a type not yet known does not show it.
        const done = await write(writing, request.body as z.output<Body>)
        return reply.code(201).header('etag', done.etag).send(done)
      },
    )
  }
}

/** Who edits which entry, having seen which state of it. */
function edit(
  person: Person,
  request: {
    readonly id: string
    readonly params: { readonly id: number }
    readonly headers: { readonly 'if-match'?: string | undefined }
  },
): Writing {
  return {
    person,
    entryId: request.params.id,
    ifMatch: request.headers['if-match'],
    requestId: request.id,
  }
}
