import type { FastifyInstance } from 'fastify'
import { Refusal } from '../../shared/problem.ts'

const A_YEAR_MS = 365 * 86_400_000

/**
 * `/.well-known/security.txt`: where a flaw is told. [RFC 9116]
 * @param options.contact `mailto:` or `https:`; null: nobody has said, and a made-up one would be worse than none
 */
export async function securityTxtRoutes(
  app: FastifyInstance,
  options: { readonly contact: string | null; readonly now: () => number },
): Promise<void> {
  const { contact, now } = options
  app.get('/.well-known/security.txt', { schema: { hide: true } }, async (_request, reply) => {
    if (contact === null)
      throw new Refusal('not-found', 'Nobody has said where flaws are told. Set SECURITY_CONTACT.')
    const expires = new Date(now() + A_YEAR_MS).toISOString()
    const lines = [`Contact: ${contact}`, `Expires: ${expires}`, 'Preferred-Languages: en', '']
    return reply.type('text/plain; charset=utf-8').send(lines.join('\n'))
  })
}
