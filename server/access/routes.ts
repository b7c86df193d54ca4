import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { identity } from '../../shared/entry.ts'
import { Refusal } from '../../shared/problem.ts'
import { role } from '../../shared/vocabulary.ts'
import type { Access } from './access.ts'
import { sessionCookie } from './cookie.ts'
import { IDENTITIES_PER_READ } from './identities.ts'
import { ABSOLUTE_LIMIT_MS } from './sessions.ts'

const person = z.object({
  id: z.uuid(),
  name: z.string(),
  role,
  organisation: z.string(),
})

const samplePerson = person.extend({ organisationName: z.string() })

const identitiesBody = z.strictObject({
  ids: z.array(z.number().int().positive()).min(1).max(IDENTITIES_PER_READ),
  reason: z.string().min(1).max(200).optional(),
})

/**
 * Sign-in and identities. Sample sign-ins are offered only where `sample` is true: anybody may take them.
 */
export async function accessRoutes(
  app: FastifyInstance,
  options: {
    readonly access: Access
    readonly sample: boolean
    /** The cookie travels over https only. */
    readonly cookieSecure?: boolean
  },
): Promise<void> {
  const { access, sample } = options
  const secure = options.cookieSecure ?? false
  const routes = app.withTypeProvider<ZodTypeProvider>()

  routes.get(
    '/api/sample-people',
    { schema: { response: { 200: z.object({ people: z.array(samplePerson) }) } } },
    async () => ({ people: sample ? await access.samplePeople() : [] }),
  )

  routes.post(
    '/api/session',
    {
      schema: {
        body: z.strictObject({ personId: z.uuid() }),
        response: { 200: z.object({ person }) },
      },
    },
    async (request, reply) => {
      if (!sample) throw new Refusal('not-found', 'There are no sample sign-ins here.')
      const signedIn = await access.signInAsSample(request.body.personId, request)
      const cookie = sessionCookie(signedIn.token, ABSOLUTE_LIMIT_MS / 1000, secure)
      void reply.header('set-cookie', cookie).header('cache-control', 'no-store')
      return { person: signedIn.person }
    },
  )

  routes.get(
    '/api/session',
    { schema: { response: { 200: z.object({ person: person.nullable() }) } } },
    async (request, reply) => {
      void reply.header('cache-control', 'no-store')
      return { person: await access.maybePerson(request) }
    },
  )

  routes.delete('/api/session', async (request, reply) => {
    await access.signOut(request)
    return reply
      .code(204)
      .header('set-cookie', sessionCookie('', 0, secure))
      .send()
  })

  routes.post(
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
      const found = await access.identities(asking, ids, reason, request.id)
      void reply.header('cache-control', 'no-store')
      return { identities: [...found].map(([id, whose]) => ({ id, identity: whose })) }
    },
  )
}
