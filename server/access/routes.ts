import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Database } from '../../db/client.ts'
import { identity } from '../../shared/entry.ts'
import type { Access } from './access.ts'
import { breakGlassRoutes } from './identity/break-glass-routes.ts'
import type { RetentionRule } from './keeping/retention.ts'
import { governanceRoutes } from './keeping/routes.ts'
import { IDENTITIES_PER_READ } from './identity/identities.ts'
import { peopleRoutes } from './people/routes.ts'
import { signInRoutes } from './sign-in/routes.ts'

const DEFAULT_RETENTION: RetentionRule = { years: 8, auditYears: 8 }
const identitiesBody = z.strictObject({
  ids: z.array(z.number().int().positive()).min(1).max(IDENTITIES_PER_READ),
  reason: z.string().min(1).max(200).optional(),
})

/** Sign-in, identities, people, and what information governance asks for. */
export async function accessRoutes(
  app: FastifyInstance,
  options: {
    readonly db: Database
    readonly access: Access
    /** Milliseconds since 1970. */
    readonly now: () => number
    /** The cookies travel over https only. */
    readonly cookieSecure?: boolean
    readonly retention?: RetentionRule
  },
): Promise<void> {
  const { access, cookieSecure = false } = options
  await signInRoutes(app, { access, cookieSecure })
  await peopleRoutes(app, options)
  await breakGlassRoutes(app, { ...options, minutes: access.breakGlassMinutes })
  await governanceRoutes(app, { ...options, retention: options.retention ?? DEFAULT_RETENTION })

  app.withTypeProvider<ZodTypeProvider>().post(
    '/api/identities',
    {
      schema: {
        body: identitiesBody,
        response: {
          200: z.object({ identities: z.array(z.object({ id: z.number().int(), identity })) }),
        },
      },
    },
    async (request, reply) => {
      const asking = await access.person(request)
      const { ids, reason } = request.body
      const names = await access.identitiesJson(asking, ids, reason, request.id)
      // Sent as text, which the route's schema does not speak of: what was checked when it was sealed is not checked again.
      const text: FastifyReply = reply.type('application/json; charset=utf-8')
      return text.header('cache-control', 'no-store').send(`{"identities":${names}}`)
    },
  )
}
