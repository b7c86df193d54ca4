import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { receipt } from '../../../shared/delivery.ts'
import {
  codeTable as codeTableSchema,
  correctionBody,
  dismissalBody,
  mappingBody,
  mappingDone,
  refusedRowContent,
  refusedRowPage,
} from '../../../shared/refused-row.ts'
import type { Access, Action } from '../../access/access.ts'
import { trustParams } from '../delivery/asked.ts'
import { codeTable, mapCode } from './code-mapping.ts'
import type { Mending, MendingWork } from './mending.ts'
import { correctRow, dismissRow, readRefusedRow } from './mending.ts'
import { waitingRows } from './refused-rows.ts'

export type MendingOptions = Mending & {
  readonly access: Pick<Access, 'person' | 'require' | 'audit' | 'sealBytes' | 'unsealBytes'>
}

const rowParams = trustParams.extend({ id: z.uuid() })
const pageQuery = z.strictObject({
  before: z.uuid().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

/** `/api/feeds/{trust}/refused-rows` and `/codes`: what a trust's own people put right. [FEED-42 to FEED-44] */
export async function mendingRoutes(app: FastifyInstance, options: MendingOptions): Promise<void> {
  const { db, access } = options
  const routes = app.withTypeProvider<ZodTypeProvider>()

  async function work(
    request: FastifyRequest,
    trust: string,
    action: Action,
  ): Promise<MendingWork> {
    const person = await access.person(request)
    access.require(person, action, trust)
    return { person, trust, requestId: request.id }
  }

  routes.get(
    '/api/feeds/:trust/refused-rows',
    { schema: { params: trustParams, querystring: pageQuery, response: { 200: refusedRowPage } } },
    async (request) => {
      const { person, trust } = await work(request, request.params.trust, 'refusedRow:read')
      const { before = null, limit } = request.query
      const { rows, waiting } = await waitingRows(db, person, trust, { before, limit })
      const next = rows.length === limit ? (rows.at(-1)?.id ?? null) : null
      return { rows: [...rows], waiting, next }
    },
  )

  routes.get(
    '/api/feeds/:trust/refused-rows/:id',
    { schema: { params: rowParams, response: { 200: refusedRowContent } } },
    async (request, reply) => {
      const by = await work(request, request.params.trust, 'refusedRow:read')
      void reply.header('cache-control', 'no-store')
      return readRefusedRow(options, by, request.params.id)
    },
  )

  routes.post(
    '/api/feeds/:trust/refused-rows/:id/resubmit',
    { schema: { params: rowParams, body: correctionBody, response: { 200: receipt } } },
    async (request) => {
      const by = await work(request, request.params.trust, 'refusedRow:write')
      return correctRow(options, by, request.params.id, request.body.cells)
    },
  )

  routes.post(
    '/api/feeds/:trust/refused-rows/:id/dismiss',
    { schema: { params: rowParams, body: dismissalBody, response: { 204: z.null() } } },
    async (request, reply) => {
      const by = await work(request, request.params.trust, 'refusedRow:write')
      await dismissRow(options, by, request.params.id, request.body.reason)
      return reply.code(204).send(null)
    },
  )

  routes.get(
    '/api/feeds/:trust/codes',
    { schema: { params: trustParams, response: { 200: codeTableSchema } } },
    async (request) => {
      const { person, trust } = await work(request, request.params.trust, 'refusedRow:read')
      return codeTable(db, person, trust)
    },
  )

  routes.put(
    '/api/feeds/:trust/codes',
    { schema: { params: trustParams, body: mappingBody, response: { 200: mappingDone } } },
    async (request) => {
      const by = await work(request, request.params.trust, 'codeMapping:write')
      return mapCode(options, by, request.body)
    },
  )
}
