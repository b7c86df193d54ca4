import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Receipt } from '../../../shared/delivery.ts'
import { FHIR_JSON } from '../../../shared/fhir.ts'
import { outcome, rowIssues } from '../../../shared/operation-outcome.ts'
import type { Outcome } from '../../../shared/operation-outcome.ts'
import { Refusal } from '../../../shared/problem.ts'
import type { Access } from '../../access/access.ts'
import type { BarsOptions } from './aid-message.ts'
import { takeAidMessage } from './aid-message.ts'
import { wantIds } from './ids.ts'
import { readMessage } from './message.ts'
import { dryRun, senderId, trustParams } from '../delivery/asked.ts'
import { fhir } from '../formats/fhir.ts'
import type { Receiver } from '../delivery/receive.ts'

export interface BarsRouteOptions extends Omit<BarsOptions, 'audit'> {
  readonly access: Pick<Access, 'feedKey' | 'audit'>
  readonly receiver: Pick<Receiver, 'deliver'>
}

const LIMIT_BYTES = 1_048_576
const headers = z.object({ 'x-request-id': senderId, 'x-correlation-id': senderId })
const query = z.strictObject({ dryRun })

/** `POST /api/feeds/{trust}/$process-message`: one BaRS message, answered by an OperationOutcome. [FEED-78, FEED-79] */
export async function barsRoutes(app: FastifyInstance, options: BarsRouteOptions): Promise<void> {
  const { access, receiver, db, now } = options
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    FHIR_JSON,
    { parseAs: 'buffer', bodyLimit: LIMIT_BYTES },
    (_request, body, done) => {
      done(null, body)
    },
  )
  app.withTypeProvider<ZodTypeProvider>().post(
    '/api/feeds/:trust/$process-message',
    {
      schema: {
        params: trustParams,
        querystring: query,
        headers,
        response: { 200: z.unknown(), 422: z.unknown() },
      },
    },
    async (request, reply) => {
      const { trust } = request.params
      const key = await access.feedKey(request, trust, 'delivery:write')
      const body = request.body
      if (!Buffer.isBuffer(body)) {
        throw new Refusal('unknown-content-type', `A message is one Bundle as ${FHIR_JSON}.`)
      }
      const ids = wantIds(
        {
          ...(request.headers['x-request-id'] === undefined
            ? {}
            : { requestId: request.headers['x-request-id'] }),
          ...(request.headers['x-correlation-id'] === undefined
            ? {}
            : { correlationId: request.headers['x-correlation-id'] }),
        },
        reply,
      )
      const message = readMessage(parsed(body))
      const { dryRun } = request.query
      const said =
        message.kind === 'facts'
          ? factsOutcome(
              await receiver.deliver({
                ...ids,
                trust,
                mode: 'delta',
                format: fhir,
                body: Readable.from([body]),
                dryRun,
                sandbox: key.sandbox,
                feedKeyId: key.id,
                feed: key.feed,
              }),
            )
          : aidOutcome(
              await takeAidMessage(
                { db, now, audit: (tx, event) => access.audit(tx, event) },
                {
                  ...ids,
                  trust,
                  key,
                  message,
                  dryRun,
                  bodyHash: createHash('sha256').update(body).digest(),
                  webRequestId: request.id,
                },
              ),
            )
      return reply
        .code(said.issue[0]?.severity === 'error' ? 422 : 200)
        .type(FHIR_JSON)
        .serializer((value: unknown) => JSON.stringify(value))
        .send(said)
    },
  )
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw new Refusal('bad-request', 'The body is not valid JSON.')
  }
}

function aidOutcome({ receipt, words }: { receipt: Receipt; words: string }): Outcome {
  return outcome([information(words)], receipt.id)
}

/** A message of which nothing could be taken was not taken. */
function factsOutcome(receipt: Receipt): Outcome {
  const { accepted, refused } = receipt.counts
  const issues = rowIssues(receipt.issues)
  if (accepted === 0) return outcome(issues, receipt.id)
  const words = `${accepted} pathways of this message were taken as facts, ${refused} refused. Nobody was moved and nothing booked.`
  return outcome([information(words), ...issues], receipt.id)
}

function information(words: string): Outcome['issue'][number] {
  return {
    severity: 'information',
    code: 'informational',
    details: { text: 'Taken' },
    diagnostics: words,
  }
}
