import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Database } from '../../db/client.ts'
import { capacityBucket, capacityUpdate, type CapacityBucket } from '../../shared/capacity.ts'
import { londonDate } from '../../shared/date.ts'
import { Refusal } from '../../shared/problem.ts'
import {
  answerBody,
  suggestion,
  transfer,
  whyNotAnswer,
  type Transfer,
} from '../../shared/suggestion.ts'
import { odsSite, step } from '../../shared/vocabulary.ts'
import type { Access } from '../access/access.ts'
import type { WhyNot } from '../domain/plan/model.ts'
import type { LiveList } from '../list/live-list.ts'
import { advance, answer } from './answers.ts'
import type { SuggestionBook } from './book.ts'
import { putCapacity, readCapacity, trustOfSite } from './capacity.ts'
import type { Prices } from './prices.ts'
import { planSettingsRoutes } from './settings-routes.ts'

const suggestionId = z.object({ id: z.uuid() })
const versionHeader = z.object({ 'if-match': z.string().optional() })

export interface ReassignmentOptions {
  readonly db: Database
  readonly access: Access
  readonly list: LiveList
  readonly book: SuggestionBook
  readonly prices: Prices
  readonly now: () => number
  /** Why a patient is not given a slot as things are planned now; null when they are. [MOV-25] */
  /** The body of a capacity update out of CSV. @throws Refusal when it cannot be read */
  readonly daysFromCsv: (text: string) => unknown
  readonly whyNot: (entryId: number, capacityId: number) => Promise<WhyNot | null>
}

/** Suggestions and their answers, transfers, capacity. Nothing here moves anybody: it writes down what people said. */
export async function reassignmentRoutes(
  app: FastifyInstance,
  options: ReassignmentOptions,
): Promise<void> {
  const { db, access, list, book, prices, now } = options
  const routes = app.withTypeProvider<ZodTypeProvider>()
  await app.register(planSettingsRoutes, { db, access, now })

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

  routes.get(
    '/api/transfers',
    { schema: { response: { 200: z.object({ transfers: z.array(transfer) }) } } },
    async (request) => {
      const person = await access.person(request)
      access.require(person, 'suggestion:read')
      return {
        transfers: await readTransfers(db, list, person.organisation, access.seesAll(person)),
      }
    },
  )

  routes.get(
    '/api/capacity',
    {
      schema: {
        querystring: z.object({
          site: odsSite.optional(),
          step: step.optional(),
          trust: z.string().optional(),
        }),
        response: {
          200: z.object({ buckets: z.array(capacityBucket), best: z.array(capacityBucket) }),
        },
      },
    },
    async (request) => {
      const person = await access.person(request)
      access.require(person, 'capacity:read')
      const { site, step: wantedStep, trust } = request.query
      const priced: CapacityBucket[] = (await readCapacity(db, londonDate(now()))).map((bucket) => {
        const { limits, ...rest } = bucket
        const price = prices.of(bucket.id)
        return {
          ...rest,
          tumours: bucket.tumours ?? [],
          ...(limits === null ? {} : { limits }),
          price: price?.points ?? null,
          priceDays: price?.days ?? null,
          priceBreaches: price?.breaches ?? null,
        }
      })
      const best = priced
        .filter((bucket) => (bucket.price ?? 0) > 0)
        .sort((a, b) => (b.price ?? 0) - (a.price ?? 0) || a.id - b.id)
        .slice(0, 10)
      const buckets = priced.filter(
        (bucket) =>
          (site === undefined || bucket.site === site) &&
          (wantedStep === undefined || bucket.step === wantedStep) &&
          (trust === undefined || bucket.trust === trust),
      )
      return { buckets, best }
    },
  )

  await app.register(async (scope) => capacityRoute(scope, options))
}

/** In a scope of its own: here a body may be CSV, read as the JSON it stands for and checked like it. [FEED-80] */
async function capacityRoute(app: FastifyInstance, options: ReassignmentOptions): Promise<void> {
  const { db, access, now } = options
  const parser = async (_request: FastifyRequest, body: string | Buffer): Promise<unknown> =>
    options.daysFromCsv(body.toString())
  app.addContentTypeParser('text/csv', { parseAs: 'string' }, parser)
  app.withTypeProvider<ZodTypeProvider>().put(
    '/api/capacity/:site/:step',
    {
      schema: {
        params: z.object({ site: odsSite, step }),
        body: capacityUpdate,
        response: { 200: z.object({ site: z.string(), step, days: z.number().int() }) },
      },
    },
    async (request) => {
      const { site, step: named } = request.params
      const trust = await trustOfSite(db, site)
      const by = await access.capacityWriter(request, trust)
      const today = londonDate(now())
      const past = request.body.days.find((day) => day.day < today)
      if (past !== undefined) {
        throw new Refusal('bad-request', `${past.day} is past; slots are for ${today} or later.`)
      }
      await db.scoped({ kind: 'system', name: 'capacity' }, async (tx) => {
        await access.audit(tx, {
          ...by,
          action: 'capacity:write',
          subject: `capacity:${site}:${named}`,
          requestId: request.id,
        })
        await putCapacity(
          tx,
          { site, step: named, days: request.body.days },
          new Date(now()).toISOString(),
        )
      })
      return { site, step: named, days: request.body.days.length }
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

async function readTransfers(
  db: Database,
  list: LiveList,
  organisation: string,
  all: boolean,
): Promise<Transfer[]> {
  const rows = await db.scoped(
    { kind: 'system', name: 'transfers' },
    (tx) => tx<Omit<Transfer, 'pseudonym'>[]>`
    select id, entry_id as "entryId", suggestion_id as "suggestionId", from_trust as "fromTrust",
      to_trust as "toTrust", to_site as "toSite", step, day, agreed_at as "agreedAt", sent_on as "sentOn",
      received_on as "receivedOn"
    from transfer
    where ${all} or from_trust = ${organisation} or to_trust = ${organisation}
    order by agreed_at desc limit 500`,
  )
  return rows.map((row) => ({ ...row, pseudonym: list.pseudonym(row.entryId) }))
}
