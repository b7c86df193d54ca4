import type { FastifyReply } from 'fastify'
import { Refusal } from '../../../shared/problem.ts'

/** The pair by which BaRS tells one message from another. */
export interface MessageIds {
  readonly requestId?: string
  readonly correlationId?: string
}

/**
 * FHIR comes with both ids, and they go back with the answer, as BaRS says. [FEED-76]
 * @throws Refusal `bad-request` without them
 */
export function wantIds(ids: MessageIds, reply: FastifyReply): Required<MessageIds> {
  const { requestId, correlationId } = ids
  if (requestId === undefined || correlationId === undefined) {
    throw new Refusal(
      'bad-request',
      'X-Request-Id and X-Correlation-Id are wanted on FHIR. Send both, a new X-Request-Id for each message.',
    )
  }
  void reply.header('x-request-id', requestId).header('x-correlation-id', correlationId)
  return { requestId, correlationId }
}
