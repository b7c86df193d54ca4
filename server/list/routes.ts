import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Database } from '../../db/client.ts'
import { facetCounts, listFilter, listPage } from '../../shared/list.ts'
import { equityReport } from '../../shared/equity.ts'
import type { ListFilter } from '../../shared/list.ts'
import { Refusal } from '../../shared/problem.ts'
import type { FeedGap } from '../../shared/feed-health.ts'
import type { Access, Person } from '../access/access.ts'
import { entryRoutes } from './entry/routes.ts'
import { equity } from './equity.ts'
import type { TravelMinutes } from './equity.ts'
import { XLSX_ROWS_LIMIT, csvExport, xlsxExport } from './export.ts'
import type { LiveList, Viewer } from './live-entry.ts'
import { lookRoutes } from './looks/routes.ts'
import { policyRoutes } from './policy/routes.ts'

export interface ListOptions {
  readonly db: Database
  readonly access: Access
  readonly list: LiveList
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Feeds whose entries are older than they should be. [FEED-47] */
  readonly gaps?: () => readonly FeedGap[]
  /** Absent: nobody's distance is known. */
  readonly travelMinutes?: TravelMinutes
}

const PAGE_LIMIT = 200
const XLSX_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
const filterQuery = listFilter.strict()
const pageQuery = filterQuery.extend({
  /** From a page before: goes on after its last row, whatever moved since. */
  cursor: z.string().max(100).optional(),
  /** Or a place among the rows that match, 0 first. */
  from: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(1).max(PAGE_LIMIT).default(50),
  /** With the names, for who may see them; each is audited. At most 100 rows then. */
  identities: z.enum(['true', 'false']).default('false'),
})
/** `/api/list`, `/api/entries` and `/api/policy`. */
export async function listRoutes(app: FastifyInstance, options: ListOptions): Promise<void> {
  const { access, db, list } = options
  const routes = app.withTypeProvider<ZodTypeProvider>()

  routes.get(
    '/api/list',
    { schema: { querystring: pageQuery, response: { 200: listPage } } },
    async (request, reply) => {
      const person = await reader(access, list, request)
      const { cursor, from, limit, identities, ...filter } = request.query
      if (cursor !== undefined && from !== undefined)
        throw new Refusal('bad-request', 'send cursor or from, not both')
      const viewer = viewerOf(person)
      const start = from === undefined ? null : from
      const page =
        start === null
          ? list.pageAfter(filter, cursor ?? '', limit, viewer)
          : { ...list.page(filter, start, limit, viewer), nextCursor: null }
      const missingFeeds = [...(options.gaps?.() ?? [])]
      const answer = {
        seq: list.seq,
        asOf: list.asOf(),
        ...page,
        rows: [...page.rows],
        missingFeeds,
      }
      if (identities === 'false') return answer
      const asked = page.rows.map((row) => row.id)
      const names = await access.identitiesJson(person, asked, undefined, request.id)
      // The page as its schema writes it, and the names behind it as they were sealed: neither is written twice. Sent as
      // text, which the schema does not speak of.
      const written = reply.serialize(answer) as string
      const text: FastifyReply = reply.type('application/json; charset=utf-8')
      return text
        .header('cache-control', 'no-store')
        .send(`${written.slice(0, -1)},"identities":${names}}`)
    },
  )

  routes.get(
    '/api/list/facets',
    { schema: { querystring: filterQuery, response: { 200: facetCounts } } },
    async (request) => {
      const person = await reader(access, list, request)
      return list.facets(request.query, viewerOf(person))
    },
  )

  routes.get(
    '/api/list/equity',
    { schema: { response: { 200: equityReport } } },
    async (request) => {
      const person = await reader(access, list, request)
      if (!access.seesAll(person))
        throw new Refusal('not-yours', 'The equity report is for those who oversee the alliance.')
      return equity(list, options.travelMinutes ?? (() => null))
    },
  )

  routes.get(
    '/api/list/export.csv',
    { schema: { querystring: filterQuery } },
    async (request, reply) => {
      const viewer = await exporter(request, request.query)
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="list-${list.asOf()}.csv"`)
        .send(Readable.from(csvExport(list, request.query, viewer)))
    },
  )

  routes.get(
    '/api/list/export.xlsx',
    { schema: { querystring: filterQuery } },
    async (request, reply) => {
      const viewer = await exporter(request, request.query)
      const rows = list.count(request.query, viewer)
      if (rows > XLSX_ROWS_LIMIT)
        throw new Refusal(
          'too-large',
          `${String(rows)} rows match; a spreadsheet holds ${String(XLSX_ROWS_LIMIT)} here. Narrow the filter or take the CSV.`,
        )
      return reply
        .type(XLSX_TYPE)
        .header('content-disposition', `attachment; filename="list-${list.asOf()}.xlsx"`)
        .send(await xlsxExport(list, request.query, viewer))
    },
  )

  /** Who exports is written down with how much, before the first row leaves. */
  async function exporter(request: FastifyRequest, filter: ListFilter): Promise<Viewer> {
    const person = await reader(access, list, request)
    access.require(person, 'list:export')
    const viewer = viewerOf(person)
    const reason = `${String(list.count(filter, viewer))} rows`
    await db.scoped({ kind: 'system', name: 'export' }, (tx) =>
      access.audit(tx, {
        person,
        action: 'list:export',
        subject: 'list',
        reason,
        requestId: request.id,
      }),
    )
    return viewer
  }

  await entryRoutes(app, options)
  await lookRoutes(app, options)
  await policyRoutes(app, options)
}

async function reader(access: Access, list: LiveList, request: FastifyRequest): Promise<Person> {
  const person = await access.person(request)
  access.require(person, 'list:read')
  if (!list.ready.done)
    throw new Refusal('not-ready', 'The list is being read from the database; try again shortly.')
  return person
}

function viewerOf(person: Person): Viewer {
  return { personId: person.id, organisation: person.organisation, role: person.role }
}
