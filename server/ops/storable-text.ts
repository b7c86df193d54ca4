import type { FastifyInstance } from 'fastify'
import { Refusal } from '../../shared/problem.ts'

/**
 * Refuses, before any route sees it, text that no PostgreSQL column holds: the character U+0000, and half of a
 * surrogate pair. Found in a value or a key of the body, the query or the path. Streams are the feeds' own to judge.
 */
export function refuseUnstorableText(app: FastifyInstance): void {
  app.addHook('preValidation', async (request) => {
    const { body, query, params } = request
    const parsed = isStream(body) ? null : body
    if ([parsed, query, params].every(isStorable)) return
    throw new Refusal(
      'bad-request',
      'A text holds the character U+0000 or half of a character (a lone surrogate). Take it out.',
    )
  })
}

/** By a list of what is still to be looked at: a body nests deeper than calls may. */
function isStorable(root: unknown): boolean {
  const left: unknown[] = [root]
  while (left.length > 0) {
    const value = left.pop()
    if (typeof value === 'string') {
      if (value.includes('\u0000') || /\p{Surrogate}/u.test(value)) return false
    } else if (typeof value === 'object' && value !== null) {
      if (!Array.isArray(value)) left.push(...Object.keys(value))
      for (const part of Object.values(value)) left.push(part)
    }
  }
  return true
}

function isStream(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'pipe' in body
}
