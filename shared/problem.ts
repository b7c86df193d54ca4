import { z } from 'zod'

/** RFC 9457 problem+json: `title` names the kind, `detail` says what was found, wanted, and how to mend it. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  detail: z.string(),
  instance: z.string().optional(),
})
export type Problem = z.infer<typeof problem>

const REFUSALS = {
  'not-signed-in': [401, 'Not signed in'],
  'unknown-key': [401, 'Feed key not accepted'],
  'not-yours': [403, 'Not allowed'],
  'not-found': [404, 'Not found'],
  'too-slow': [408, 'Stopped coming'],
  conflict: [409, 'Conflict'],
  duplicate: [409, 'Duplicate'],
  'out-of-date': [412, 'Changed since you looked'],
  'too-large': [413, 'Too large'],
  'unknown-content-type': [415, 'Content type not accepted'],
  'bad-request': [400, 'Bad request'],
  'bad-file': [422, 'File refused'],
  'upgrade-required': [426, 'Websocket wanted'],
  'key-reused': [422, 'Idempotency key used with another body'],
  'precondition-required': [428, 'If-Match wanted'],
  'too-many': [429, 'Too many requests'],
  'not-ready': [503, 'Not ready'],
  unavailable: [503, 'Not available now'],
} as const
export type RefusalCode = keyof typeof REFUSALS

/**
 * An expected "no": thrown by a feature, turned into problem+json (or an OperationOutcome, or an ACK) in one place.
 * `detail` must never hold a patient's value.
 */
export class Refusal extends Error {
  readonly code: RefusalCode
  readonly status: number
  readonly title: string
  /** Further members of the problem document, such as the receipt's id on `duplicate`. */
  readonly extra: Readonly<Record<string, unknown>>

  constructor(code: RefusalCode, detail: string, extra: Readonly<Record<string, unknown>> = {}) {
    super(detail)
    this.name = 'Refusal'
    this.code = code
    this.status = REFUSALS[code][0]
    this.title = REFUSALS[code][1]
    this.extra = extra
  }

  toProblem(instance?: string): Problem & Record<string, unknown> {
    return {
      type: `urn:ptl:problem:${this.code}`,
      title: this.title,
      status: this.status,
      code: this.code,
      detail: this.message,
      ...(instance === undefined ? {} : { instance }),
      ...this.extra,
    }
  }
}
