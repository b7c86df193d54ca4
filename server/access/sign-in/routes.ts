import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Refusal } from '../../../shared/problem.ts'
import { role } from '../../../shared/vocabulary.ts'
import type { Access } from '../access.ts'
import { sessionCookie, signInCookie } from './cookie.ts'
import { ABSOLUTE_LIMIT_MS } from './sessions.ts'
import { SIGN_IN_LIMIT_MS } from './sign-in.ts'

const person = z.object({ id: z.uuid(), name: z.string(), role, organisation: z.string() })
const samplePerson = person.extend({ organisationName: z.string() })
const ways = z.object({ sample: z.boolean(), provider: z.boolean() })
/** By address: a whole hospital signs in at eight through one. Each writes a row. */
const SIGN_INS_A_MINUTE = 600
const LOGOUT_TOKEN_LIMIT_BYTES = 16_384

/** Signing in and out: at the provider, or as one of the sample's people. [IG-1] */
export async function signInRoutes(
  app: FastifyInstance,
  options: {
    readonly access: Access
    /** The cookies travel over https only. */
    readonly cookieSecure: boolean
  },
): Promise<void> {
  const { access, cookieSecure: secure } = options
  const routes = app.withTypeProvider<ZodTypeProvider>()
  const config = { rateLimit: { max: SIGN_INS_A_MINUTE, timeWindow: '1 minute' } }

  routes.get('/api/sign-in/ways', { schema: { response: { 200: ways } } }, async () => access.ways)

  routes.get('/api/sign-in', { config }, async (request, reply) => {
    try {
      const { url, browser } = await access.beginSignIn()
      void reply.header('set-cookie', signInCookie(browser, SIGN_IN_LIMIT_MS / 1000, secure))
      return await reply.header('cache-control', 'no-store').redirect(url, 302)
    } catch (cause) {
      return tellBrowser(request, reply, cause)
    }
  })

  routes.get('/api/sign-in/callback', { config }, async (request, reply) => {
    void reply.header('cache-control', 'no-store')
    try {
      const query = new URLSearchParams(request.url.split('?', 2)[1] ?? '')
      const { token } = await access.finishSignIn(request, query)
      void reply.header('set-cookie', [
        sessionCookie(token, ABSOLUTE_LIMIT_MS / 1000, secure),
        signInCookie('', 0, secure),
      ])
      return await reply.redirect('/', 303)
    } catch (cause) {
      return tellBrowser(request, reply, cause)
    }
  })

  routes.get(
    '/api/sample-people',
    { schema: { response: { 200: z.object({ people: z.array(samplePerson) }) } } },
    async () => ({ people: access.ways.sample ? await access.samplePeople() : [] }),
  )

  routes.post(
    '/api/session',
    {
      config,
      schema: {
        body: z.strictObject({ personId: z.uuid() }),
        response: { 200: z.object({ person }) },
      },
    },
    async (request, reply) => {
      if (!access.ways.sample) throw new Refusal('not-found', 'There are no sample sign-ins here.')
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

  routes.delete(
    '/api/session',
    {
      schema: {
        querystring: z.strictObject({ everywhere: z.enum(['true', 'false']).default('false') }),
        response: { 200: z.object({ signOutAt: z.url() }), 204: z.undefined() },
      },
    },
    async (request, reply) => {
      const everywhere = request.query.everywhere === 'true'
      const signOutAt = await access.signOut(request, { everywhere })
      void reply
        .header('set-cookie', sessionCookie('', 0, secure))
        .header('cache-control', 'no-store')
      return signOutAt === null ? reply.code(204).send() : reply.send({ signOutAt })
    },
  )

  // A form body is taken at this one address and no other: elsewhere it would let another site's form through.
  await app.register(async (forms) => {
    forms.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: LOGOUT_TOKEN_LIMIT_BYTES },
      (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
    )
    forms
      .withTypeProvider<ZodTypeProvider>()
      .post(
        '/api/sign-in/back-channel-logout',
        { config, schema: { body: z.looseObject({ logout_token: z.string().min(1) }) } },
        async (request, reply) => {
          await access.signedOutAtProvider(request.body.logout_token)
          return reply.header('cache-control', 'no-store').code(200).send()
        },
      )
  })
}

/** A browser is shown the page, which says it in words of its own; anybody else gets the problem document. */
function tellBrowser(request: FastifyRequest, reply: FastifyReply, cause: unknown): FastifyReply {
  const wantsPage = /\btext\/html\b/.test(request.headers.accept ?? '')
  if (!wantsPage || !(cause instanceof Refusal)) throw cause
  return reply.redirect(`/sign-in?problem=${cause.code}`, 303)
}
