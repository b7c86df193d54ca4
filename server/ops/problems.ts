import type { Socket } from 'node:net'
import type {
  ConnectionError,
  FastifyError,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
} from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { FHIR_JSON } from '../../shared/fhir.ts'
import { problemOutcome } from '../../shared/operation-outcome.ts'
import { Refusal, type Problem, type RefusalCode } from '../../shared/problem.ts'
import { toldPath } from './told-path.ts'

/**
 * Turns everything that is thrown into problem+json [RFC 9457], in this one place. A refusal tells its reason; a
 * body that fails its schema is told which field and what was wanted; a bug tells the caller nothing but its id.
 */
export function registerProblems(app: FastifyInstance): void {
  app.setErrorHandler(answerProblem)
  app.setNotFoundHandler((request, reply) => {
    const refusal = new Refusal('not-found', 'No such address. GET /docs lists them all.')
    return sendProblem(request, reply, refusal.toProblem(toldPath(request.url)))
  })
}

/** Answers one thing that was thrown. Fastify asks here too for what fails before there is a route. */
export function answerProblem(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const refusal = asRefusal(error)
  if (refusal === null) {
    // the message may quote a value out of a statement or a body: the kind and the place are enough
    request.log.error({ kind: error.name, code: error.code, stack: frames(error) }, 'bug')
    return sendProblem(request, reply, {
      type: 'urn:ptl:problem:bug',
      title: 'Something went wrong here',
      status: 500,
      code: 'bug',
      detail: `Nothing you sent is to blame. Quote ${request.id} when you report it.`,
    })
  }
  request.log.info({ code: refusal.code }, 'refused')
  return sendProblem(request, reply, refusal.toProblem(toldPath(request.url)))
}

/** Answers bytes that are no HTTP request, or only the beginning of one, and hangs up. */
export function answerBrokenRequest(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const refusal = BROKEN_REQUESTS.get(error.code) ?? NO_REQUEST
  const body = JSON.stringify(refusal.toProblem())
  if (socket.writable) {
    socket.write(
      `HTTP/1.1 ${String(refusal.status)} ${refusal.title}\r\ncontent-type: application/problem+json\r\n` +
        `content-length: ${String(Buffer.byteLength(body))}\r\nconnection: close\r\n\r\n${body}`,
    )
  }
  socket.destroySoon()
}

const NO_REQUEST = new Refusal('bad-request', 'This is not an HTTP request.')
const BROKEN_REQUESTS: ReadonlyMap<string, Refusal> = new Map([
  ['HPE_HEADER_OVERFLOW', new Refusal('too-large', 'The address and headers exceed 16 KB.')],
  ['HPE_INVALID_HEADER_TOKEN', badHeader()],
  ['HPE_CR_EXPECTED', badHeader()],
  ['HPE_LF_EXPECTED', badHeader()],
  ['HPE_INVALID_CONTENT_LENGTH', badLength()],
  ['HPE_UNEXPECTED_CONTENT_LENGTH', badLength()],
  ['HPE_INVALID_TRANSFER_ENCODING', badLength()],
  [
    'HPE_INVALID_CHUNK_SIZE',
    broken('A chunk of the body does not begin with its size. Nothing was changed. Send it again.'),
  ],
  ['HPE_INVALID_EOF_STATE', broken('The body ended before its length. Nothing was changed.')],
  [
    'HPE_PAUSED_H2_UPGRADE',
    broken('HTTP/2 is not spoken here without a proxy in front. Send HTTP/1.1.'),
  ],
  [
    'HPE_INVALID_METHOD',
    broken('This is not an HTTP request; TLS perhaps, where plain HTTP is spoken.'),
  ],
  [
    'ERR_HTTP_REQUEST_TIMEOUT',
    new Refusal('too-slow', 'The request stopped coming. Send it again.'),
  ],
])

function badHeader(): Refusal {
  return broken(
    'A header of the request is broken: a line break or a control character in its value, or a space before its colon.',
  )
}

function badLength(): Refusal {
  return broken(
    'The length of the body is said twice, or is no number. Send Content-Length or Transfer-Encoding, once.',
  )
}

function broken(detail: string): Refusal {
  return new Refusal('bad-request', detail)
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
  const words = WORDS_FOR.get(error.code)
  if (words !== undefined) return new Refusal('bad-request', words)
  const status = error.statusCode ?? 500
  if (status < 400 || status >= 500) return null
  return new Refusal(STATUS_TO_CODE.get(status) ?? 'bad-request', error.message)
}

/** Where fastify's own message quotes the address. */
const WORDS_FOR: ReadonlyMap<string, string> = new Map([
  ['FST_ERR_BAD_URL', 'The address holds a % that encodes nothing. Encode it as %25.'],
  ['FST_ERR_MAX_PARAM_LENGTH', 'A part of the address is longer than any name here. Shorten it.'],
])

/** What fastify and its plugins themselves refuse: too large, wrong type, malformed JSON, too many. */
const STATUS_TO_CODE: ReadonlyMap<number, RefusalCode> = new Map([
  [400, 'bad-request'],
  [404, 'not-found'],
  [408, 'too-slow'],
  [413, 'too-large'],
  [415, 'unknown-content-type'],
  [429, 'too-many'],
])

function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  body: Problem & Readonly<Record<string, unknown>>,
): FastifyReply {
  if (typeof body['retryAfterSeconds'] === 'number') {
    void reply.header('retry-after', String(body['retryAfterSeconds']))
  }
  const fhir = speaksFhir(request)
  // serialised here, past any response schema of the route: a problem has its own shape
  return reply
    .code(body.status)
    .type(fhir ? FHIR_JSON : 'application/problem+json')
    .serializer((value: unknown) => JSON.stringify(value))
    .send(fhir ? problemOutcome(body) : body)
}

/** Whoever sends FHIR is answered in FHIR. [FEED-77] */
function speaksFhir({ headers }: FastifyRequest): boolean {
  return headers['content-type']?.toLowerCase().startsWith(FHIR_JSON) === true
}

function frames(error: Error): string[] {
  return (error.stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 8)
}
