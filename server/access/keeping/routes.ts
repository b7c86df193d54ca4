import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Database, Scope } from '../../../db/client.ts'
import {
  auditLine,
  auditVerdict,
  erasureCertificate,
  retention as retentionState,
} from '../../../shared/governance.ts'
import type { Access, Person } from '../access.ts'
import { exportAudit, readAudit } from '../audit/audit-export.ts'
import { readErasures } from './erasure.ts'
import { readRetention } from './retention.ts'
import type { RetentionRule } from './retention.ts'
import { subjectAccessCsv } from './subject-access.ts'

const nhsNumber = z.string().regex(/^\d{10}$/, 'wants ten digits')
const reason = z.string().trim().min(3).max(200)
const id = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const instant = z.iso.datetime({ offset: true })
const auditFilter = z.strictObject({
  from: instant.optional(),
  to: instant.optional(),
  action: z.string().max(60).optional(),
  subject: z.string().max(100).optional(),
  personId: z.uuid().optional(),
  by: z.string().trim().min(1).max(100).optional(),
  entryId: id.optional(),
})
const auditPage = auditFilter.extend({
  /** Oldest first from after this id; `before`, or `order` newest: newest first. */
  after: id.default(0),
  before: id.optional(),
  order: z.enum(['oldest', 'newest']).default('oldest'),
  limit: z.coerce.number().int().min(1).max(1_000).default(200),
})
/** What the information-governance auditor works with: the audit, subject access, erasure. [IG-9, IG-11, IG-12] */
export async function governanceRoutes(
  app: FastifyInstance,
  options: {
    readonly db: Database
    readonly access: Access
    readonly now: () => number
    readonly retention: RetentionRule
  },
): Promise<void> {
  const { db, access, now, retention } = options
  const routes = app.withTypeProvider<ZodTypeProvider>()

  routes.get(
    '/api/audit',
    {
      schema: {
        querystring: auditPage,
        response: { 200: z.object({ events: z.array(auditLine) }) },
      },
    },
    async (request) => {
      const person = await auditor(request)
      const { after, before = null, order, limit, ...filter } = request.query
      const isNewestFirst = order === 'newest' || before !== null
      const page = isNewestFirst ? { before, limit } : { after, limit }
      return { events: await readAudit(db, scopeOf(person), filter, page) }
    },
  )

  for (const format of ['csv', 'ndjson'] as const) {
    routes.get(
      `/api/audit/export.${format}`,
      { schema: { querystring: auditFilter } },
      async (request, reply) => {
        const person = await auditor(request)
        const { id: requestId } = request
        await access.auditNow({
          person,
          action: 'audit:export',
          subject: 'audit',
          reason: format,
          requestId,
        })
        return reply
          .type(format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson')
          .header('cache-control', 'no-store')
          .header('content-disposition', `attachment; filename="audit.${format}"`)
          .send(Readable.from(exportAudit(db, scopeOf(person), request.query, format)))
      },
    )
  }

  routes.get(
    '/api/audit/verify',
    { schema: { response: { 200: auditVerdict } } },
    async (request) => {
      await auditor(request)
      return access.verifyAudit()
    },
  )

  routes.post(
    '/api/subject-access',
    {
      schema: {
        body: z.strictObject({
          nhsNumber,
          reason,
          format: z.enum(['json', 'csv']).default('json'),
        }),
      },
    },
    async (request, reply) => {
      const person = await access.person(request)
      access.require(person, 'subject:export')
      const { format, reason: why } = request.body
      const found = await access.subjectAccess(request.body.nhsNumber)
      const subjects = found.pathways.map(({ entryId }) => `entry:${String(entryId)}`)
      // Also when nothing was found: asking for somebody is told as well.
      await access.auditNow(
        (subjects.length === 0 ? ['nobody'] : subjects).map((subject) => ({
          person,
          action: 'subject:export',
          subject,
          reason: why,
          requestId: request.id,
        })),
      )
      void reply
        .header('cache-control', 'no-store')
        .header('content-disposition', `attachment; filename="subject-access.${format}"`)
      return format === 'csv'
        ? reply.type('text/csv; charset=utf-8').send(subjectAccessCsv(found))
        : reply.type('application/json').send(JSON.stringify(found, null, 2))
    },
  )

  routes.post(
    '/api/erasures',
    {
      schema: {
        body: z.strictObject({ nhsNumber, reason }),
        response: { 201: erasureCertificate },
      },
    },
    async (request, reply) => {
      const person = await access.person(request)
      access.require(person, 'subject:erase')
      const event = {
        person,
        action: 'subject:erase',
        reason: request.body.reason,
        requestId: request.id,
      }
      const made = await access.eraseSubject(request.body.nhsNumber, event)
      return reply.code(201).send(made)
    },
  )

  routes.post(
    '/api/erasures/:id/lift',
    {
      schema: {
        params: z.strictObject({ id: z.uuid() }),
        body: z.strictObject({ reason }),
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const person = await access.person(request)
      access.require(person, 'subject:erase')
      const { id: requestId } = request
      const event = {
        person,
        action: 'subject:liftErasure',
        reason: request.body.reason,
        requestId,
      }
      await access.liftErasure(request.params.id, event)
      return reply.code(204).send(null)
    },
  )

  routes.get(
    '/api/erasures',
    { schema: { response: { 200: z.object({ erasures: z.array(erasureCertificate) }) } } },
    async (request) => {
      await auditor(request)
      return { erasures: await readErasures(db) }
    },
  )

  routes.get(
    '/api/retention',
    { schema: { response: { 200: retentionState } } },
    async (request) => {
      await auditor(request)
      return readRetention(db, retention, now())
    },
  )

  async function auditor(request: FastifyRequest): Promise<Person> {
    const person = await access.person(request)
    access.require(person, 'audit:read')
    return person
  }
}

function scopeOf({ id: personId, organisation, role }: Person): Scope {
  return { kind: 'person', personId, organisation, role }
}
