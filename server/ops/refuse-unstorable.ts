import type { FastifyInstance } from 'fastify'
import { Refusal } from '../../shared/problem.ts'
import { isStorable } from '../../shared/storable-text.ts'

/**
 * Refuses, before any route sees it, text that no PostgreSQL column holds: the character U+0000, and half of a
 * surrogate pair. Found in a value or a key of the body, the query or the path. Streams are the feeds' own to judge.
 */
export function refuseUnstorableText(app: FastifyInstance): void {
  app.addHook('preValidation', async (request) => {
    const { body, query, params } = request
    const parsed = isStream(body) ? null : body
    if ([parsed, query, params].every((part) => isStorable(part))) return
    throw new Refusal(
      'bad-request',
      'A text holds the character U+0000 or half of a character (a lone surrogate). Take it out.',
    )
  })
}

function isStream(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'pipe' in body
}
