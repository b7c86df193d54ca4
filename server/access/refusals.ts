import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Refusal } from '../../shared/problem.ts'
import type { Access } from './access.ts'

const RECORDED: ReadonlySet<number> = new Set([401, 403, 429])
/** Refusals of nobody in particular that are written down one by one; the rest of a minute is written as a number. */
const STRANGERS_A_MINUTE = 120
const MINUTE_MS = 60_000
/** What a place in an address may be named by: never ten digits, which could be somebody's NHS number. */
const NAME = /^(?!\d{10}$)[A-Za-z0-9_-]{1,40}$/

/**
 * Writes every refusal into the audit before it is answered: who, from where, which door, why. [IG-8] A pathway that
 * is hidden from somebody is "not found" to them and a refusal here, so that ids tried in sequence show.
 */
export function recordRefusals(
  app: FastifyInstance,
  options: { readonly access: Access; readonly now: () => number },
): void {
  const { access, now } = options
  let minute = 0
  let strangers = 0

  async function stranger(request: FastifyRequest, subject: string, reason: string): Promise<void> {
    const thisMinute = Math.floor(now() / MINUTE_MS)
    const unrecorded = strangers - STRANGERS_A_MINUTE
    if (thisMinute !== minute) {
      minute = thisMinute
      strangers = 0
      if (unrecorded > 0)
        await access.auditNow({
          action: 'request:refused',
          subject: 'strangers',
          reason: `${String(unrecorded)} more within a minute`,
        })
    }
    strangers += 1
    if (strangers > STRANGERS_A_MINUTE) return
    const { ip: address, id: requestId } = request
    await access.auditNow({ action: 'request:refused', subject, reason, requestId, address })
  }

  app.addHook('onError', async (request, _reply, error) => {
    const status = statusOf(error)
    const who = access.knownAs(request)
    const isHidden =
      status === 404 && who.person !== undefined && request.url.startsWith('/api/entries/')
    if (!RECORDED.has(status) && !isHidden) return
    const subject = doorOf(request)
    const reason = error instanceof Refusal ? error.code : String(status)
    if (who.person === undefined && who.feedKey === undefined)
      return stranger(request, subject, reason)
    const { id: requestId } = request
    await access.auditNow({ ...who, action: 'request:refused', subject, reason, requestId })
  })
}

/** Method and pattern of the route, and what it was asked for where that can be nobody's number. */
function doorOf(request: FastifyRequest): string {
  const route = `${request.method} ${request.routeOptions.url ?? 'none'}`
  const named = Object.entries((request.params ?? {}) as Record<string, unknown>).flatMap(
    ([name, value]) => (NAME.test(String(value)) ? [`${name}=${String(value)}`] : []),
  )
  return [route, ...named].join(' ')
}

function statusOf(error: Error): number {
  if (error instanceof Refusal) return error.status
  return 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500
}
