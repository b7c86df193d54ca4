import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Receipt } from '../../../shared/delivery.ts'
import { issue, receipt } from '../../../shared/delivery.ts'
import { Refusal } from '../../../shared/problem.ts'
import { trustParams } from './asked.ts'
import { issueCsv } from './issue-csv.ts'
import {
  ISSUES_IN_RECEIPT,
  SYSTEM,
  findDelivery,
  issuesAfter,
  listDeliveries,
  toReceipt,
} from './ledger.ts'
import type { FeedOptions } from './routes.ts'

type ReceiptOptions = Pick<FeedOptions, 'db' | 'access'>

export const deliveryParams = trustParams.extend({ id: z.uuid() })
const pageQuery = z.strictObject({
  before: z.uuid().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
const issueQuery = z.strictObject({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1_000).default(200),
})

/** Receipts and their issues. [FEED-22] */
export async function receiptRoutes(app: FastifyInstance, options: ReceiptOptions): Promise<void> {
  const { db } = options
  const routes = app.withTypeProvider<ZodTypeProvider>()

  routes.get(
    '/api/feeds/:trust/deliveries',
    {
      schema: {
        params: trustParams,
        querystring: pageQuery,
        response: { 200: z.object({ deliveries: z.array(receipt), next: z.uuid().nullable() }) },
      },
    },
    async (request) => {
      const { trust } = request.params
      const { before, limit } = request.query
      await mayRead(options, request, trust)
      const rows = await db.scoped(SYSTEM, (tx) => listDeliveries(tx, trust, before ?? null, limit))
      return {
        deliveries: rows.map((row) => toReceipt(row, [])),
        next: rows.length === limit ? (rows.at(-1)?.id ?? null) : null,
      }
    },
  )

  routes.get(
    '/api/feeds/:trust/deliveries/:id',
    { schema: { params: deliveryParams, response: { 200: receipt } } },
    async (request): Promise<Receipt> => {
      const { trust, id } = request.params
      await mayRead(options, request, trust)
      return db.scoped(SYSTEM, async (tx) => {
        const row = (await findDelivery(tx, trust, id)) ?? noSuchDelivery()
        return toReceipt(row, await issuesAfter(tx, id, 0, ISSUES_IN_RECEIPT))
      })
    },
  )

  routes.get(
    '/api/feeds/:trust/deliveries/:id/issues',
    {
      schema: {
        params: deliveryParams,
        querystring: issueQuery,
        response: {
          200: z.object({
            issues: z.array(issue.extend({ ordinal: z.number().int() })),
            next: z.number().int().nullable(),
          }),
        },
      },
    },
    async (request) => {
      const { trust, id } = request.params
      const { after, limit } = request.query
      await mayRead(options, request, trust)
      return db.scoped(SYSTEM, async (tx) => {
        if ((await findDelivery(tx, trust, id)) === undefined) noSuchDelivery()
        const issues = await issuesAfter(tx, id, after, limit)
        return { issues, next: issues.length === limit ? (issues.at(-1)?.ordinal ?? null) : null }
      })
    },
  )

  routes.get(
    '/api/feeds/:trust/deliveries/:id/issues.csv',
    { schema: { params: deliveryParams } },
    async (request, reply) => {
      const { trust, id } = request.params
      await mayRead(options, request, trust)
      const found = await db.scoped(SYSTEM, (tx) => findDelivery(tx, trust, id))
      if (found === undefined) noSuchDelivery()
      const lines = issueCsv((ordinal, limit) =>
        db.scoped(SYSTEM, (tx) => issuesAfter(tx, id, ordinal, limit)),
      )
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="issues-${id}.csv"`)
        .send(Readable.from(lines))
    },
  )
}

/** The trust's own key, or somebody signed in who may look. */
async function mayRead(
  options: ReceiptOptions,
  request: FastifyRequest,
  trust: string,
): Promise<void> {
  if (request.headers.authorization !== undefined) {
    await options.access.feedKey(request, trust, 'delivery:read')
    return
  }
  options.access.require(await options.access.person(request), 'delivery:read', trust)
}

export function noSuchDelivery(): never {
  throw new Refusal('not-found', 'This trust has no delivery of this id.')
}
