import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { receipt } from '../../../shared/delivery.ts'
import { FHIR_JSON } from '../../../shared/fhir.ts'
import { Refusal } from '../../../shared/problem.ts'
import type { Access } from '../../access/access.ts'
import { wantIds } from '../bars/ids.ts'
import { dryRun, senderId, trustParams } from '../delivery/asked.ts'
import type { CapacityOptions } from './file.ts'
import { CAPACITY_FORMATS, deliverCapacity } from './file.ts'

export interface CapacityFeedOptions extends Omit<CapacityOptions, 'audit'> {
  readonly access: Pick<Access, 'feedKey' | 'audit'>
}

const query = z.strictObject({ dryRun })
const headers = z.object({
  'idempotency-key': senderId,
  'x-request-id': senderId,
  'x-correlation-id': senderId,
})

/** `POST /api/feeds/{trust}/capacity`: the slots of many sites and steps in one file. [FEED-80, FEED-81] */
export async function capacityFeedRoutes(
  app: FastifyInstance,
  options: CapacityFeedOptions,
): Promise<void> {
  const { access } = options
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => {
    done(null, payload)
  })
  app
    .withTypeProvider<ZodTypeProvider>()
    .post(
      '/api/feeds/:trust/capacity',
      { schema: { params: trustParams, querystring: query, headers, response: { 200: receipt } } },
      async (request, reply) => {
        const { trust } = request.params
        const key = await access.feedKey(request, trust, 'capacity:write')
        const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase()
        const format = Object.hasOwn(CAPACITY_FORMATS, type ?? '')
          ? CAPACITY_FORMATS[type as keyof typeof CAPACITY_FORMATS]
          : undefined
        if (format === undefined) {
          throw new Refusal(
            'unknown-content-type',
            `This content type is not taken. Send one of ${Object.keys(CAPACITY_FORMATS).join(', ')}.`,
          )
        }
        const { 'x-request-id': requestId, 'x-correlation-id': correlationId } = request.headers
        const idempotencyKey = request.headers['idempotency-key']
        const both = requestId !== undefined && correlationId !== undefined
        const ids = both ? { requestId, correlationId } : {}
        if (type === FHIR_JSON) wantIds(ids, reply)
        return deliverCapacity(
          { ...options, audit: (tx, event) => access.audit(tx, event) },
          {
            trust,
            format,
            key,
            body: request.body instanceof Readable ? request.body : Readable.from([]),
            dryRun: request.query.dryRun,
            webRequestId: request.id,
            ...ids,
            ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
          },
        )
      },
    )
}
