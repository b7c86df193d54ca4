import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Database } from '../../../db/client.ts'
import { Refusal } from '../../../shared/problem.ts'
import { answerBody, suggestion, vetoBody, whyNotAnswer } from '../../../shared/suggestion.ts'
import type { Access } from '../../access/access.ts'
import type { WhyNot } from '../../domain/plan/model.ts'
import type { LiveList } from '../../list/live-list.ts'
import { advance, answer, veto } from './answers.ts'
import type { SuggestionBook } from './book.ts'

const suggestionId = z.object({ id: z.uuid() })
const versionHeader = z.object({ 'if-match': z.string().optional() })

export interface SuggestionRoutesOptions {
  readonly db: Database
  readonly access: Access
  readonly list: LiveList
  readonly book: SuggestionBook
  readonly now: () => number
  /** Why a patient is not given a slot as things are planned now; null when they are. [MOV-25] */
  readonly whyNot: (entryId: number, capacityId: number) => Promise<WhyNot | null>
}

/** Suggestions, the answers of the three sides, and why there is none. */
export async function suggestionRoutes(
  app: FastifyInstance,
  options: SuggestionRoutesOptions,
): Promise<void> {
  const { db, access, list, book, now } = options
  const routes = app.withTypeProvider<ZodTypeProvider>()

  routes.get(
    '/api/suggestions',
    { schema: { response: { 200: z.object({ suggestions: z.array(suggestion) }) } } },
    async (request) => {
      const person = await access.person(request)
      access.require(person, 'suggestion:read')
      return { suggestions: [...book.visibleTo({ ...person, personId: person.id })] }
    },
  )

  routes.get(
    '/api/suggestions/:id',
    { schema: { params: suggestionId, response: { 200: suggestion } } },
    async (request, reply) => {
      const person = await access.person(request)
      access.require(person, 'suggestion:read')
      const found = book.get(request.params.id)
      if (found === undefined || !book.maySee(found, { ...person, personId: person.id })) {
        throw new Refusal('not-found', 'No such suggestion, or none of your trust.')
      }
      return reply.header('etag', `"${found.version}"`).send(found)
    },
  )

  routes.post(
    '/api/suggestions/:id/answers',
    {
      schema: {
        params: suggestionId,
        headers: versionHeader,
        body: answerBody,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const person = await access.person(request)
      const version = wantedVersion(request.headers['if-match'])
      await answer({ db, access, now }, request.params.id, request.body, {
        person,
        version,
        requestId: request.id,
      })
      return reply.code(204).send(null)
    },
  )

  routes.post(
    '/api/suggestions/:id/veto',
    {
      schema: {
        params: suggestionId,
        headers: versionHeader,
        body: vetoBody,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const person = await access.person(request)
      const version = wantedVersion(request.headers['if-match'])
      await veto({ db, access, now }, request.params.id, request.body, {
        person,
        version,
        requestId: request.id,
      })
      return reply.code(204).send(null)
    },
  )

  routes.post(
    '/api/suggestions/:id/events',
    {
      schema: {
        params: suggestionId,
        headers: versionHeader,
        body: z.strictObject({
          event: z.enum(['referrer:open', 'receiver:open', 'sendMds', 'receive', 'complete']),
        }),
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const person = await access.person(request)
      const version = wantedVersion(request.headers['if-match'])
      await advance({ db, access, now }, request.params.id, {
        event: request.body.event,
        person,
        version,
        requestId: request.id,
      })
      return reply.code(204).send(null)
    },
  )

  routes.get(
    '/api/entries/:id/why-not',
    {
      schema: {
        params: z.object({ id: z.coerce.number().int().positive() }),
        querystring: z.strictObject({ capacity: z.coerce.number().int().positive() }),
        response: { 200: whyNotAnswer },
      },
    },
    async (request) => {
      const person = await access.person(request)
      access.require(person, 'entry:read')
      const { id } = request.params
      if (!list.maySee(id, { ...person, personId: person.id })) {
        throw new Refusal('not-found', 'No such entry, or none of your trust.')
      }
      return { whyNot: await options.whyNot(id, request.query.capacity) }
    },
  )
}

/** The version in `If-Match: "3"`. @throws Refusal `precondition-required` without one: an answer names what it was read at */
function wantedVersion(header: string | undefined): number {
  const version = /^(?:W\/)?"?(\d+)"?$/.exec(header ?? '')?.[1]
  if (version === undefined) {
    throw new Refusal(
      'precondition-required',
      'Send If-Match with the version you looked at, such as If-Match: "1".',
    )
  }
  return Number(version)
}
