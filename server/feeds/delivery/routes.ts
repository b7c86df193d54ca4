import { Readable } from 'node:stream'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Database } from '../../../db/client.ts'
import { deliveryMode, receipt } from '../../../shared/delivery.ts'
import { Refusal } from '../../../shared/problem.ts'
import type { Access } from '../../access/access.ts'
import { wantIds } from '../bars/ids.ts'
import { dryRun, senderId, trustParams } from './asked.ts'
import { LIMIT_BYTES } from './body.ts'
import { DELIVERY_TYPES, chooseFormat } from '../formats/choose.ts'
import { hl7 } from '../formats/hl7.ts'
import type { Hl7Answer } from '../hl7/deliver.ts'
import { deliverHl7 } from '../hl7/deliver.ts'
import { discardRest } from './leftover.ts'
import { asyncPatienceMs } from './prefer.ts'
import { heldRoutes } from './held-routes.ts'
import { receiptRoutes } from './receipt-routes.ts'
import type { Receiver } from './receive.ts'
import { openReceiver } from './receive.ts'

export interface FeedOptions {
  readonly db: Database
  readonly access: Pick<Access, 'feedKey' | 'person' | 'require' | 'audit' | 'seal' | 'unseal'>
  readonly now: () => number
  readonly log: FastifyBaseLogger
  /** The one of this process when there is one already; its queue should not have a twin. */
  readonly receiver?: Receiver
  /** Largest body taken, bytes. */
  readonly limitBytes?: number
}

const deliveryQuery = z.strictObject({
  mode: deliveryMode.default('delta'),
  dryRun,
  profile: z.string().max(20).optional(),
  extractAt: z.string().max(40).optional(),
  confirm: z.uuid().optional(),
})
const deliveryHeaders = z.object({
  'idempotency-key': senderId,
  'x-request-id': senderId,
  'x-correlation-id': senderId,
  'x-extract-at': z.string().max(40).optional(),
  /** `respond-async`, with `wait=<seconds>` perhaps. [FEED-40] */
  prefer: z.string().max(200).optional(),
})
/** Deliveries in, receipts and issues out. [FEED-1 to FEED-23 in shared/PROTOCOL.md] */
export async function feedRoutes(app: FastifyInstance, options: FeedOptions): Promise<void> {
  await app.register(async (scope) => deliveryRoute(scope, options))
  await receiptRoutes(app, options)
  await heldRoutes(app, options)
}

/** In a scope of its own: here a body is a stream, whatever its type. */
async function deliveryRoute(app: FastifyInstance, options: FeedOptions): Promise<void> {
  const { access, db, now } = options
  const receiver =
    options.receiver ??
    openReceiver({
      ...options,
      seal: (identity) => access.seal(identity),
      unseal: (row) => access.unseal(row),
    })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => {
    done(null, payload)
  })
  app.addHook('onResponse', async (request) => {
    discardRest(request.raw, options.limitBytes ?? LIMIT_BYTES)
  })
  app.withTypeProvider<ZodTypeProvider>().post(
    '/api/feeds/:trust/deliveries',
    {
      schema: {
        description:
          'A delivery: its body in one of the formats below, read as a stream. With Prefer: respond-async a long one is answered 202 once the body is here; Location tells how far it is.',
        consumes: DELIVERY_TYPES,
        body: z.unknown().describe('Records in the format that the content type names.'),
        params: trustParams,
        querystring: deliveryQuery,
        headers: deliveryHeaders,
        response: { 200: receipt, 202: receipt },
      },
    },
    async (request, reply) => {
      const { trust } = request.params
      const { query, headers } = request
      const key = await access.feedKey(request, trust, 'delivery:write')
      refuseEncoded(request)
      const { format, charset } = chooseFormat(request.headers['content-type'], query.profile)
      const ids = requestIds(headers)
      if (format.wantsIds === true) wantIds(ids, reply)
      const extractAt = query.extractAt ?? headers['x-extract-at']
      const patienceMs = asyncPatienceMs(headers.prefer)
      const bytesTotal = Number(request.headers['content-length'])
      const delivery = {
        trust,
        mode: query.mode,
        charset,
        body: bodyOf(request),
        dryRun: query.dryRun,
        sandbox: key.sandbox,
        feedKeyId: key.id,
        feed: key.feed,
        ...ids,
        ...(extractAt === undefined ? {} : { extractAt }),
        ...(headers['idempotency-key'] === undefined
          ? {}
          : { idempotencyKey: headers['idempotency-key'] }),
        ...(query.confirm === undefined ? {} : { confirm: query.confirm }),
        ...(Number.isNaN(bytesTotal) ? {} : { bytesTotal }),
      }
      if (format.name === hl7.name) {
        return sendAck(reply, trust, await deliverHl7({ receiver, db, now }, delivery))
      }
      const made = await (patienceMs === null
        ? receiver.deliver({ ...delivery, format })
        : receiver.deliverLater({ ...delivery, format }, patienceMs))
      if (made.state === 'running') void reply.header('preference-applied', 'respond-async')
      request.log.info(
        { trust, delivery: made.id, state: made.state, counts: made.counts },
        'delivery',
      )
      return reply
        .code(made.state === 'held' || made.state === 'running' ? 202 : 200)
        .header('location', `/api/feeds/${trust}/deliveries/${made.id}`)
        .send(made)
    },
  )
}

/** Nothing is unpacked here, so that a small body cannot become a large one. [FEED-61] @throws Refusal */
function refuseEncoded({ headers }: FastifyRequest): void {
  if (['', 'identity'].includes((headers['content-encoding'] ?? '').trim().toLowerCase())) return
  throw new Refusal(
    'unknown-content-type',
    'The body is compressed (Content-Encoding). Send it plain.',
  )
}

const ACK_STATUS = { AA: 200, AE: 422, AR: 400 } as const

/** An ACK is text, past the schema of the receipt. The status says the same for who looks no further. [FEED-56] */
function sendAck(reply: FastifyReply, trust: string, answer: Hl7Answer): FastifyReply {
  if (answer.receiptId !== null) {
    void reply.header('location', `/api/feeds/${trust}/deliveries/${answer.receiptId}`)
  }
  return reply
    .code(ACK_STATUS[answer.code])
    .type('application/hl7-v2')
    .serializer((text: string) => text)
    .send(answer.text)
}

function bodyOf(request: FastifyRequest): AsyncIterable<Buffer> {
  const { body } = request
  // No body, no parser: then there is nothing to read.
  if (!(body instanceof Readable)) return Readable.from([])
  // Given up early, the stream must live on: its connection still has the answer to carry.
  return { [Symbol.asyncIterator]: () => body.iterator({ destroyOnReturn: false }) }
}

/** Both or none: a request id alone is what any proxy adds. [FEED-15] */
function requestIds(headers: z.infer<typeof deliveryHeaders>) {
  const requestId = headers['x-request-id']
  const correlationId = headers['x-correlation-id']
  return requestId === undefined || correlationId === undefined ? {} : { requestId, correlationId }
}
