import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { Refusal, type Problem, type RefusalCode } from '../../shared/problem.ts'

/**
 * Turns everything that is thrown into problem+json [RFC 9457], in this one place. A refusal tells its reason; a
 * body that fails its schema is told which field and what was wanted; a bug tells the caller nothing but its id.
 */
export function registerProblems(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const refusal = asRefusal(error)
    if (refusal === null) {
      // the message may quote a value out of a statement or a body: the kind and the place are enough
      request.log.error({ kind: error.name, code: error.code, stack: frames(error) }, 'bug')
      return sendProblem(reply, {
        type: 'urn:ptl:problem:bug',
        title: 'Something went wrong here',
        status: 500,
        code: 'bug',
        detail: `Nothing you sent is to blame. Quote ${request.id} when you report it.`,
      })
    }
    request.log.info({ code: refusal.code }, 'refused')
    return sendProblem(reply, refusal.toProblem(pathOf(request)))
  })
  app.setNotFoundHandler((request, reply) => {
    const refusal = new Refusal('not-found', 'No such address. GET /docs lists them all.')
    return sendProblem(reply, refusal.toProblem(pathOf(request)))
  })
}

function asRefusal(error: FastifyError): Refusal | null {
  if (error instanceof Refusal) return error
  if (hasZodFastifySchemaValidationErrors(error)) {
    const wrong = error.validation.map(
      (issue) =>
        `${error.validationContext ?? 'request'}${issue.instancePath}: ${issue.message ?? 'not as wanted'}`,
    )
    return new Refusal('bad-request', wrong.slice(0, 5).join('; '))
  }
  const code = STATUS_TO_CODE.get(error.statusCode ?? 500)
  return code === undefined ? null : new Refusal(code, error.message)
}

/** What fastify and its plugins themselves refuse: too large, wrong type, malformed JSON, too many. */
const STATUS_TO_CODE: ReadonlyMap<number, RefusalCode> = new Map([
  [400, 'bad-request'],
  [413, 'too-large'],
  [415, 'unknown-content-type'],
  [429, 'too-many'],
])

function sendProblem(reply: FastifyReply, body: Problem): FastifyReply {
  // serialised here, past any response schema of the route: a problem has its own shape
  return reply
    .code(body.status)
    .type('application/problem+json')
    .serializer((value: unknown) => JSON.stringify(value))
    .send(body)
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '/'
}

function frames(error: Error): string[] {
  return (error.stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 8)
}
